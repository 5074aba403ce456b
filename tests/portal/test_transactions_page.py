"""The page of transactions: what is asked for is found, adds up, goes on and downloads exactly."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.core.clock import stopped_at
from apps.core.units import MICRO, format_tokens
from apps.organisations.models import Organisation
from apps.portal.holdings import load_shell
from apps.portal.transactions.page import TransactionsPage, load_transactions_page, search_for
from apps.portal.transactions.reading import Search, read_page
from apps.portal.transactions.wanted import Cursor, Wanted, read_cursor, read_wanted
from apps.usage.models import Charge
from apps.wallets.models import Movement
from tests.portal.world import BEFORE, NOW, add_organisation, add_person, person, spend

OWN, CAMPUS = "/wallet/transactions/", "/orgs/lindenhof/transactions/"


def _page(key: str, query: str = "", slug: str = "") -> TransactionsPage:
    shell = load_shell(person(key), NOW, slug)
    assert shell.here is not None
    asked = QueryDict(query).dict()
    return load_transactions_page(shell.here, shell, read_wanted(asked), read_cursor(asked.get("after", "")))


def _search(key: str, query: str = "", slug: str = "") -> Search:
    shell = load_shell(person(key), NOW, slug)
    assert shell.here is not None
    return search_for(shell.here, shell, read_wanted(QueryDict(query).dict()))


def _rows(client: Client, key: str, address: str) -> list[dict[str, str]]:
    client.force_login(person(key))
    answer: Any = client.get(address)
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_this_month_is_shown_first_and_adds_up(campus: Organisation) -> None:
    page = _page("jonas")
    assert page.title == "November 2026"
    assert page.sums.difference == sum(line.amount for line in page.lines)
    assert page.balance == page.lines[0].balance_after


def test_every_movement_and_nothing_else_is_in_all_months(campus: Organisation) -> None:
    lines = _page("jonas", "month=all").lines
    places = Movement.objects.filter(wallet__owner_key="jonas").order_by("-sequence")
    assert [line.sequence for line in lines] == list(places.values_list("sequence", flat=True))


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("type=refund", ["Exam preparation, two people"]),
        ("type=allocation", ["From Campus Lindenhof"]),
        ("operation=query", ["Data query"]),
        ("bucket=allocated", ["From Campus Lindenhof"]),
        ("from=2026-11-14&to=2026-11-14", ["Data query"]),
        ("month=2026-10&operation=integration", ["Reference import"]),
        ("q=thesis", []),
        ("q=EXAM", ["Exam preparation, two people", "Exam preparation, two people"]),
        ("q=autumn", ["From Campus Lindenhof"]),
        ("q=100%25", []),
        ("payer=lindenhof&type=charge&operation=search", ["Semantic search"]),
        ("payer=own&operation=search", []),
        ("type=purchase&bucket=gold&from=x&month=2026-13&operation=search", ["Semantic search"]),
    ],
)
def test_what_is_asked_for_is_found(campus: Organisation, query: str, titles: list[str]) -> None:
    found = _page("jonas", query)
    named = [line.title for line in found.lines]
    assert named == titles if "bucket=allocated" not in query else titles[0] in named
    assert found.sums.difference == sum(line.amount for line in found.lines)


def test_a_number_is_found_whatever_else_is_chosen(campus: Organisation) -> None:
    charge = Charge.objects.get(activity_label="Reference import", created_at__lt=NOW - timedelta(days=30))
    transfer = Movement.objects.get(wallet__owner_key="jonas", transfer__charge_id=charge.pk).transfer
    for typed in (f"T-{transfer.pk}", f"C-{charge.pk}", f"ch_{charge.pk}", str(charge.pk)):
        lines = _page("jonas", f"q={typed}&type=refund&month=2026-11").lines
        assert [line.number for line in lines] == [transfer.pk]


def test_another_persons_number_finds_nothing(campus: Organisation) -> None:
    transfer = Movement.objects.filter(wallet__owner_key="jonas").order_by("-sequence")[0].transfer
    assert _page("bruno", f"q=T-{transfer.pk}").lines == ()


def test_what_an_organisation_paid_in_whole_is_listed(campus: Organisation) -> None:
    lines = _page("lotte", "type=charge").lines
    assert [(line.title, line.amount, line.payer) for line in lines] == [
        ("Integration", 0, "Campus Lindenhof"),
        ("Lecture 7, live", 0, "Campus Lindenhof"),
    ]
    assert _page("lotte", "type=charge&payer=own").lines == ()
    assert len(_page("lotte", "type=charge&payer=lindenhof").lines) == 2


def test_an_organisation_finds_what_a_person_used(campus: Organisation) -> None:
    lines = _page("mira", "person=lotte", "lindenhof").lines
    assert {line.who for line in lines} == {"Lotte Maes"}
    assert len(lines) == 2
    assert {line.who for line in _page("mira", "q=jonas", "lindenhof").lines} == {"Jonas Vermeulen"}


def test_a_refunded_charge_says_so(campus: Organisation) -> None:
    line = next(line for line in _page("jonas", "type=charge").lines if line.refunded)
    assert (line.title, line.refunded) == ("Exam preparation, two people", 36 * MICRO)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_follow_each_other_without_gap_or_repetition(campus: Organisation, size: int) -> None:
    for minutes in range(0, 50, 10):
        spend("jonas", "search", 5, NOW + timedelta(minutes=minutes))
    for key, slug in (("jonas", ""), ("lotte", ""), ("mira", "lindenhof")):
        search = _search(key, "month=all", slug)
        whole = read_page(search, None, 1000).lines
        found: list[Any] = []
        cursor: Cursor | None = None
        while True:
            page = read_page(search, cursor, size)
            found += page.lines
            if page.next is None:
                break
            cursor = read_cursor(str(page.next))
            assert cursor is not None
        assert found == list(whole)


def test_what_a_new_month_brings_is_listed_before_it_is_written(campus: Organisation) -> None:
    later = NOW + timedelta(days=12)
    shell = load_shell(person("jonas"), later)
    assert shell.here is not None
    page = load_transactions_page(shell.here, shell, Wanted(), None)
    assert page.lines[0].title == "Free tokens for the month"
    assert page.sums.came_in == 500 * MICRO
    assert page.lines[0].transfer == ""


def test_the_address_of_what_is_wanted_reads_as_the_same(campus: Organisation) -> None:
    wanted = Wanted(q="a & b", type="charge", payer="own", from_on=date(2026, 11, 1), to_on=date(2026, 11, 3))
    assert read_wanted(QueryDict(wanted.query()).dict()) == wanted


@pytest.mark.parametrize("after", ["", "x", "1-2", "9" * 40, "1-999999999999999999-1", "١-٢-٣"])
def test_a_cursor_that_is_none_shows_the_first_page(campus: Organisation, after: str) -> None:
    assert _page("jonas", f"after={after}").lines == _page("jonas").lines


@pytest.mark.parametrize(
    "query",
    ["q=%00", "q=T-" + "9" * 18, "from=0001-01-01", "to=9999-12-31", "month=9999-12", "person=%25%27"],
)
def test_hostile_addresses_are_answered(client: Client, campus: Organisation, query: str) -> None:
    client.force_login(person("mira"))
    assert client.get(f"{CAMPUS}?{query}").status_code == 200


def test_the_download_has_exactly_what_was_found(client: Client, campus: Organisation) -> None:
    for query in ("", "month=all", "type=charge&operation=live_session&month=all", "q=exam"):
        rows = _rows(client, "jonas", f"/wallet/transactions.csv?{query}")
        lines = _page("jonas", query).lines
        assert [row["Number"] for row in rows] == [line.transfer for line in lines]
        assert [row["Tokens"] for row in rows] == [format_tokens(line.amount) for line in lines]


def test_the_download_of_an_organisation_names_people(client: Client, campus: Organisation) -> None:
    rows = _rows(client, "bruno", "/orgs/lindenhof/transactions.csv?person=lotte")
    assert {row["Person"] for row in rows} == {"Lotte Maes"}
    assert rows[0]["Time"] == "2026-11-21T10:30:00+01:00"


@pytest.mark.parametrize("label", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(client: Client, campus: Organisation, label: str) -> None:
    spend("jonas", "search", 10, NOW, label)
    for key, address in (("jonas", "/wallet/transactions.csv"), ("mira", "/orgs/lindenhof/transactions.csv")):
        assert _rows(client, key, address)[0]["What"].startswith("'")


@pytest.mark.parametrize(("key", "status"), [("mira", 200), ("bruno", 200), ("lotte", 404), ("jonas", 404)])
@pytest.mark.parametrize("address", [CAMPUS, "/orgs/lindenhof/transactions.csv"])
def test_an_organisations_transactions_are_for_those_who_read_its_money(
    client: Client, campus: Organisation, key: str, status: int, address: str
) -> None:
    client.force_login(person(key))
    assert client.get(address).status_code == status


def test_an_empty_list_says_what_will_be_there(client: Client, campus: Organisation) -> None:
    harbour = add_organisation("harbour", "Harbour School")
    client.force_login(add_person("ines", "Ines Prado", campus=harbour, role="owner"))
    assert "Nothing has moved in this time" in client.get("/orgs/harbour/transactions/").content.decode()
    assert "Nothing fits" in client.get(f"{OWN}?q=nothing").content.decode()


def test_text_from_outside_stays_text(client: Client, campus: Organisation) -> None:
    spend("jonas", "search", 10, NOW, "<script>alert(1)</script>")
    client.force_login(person("jonas"))
    text = client.get(f"{OWN}?q=%3Cscript%3E").content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


@pytest.mark.parametrize("query", ["", "q=jonas&month=all&bucket=free&type=charge"])
@pytest.mark.parametrize(("key", "address"), [("jonas", OWN), ("mira", CAMPUS)])
def test_a_page_takes_less_than_fifteen_queries(
    campus: Organisation,
    client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    key: str,
    address: str,
    query: str,
) -> None:
    client.force_login(person(key))
    with django_assert_max_num_queries(14):
        assert client.get(f"{address}?{query}").status_code == 200


def test_the_months_are_those_of_the_wallets_zone(campus: Organisation) -> None:
    spend("jonas", "search", 10, BEFORE.replace(month=10, day=31, hour=23, minute=30))
    with stopped_at(NOW):
        assert _page("jonas", "month=2026-11").lines[-1].at.day == 31
