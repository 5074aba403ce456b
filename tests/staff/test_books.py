"""Staff can look at everything and change nothing in the books."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from apps.identity.models import ApiKey
from apps.ledger.models import Transfer
from apps.usage.models import Charge
from apps.usage.state import ChargeState

OURS = ("core", "identity", "organisations", "ledger", "pricing", "wallets", "allocations", "usage")
REGISTERED = [model for model in admin.site._registry if model._meta.app_label in OURS]
BOOKS = [model for model in REGISTERED if model._meta.app_label in ("ledger", "wallets", "usage")]


def named(model: type[Model]) -> str:
    return model._meta.label_lower.replace(".", "_")


@pytest.mark.parametrize("model", REGISTERED, ids=named)
def test_every_list_and_page_opens(model: type[Model], staff: Client) -> None:
    address = reverse(f"admin:{named(model)}_changelist")
    assert staff.get(address).status_code == 200
    hostile = ("9" * 30, "T-" + "9" * 30, "１２", "a\x00b", "1' OR '1'='1")
    for term in ("ada", "T-1", "C-1", "12", "ada@lovelace.example", *hostile):
        assert staff.get(address, {"q": term}).status_code == 200
    first = model._default_manager.first()
    assert first is not None or model._meta.app_label == "pricing"
    if first is not None:
        page = staff.get(reverse(f"admin:{named(model)}_change", args=[first.pk]))
        assert page.status_code == 200


@pytest.mark.parametrize("model", BOOKS, ids=named)
def test_nothing_in_the_books_can_be_changed(model: type[Model], staff: Client) -> None:
    first = model._default_manager.first()
    assert first is not None
    assert staff.get(reverse(f"admin:{named(model)}_add")).status_code == 403
    assert staff.post(reverse(f"admin:{named(model)}_change", args=[first.pk]), {}).status_code == 403
    for method in (staff.get, staff.post):
        assert method(reverse(f"admin:{named(model)}_delete", args=[first.pk])).status_code == 403


def test_charge_transfer_and_wallet_link_to_one_another(
    staff: Client, charges: Mapping[str, ChargeState]
) -> None:
    charge = Charge.objects.get(pk=charges["refunded"].id)
    transfer = Transfer.objects.get(charge_id=charge.pk, kind="refund")
    places = {
        "charge": reverse("admin:usage_charge_change", args=[charge.pk]),
        "transfer": reverse("admin:ledger_transfer_change", args=[transfer.pk]),
        "wallet": reverse("admin:wallets_wallet_change", args=[charge.wallet_id]),
    }
    for place, others in {
        "charge": ("transfer", "wallet"),
        "transfer": ("charge", "wallet"),
        "wallet": ("transfer",),
    }.items():
        page = staff.get(places[place]).content.decode()
        for other in others:
            assert f'href="{places[other]}"' in page, (place, other)


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("C-{captured}", {"held": False, "captured": True, "refunded": False}),
        ("ch_{captured}", {"held": False, "captured": True, "refunded": False}),
        ("ada", {"held": True, "captured": True, "refunded": False}),
        ("Ben", {"held": False, "captured": False, "refunded": True}),
        ("school", {"held": True, "captured": True, "refunded": True}),
        ("nobody", {"held": False, "captured": False, "refunded": False}),
    ],
)
def test_the_search_box_finds_charges(
    term: str, found: Mapping[str, bool], staff: Client, charges: Mapping[str, ChargeState]
) -> None:
    words = term.format(captured=charges["captured"].id)
    page = staff.get(reverse("admin:usage_charge_changelist"), {"q": words}).content.decode()
    for name, shown in found.items():
        assert (reverse("admin:usage_charge_change", args=[charges[name].id]) in page) == shown, name


def test_the_search_box_finds_the_transfers_of_a_charge(
    staff: Client, charges: Mapping[str, ChargeState]
) -> None:
    number = charges["refunded"].id
    page = staff.get(reverse("admin:ledger_transfer_changelist"), {"q": f"c-{number}"}).content.decode()
    for transfer in Transfer.objects.all():
        place = reverse("admin:ledger_transfer_change", args=[transfer.pk])
        assert (place in page) == (transfer.charge_id == number)


def test_lists_take_few_queries(staff: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for model in REGISTERED:
        with django_assert_max_num_queries(12):
            staff.get(reverse(f"admin:{named(model)}_changelist"))


def test_a_key_is_never_shown(staff: Client) -> None:
    key = ApiKey.objects.get()
    for name, pk in (("identity_apikey", key.pk), ("identity_apiclient", key.client_id)):
        page = staff.get(reverse(f"admin:{name}_change", args=[pk])).content.decode()
        assert key.digest not in page


def test_every_table_of_the_books_has_a_page() -> None:
    wanted = {
        model
        for label in ("ledger", "wallets", "usage", "organisations", "identity")
        for model in apps.get_app_config(label).get_models()
    }
    inside_another = {
        "holdpart",
        "freegrant",
        "idempotencykey",
        "sentform",
        "costcentremember",
        "monthlygrant",
        "usagestatement",
    }
    missing = {model._meta.model_name for model in wanted if not admin.site.is_registered(model)}
    assert missing == inside_another
