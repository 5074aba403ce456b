"""A charge and its transfers explained, with links in both directions."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from apps.core.clock import stopped_at
from apps.ledger.models import Entry, Transfer
from apps.pricing.models import RateVersion
from apps.staff.charge_page import load_charge_page
from apps.staff.transfer_page import load_transfer_page
from apps.usage.models import Charge
from apps.usage.state import ChargeState
from tests.usage.books import AT


def page_of(charge: ChargeState) -> str:
    return reverse("admin:usage_charge_change", args=[charge.id])


def test_every_charge_adds_up_line_by_line(charges: Mapping[str, ChargeState]) -> None:
    for charge in charges.values():
        page = load_charge_page(charge.id, at=AT)
        assert sum(line.amount for line in page.lines) == page.price
        kept = sum(line.kept for line in page.funding)
        assert kept == (page.net if page.status in ("captured", "held") else 0)
        for transfer in page.transfers:
            assert transfer.sum == 0


def test_what_moved_is_the_drawn_less_what_returned(charges: Mapping[str, ChargeState]) -> None:
    page = load_charge_page(charges["refunded"].id, at=AT)
    moved = sum(
        line.amount for transfer in page.transfers for line in transfer.entries if line.wallet_id is not None
    )
    assert -moved == page.net == sum(line.kept for line in page.funding)


def test_the_price_leads_to_the_rate_that_it_rests_on(
    staff: Client, charges: Mapping[str, ChargeState]
) -> None:
    charge = Charge.objects.get(pk=charges["captured"].id)
    rate = RateVersion.objects.get(pk=charge.rate_version_id).rate_id
    assert f"/admin/pricing/rate/{rate}/" in staff.get(page_of(charges["captured"])).content.decode()


def test_the_limits_it_counts_for_are_named(charges: Mapping[str, ChargeState]) -> None:
    titles = [line.title for line in load_charge_page(charges["captured"].id, at=AT).counted]
    assert titles[:2] == ["Spending of School", "Spending of this member in School"]
    assert "The person's own spending" in titles


def test_a_transfer_shows_its_accounts_and_the_balances_after(
    staff: Client, charges: Mapping[str, ChargeState]
) -> None:
    transfer = Transfer.objects.get(charge_id=charges["refunded"].id, kind="refund")
    page = staff.get(reverse("admin:ledger_transfer_change", args=[transfer.pk])).content.decode()
    for entry in Entry.objects.filter(transfer=transfer):
        assert reverse("admin:ledger_account_change", args=[entry.account_id]) in page
    assert page_of(charges["refunded"]) in page
    shown = load_transfer_page(transfer.pk)["transfer"]
    after = [line.balance_after for line in shown.entries if line.wallet_id]
    assert None not in after


def test_a_held_charge_says_that_nothing_has_moved(staff: Client, charges: Mapping[str, ChargeState]) -> None:
    with stopped_at(AT):
        page = staff.get(page_of(charges["held"])).content.decode()
    assert "Nothing has moved yet" in page


@pytest.mark.parametrize("place", ["usage/charge", "ledger/transfer"])
@pytest.mark.parametrize("key", ["0", "x", "9" * 30, "-1"])
def test_what_is_not_there_is_not_found(place: str, key: str, staff: Client) -> None:
    assert staff.get(f"/admin/{place}/{key}/change/").status_code == 404


def test_the_pages_take_few_queries(
    staff: Client,
    charges: Mapping[str, ChargeState],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for charge in charges.values():
        with django_assert_max_num_queries(14):
            staff.get(page_of(charge))
    transfer = Transfer.objects.filter(charge_id=charges["refunded"].id).first()
    assert transfer is not None
    with django_assert_max_num_queries(9):
        staff.get(reverse("admin:ledger_transfer_change", args=[transfer.pk]))
