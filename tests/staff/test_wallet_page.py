"""The staff's page of a wallet: what binds it and why, and where every number comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from apps.core.clock import stopped_at
from apps.core.units import MICRO
from apps.identity.models import User
from apps.ledger.models import Account
from apps.staff.wallet_page import explain, load_wallet_page
from apps.wallets.models import Wallet
from tests.portal.world import NOW, build_campus

WHAT = ("balance", "held", "available", "spent")


@pytest.fixture
def campus(db: None, settings: Settings) -> Iterator[None]:
    settings.STAFF_SECOND_FACTOR = False
    build_campus()
    with stopped_at(NOW):
        yield


@pytest.fixture
def boss(campus: None, client: Client) -> Client:
    client.force_login(User.objects.create_superuser("boss", email="boss@scrip.example"))
    return client


def wallet(key: str) -> Wallet:
    return Wallet.objects.get(owner_key=key)


def page_of(key: str) -> str:
    return reverse("admin:wallets_wallet_change", args=[wallet(key).pk])


def test_every_number_of_every_wallet_adds_up(campus: None) -> None:
    for row in Wallet.objects.all():
        page = load_wallet_page(row.pk, at=NOW)
        for what in WHAT:
            explained = explain(row.pk, what, at=NOW)
            assert explained.adds_up, (row, what)
            assert explained.total == getattr(page, what), (row, what)
        for bucket in page.buckets:
            explained = explain(row.pk, f"bucket-{bucket.account_id}", at=NOW)
            assert explained.adds_up
            assert explained.total == bucket.balance


def test_numbers_add_up_past_a_deadline_and_a_months_end_before_anything_is_written(campus: None) -> None:
    later = NOW + timedelta(days=20)
    page = load_wallet_page(wallet("jonas").pk, at=later)
    assert page.due
    assert page.held == 0
    for what in WHAT:
        assert explain(wallet("jonas").pk, what, at=later).adds_up


def test_what_does_not_add_up_is_said(campus: None) -> None:
    row = wallet("jonas")
    bucket = load_wallet_page(row.pk, at=NOW).buckets[0]
    Account.objects.filter(pk=bucket.account_id).update(balance=bucket.balance + MICRO)
    assert not explain(row.pk, f"bucket-{bucket.account_id}", at=NOW).adds_up
    assert not explain(row.pk, "balance", at=NOW).adds_up


def test_the_limits_that_hold_are_named_with_their_reason_the_tightest_first(campus: None) -> None:
    page = load_wallet_page(wallet("jonas").pk, at=NOW)
    reasons = [limit.reason for limit in page.rules.limits]
    assert {"set for this member", "as for every member", "the person's own budget"} <= set(reasons)
    assert [limit.rank for limit in page.rules.limits] == sorted(limit.rank for limit in page.rules.limits)
    assert [line.sentence for line in page.rules.funding] == ["Campus Lindenhof covers 60 % of AI spending."]
    teacher = load_wallet_page(wallet("lotte").pk, at=NOW)
    assert teacher.rules.funding[0].sentence == "Campus Lindenhof pays everything from its own wallet."
    assert teacher.rules.funding[0].reason == "from the role teacher"


def test_an_organisation_shows_its_own_limits_and_its_cost_centres(campus: None) -> None:
    reasons = {limit.reason for limit in load_wallet_page(wallet("lindenhof").pk, at=NOW).rules.limits}
    assert reasons == {"on the organisation as a whole", "on the cost centre statistics"}


def test_the_page_links_to_what_explains_it(boss: Client) -> None:
    page = boss.get(page_of("jonas")).content.decode()
    for place in ("ledger/transfer", "ledger/account", "usage/charge", "identity/user"):
        assert re.search(rf'href="/admin/{place}/\d+/change/"', page), place
    for what in WHAT:
        assert f'href="{reverse("staff_explain_wallet", args=[wallet("jonas").pk, what])}"' in page
    assert page_of("lindenhof") in page


def test_an_explanation_is_a_page_and_with_a_script_a_part_of_one(boss: Client) -> None:
    address = reverse("staff_explain_wallet", args=[wallet("jonas").pk, "balance"])
    whole, part = boss.get(address), boss.get(address, headers={"HX-Request": "true"})
    assert "<html" in whole.content.decode()
    assert "<html" not in part.content.decode()
    for answer in (whole, part):
        assert "When November began" in answer.content.decode()


@pytest.mark.parametrize("what", ["nothing", "bucket-", "bucket-1", "bucket-x", "bucket-" + "9" * 30])
def test_what_is_no_number_of_the_wallet_is_not_found(what: str, boss: Client) -> None:
    address = reverse("staff_explain_wallet", args=[wallet("jonas").pk, what])
    assert boss.get(address).status_code == 404


@pytest.mark.parametrize("key", ["0", "x", "9" * 30])
def test_a_wallet_that_is_not_there_is_not_found(key: str, boss: Client) -> None:
    assert boss.get(f"/admin/wallets/wallet/{key}/change/").status_code == 404


def test_the_pages_take_few_queries(
    boss: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    addresses = [page_of("jonas"), page_of("lindenhof")]
    addresses += [reverse("staff_explain_wallet", args=[wallet("jonas").pk, what]) for what in WHAT]
    for address in addresses:
        with django_assert_max_num_queries(15):
            assert boss.get(address).status_code == 200
