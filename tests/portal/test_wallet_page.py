"""The figures of the wallet page: they add up, and they say whose wallet paid."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.core.clock import stopped_at
from apps.core.units import MICRO
from apps.identity.models import User
from apps.organisations.models import Organisation
from apps.portal.holdings import load_shell
from apps.portal.wallet_page import WalletPage, load_wallet_page
from apps.usage.changing import refund_charge
from apps.wallets.models import Movement
from apps.wallets.services import set_frozen, sync_user
from tests.portal.world import BEFORE, NOW, add_person, person, spend


def _page(key: str, at: datetime = NOW, slug: str = "") -> WalletPage:
    shell = load_shell(person(key), at, slug)
    assert shell.here is not None
    return load_wallet_page(shell.here, shell)


def test_the_slip_adds_up_exactly(campus: Organisation) -> None:
    slip = _page("jonas").statement
    assert slip.opening + sum(line.amount for line in slip.lines) == slip.closing
    assert [line.label for line in slip.lines] == [
        "Lapsed, free",
        "Granted, free",
        "Allocated to you",
        "Earned",
        "Spent",
        "Refunded",
    ]


def test_the_slip_opens_with_the_balance_at_the_end_of_last_month(campus: Organisation) -> None:
    before = Movement.objects.filter(
        wallet__owner_key="jonas", at__lt=datetime.fromisoformat("2026-10-31T23:00Z")
    )
    last = before.order_by("-sequence")[0]
    assert _page("jonas").statement.opening == last.balance_after


def test_the_slip_shows_what_a_new_month_brings_before_anybody_wrote_it(campus: Organisation) -> None:
    page = _page("jonas", NOW + timedelta(days=12))
    lines = {line.label: line.amount for line in page.statement.lines}
    assert lines["Granted, free"] == 500 * MICRO
    assert page.statement.opening + sum(lines.values()) == page.balance
    assert page.transactions[0].title == "Free tokens for the month"


def test_the_kinds_make_up_the_balance(campus: Organisation) -> None:
    page = _page("jonas")
    assert [kind.code for kind in page.kinds] == ["free", "allocated", "earned", "purchased"]
    assert sum(kind.balance for kind in page.kinds) == page.balance
    assert sum(kind.held for kind in page.kinds) == page.held == sum(hold.amount for hold in page.holds)
    assert page.available == page.balance - page.held


def test_spending_is_what_the_slip_calls_spent_less_refunds(campus: Organisation) -> None:
    page = _page("jonas")
    lines = {line.label: line.amount for line in page.statement.lines}
    assert page.spending.this == -(lines["Spent"] + lines["Refunded"])
    assert sum(category.this for category in page.spending.categories) == page.spending.this


def test_last_month_counts_as_far_as_this_one_has_come(campus: Organisation) -> None:
    names = {category.name: category.last for category in _page("jonas").spending.categories}
    assert names["Semantic search and embeddings"] == 0
    later = {
        category.name: category.last
        for category in _page("jonas", NOW + timedelta(days=6)).spending.categories
    }
    assert later["Semantic search and embeddings"] > 0


def test_a_transaction_shows_the_balance_after_it_and_what_the_organisation_paid(
    campus: Organisation,
) -> None:
    lines = _page("jonas").transactions
    assert lines[0].title == "Semantic search"
    assert lines[0].balance_after == _page("jonas").balance
    assert (lines[0].payer, lines[0].paid) == ("Campus Lindenhof", 8_013_913)
    for newer, older in pairwise(lines):
        assert newer.balance_after is not None
        assert newer.balance_after - newer.amount == older.balance_after


def test_what_an_organisation_paid_in_whole_is_listed_all_the_same(campus: Organisation) -> None:
    line = _page("lotte").transactions[0]
    assert (line.title, line.amount, line.balance_after, line.payer) == (
        "Integration",
        0,
        None,
        "Campus Lindenhof",
    )
    assert line.paid == 12_521_739


def test_what_organisations_paid_this_month_is_told(campus: Organisation) -> None:
    page = _page("lotte")
    assert [(paid.name, paid.amount) for paid in page.paid_for] == [("Campus Lindenhof", 294_260_869)]


def test_the_most_specific_limit_of_each_period_holds(campus: Organisation) -> None:
    limits = {limit.title: limit for limit in _page("jonas").limits}
    assert list(limits) == [
        "Campus Lindenhof, per day",
        "Campus Lindenhof, per month",
        "Your personal budget",
    ]
    assert limits["Campus Lindenhof, per day"].reason == "set for you on 6 Oct"
    assert limits["Your personal budget"].warns_only


def test_a_limit_is_near_from_four_fifths_and_then_reached(campus: Organisation) -> None:
    assert _page("lotte").limits[0].state == "near"
    assert _page("jonas").limits[0].state == "within"


def test_those_who_read_its_money_see_the_organisations_limits(campus: Organisation) -> None:
    page = _page("mira", slug="lindenhof")
    assert [limit.title for limit in page.limits] == ["Statistics I, per month", "The organisation, per day"]
    assert page.statement.closing == page.balance
    assert page.transactions[0].who == "Lotte Maes"


def test_a_hold_past_its_deadline_is_over_on_the_page(campus: Organisation) -> None:
    assert [hold.title for hold in _page("jonas").holds] == ["Thesis consultation"]
    page = _page("jonas", NOW + timedelta(hours=1))
    assert (page.holds, page.held) == ((), 0)


def test_free_tokens_say_when_they_begin_again(campus: Organisation, client: Client) -> None:
    client.force_login(person("jonas"))
    text = re.sub(r"\s+", " ", client.get("/wallet/").content.decode())
    assert "500 new in 10 days (1 Dec, 00:00 Europe/Brussels)." in text


def test_german_readers_see_german_numbers(campus: Organisation, client: Client) -> None:
    client.force_login(person("mira"))
    text = client.get("/orgs/lindenhof/", headers={"Accept-Language": "de"}).content.decode()
    assert "60.000,00" in text
    assert "60,000.00" not in text


def test_a_frozen_wallet_says_so(campus: Organisation, client: Client) -> None:
    user = person("jonas")
    set_frozen(wallet=user.wallet, frozen=True, actor="tests", reason="Looked at", at=NOW)
    client.force_login(user)
    assert "This wallet is frozen" in client.get("/wallet/").content.decode()


def test_what_is_paid_afterwards_is_owed_and_not_available(campus: Organisation, client: Client) -> None:
    user = add_person("nora", "Nora Blank")
    sync_user(key="nora", fields={"unlimited": True}, at=NOW)
    spend("nora", "search", 5000, NOW, "Much found", organisation=None)
    page = _page("nora")
    assert page.owed == -page.balance > 0
    client.force_login(user)
    text = client.get("/wallet/").content.decode()
    assert "tokens to be paid" in text
    assert "tokens available" not in text
    assert "Used, to be paid afterwards." in text


def test_a_new_wallet_teaches_what_will_be_there(campus: Organisation, client: Client) -> None:
    client.force_login(add_person("nora", "Nora Blank"))
    text = client.get("/wallet/").content.decode()
    assert "As soon as something costs tokens" in text
    assert "What an organisation gives you is shown here." in text


def test_text_from_outside_stays_text(campus: Organisation, client: Client) -> None:
    spend("jonas", "search", 10, NOW, "<script>alert(1)</script>")
    client.force_login(person("jonas"))
    text = client.get("/wallet/").content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


@pytest.mark.parametrize(("key", "address"), [("jonas", "/wallet/"), ("mira", "/orgs/lindenhof/")])
def test_a_page_takes_at_most_fifteen_queries(
    campus: Organisation,
    client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    key: str,
    address: str,
) -> None:
    client.force_login(person(key))
    with django_assert_max_num_queries(15):
        assert client.get(address).status_code == 200


def test_a_page_at_the_turn_of_a_month_takes_at_most_fifteen_queries(
    campus: Organisation, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(User.objects.get(platform_id="lotte"))
    with stopped_at(NOW + timedelta(days=12)), django_assert_max_num_queries(15):
        client.get("/wallet/")


def test_what_was_spent_today_and_lately_has_refunds_taken_off(campus: Organisation) -> None:
    made = spend("jonas", "search", 100, NOW, organisation=None)
    refund_charge(made.id, tokens=made.price // 2, reason="", actor="tests", at=NOW)
    recently = _page("jonas", NOW + timedelta(minutes=5)).recently
    assert recently.today == made.price - made.price // 2
    movements = Movement.objects.filter(
        wallet__owner_key="jonas", kind__in=("charge", "refund"), at__gte=NOW - timedelta(days=14)
    )
    assert recently.spent == -sum(movements.values_list("amount", flat=True))
    assert recently.days == 14


def test_the_pace_of_a_young_wallet_counts_from_its_first_day(campus: Organisation) -> None:
    add_person("nora", "Nora Blank")
    assert _page("nora").recently.outlook == ""
    assert _page("nora", BEFORE + timedelta(days=2, minutes=5)).recently.days == 3


def test_what_is_held_leads_to_its_charge(campus: Organisation, client: Client) -> None:
    client.force_login(person("mira"))
    links = re.findall(r'href="(/charges/C-[^"]+)"', client.get("/orgs/lindenhof/").content.decode())
    assert links
    assert {client.get(link).status_code for link in links} == {200}
