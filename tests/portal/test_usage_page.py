"""The usage pages: they add up, they compare what can be compared, and bad input is told."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db.models import Sum
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.core.clock import stopped_at
from apps.core.spans import DaySpan
from apps.core.units import MICRO, parse_tokens
from apps.organisations.models import Organisation
from apps.organisations.services import set_cost_centre
from apps.portal.holdings import load_shell
from apps.portal.usage_page import UsagePage, load_usage_page
from apps.portal.usage_page.asked import cuts, read_asked, read_days
from apps.usage.changing import refund_charge
from apps.usage.models import Charge
from apps.usage.settling import sweep_holds
from apps.wallets.models import Movement
from tests.portal.world import NOW, add_organisation, add_person, person, spend

TODAY = date(2026, 11, 21)


def _page(key: str, slug: str = "", days: tuple[str, str] | None = None, **query: str) -> UsagePage:
    shell = load_shell(person(key), NOW, slug)
    assert shell.here is not None
    if days:
        query = {**query, "from": days[0], "to": days[1]}
    asked = read_asked(query, today=TODAY, by_person=bool(slug))
    return load_usage_page(shell.here, shell, asked)


def _words(client: Client, address: str) -> str:
    return re.sub(r"\s+", " ", client.get(address).content.decode())


@pytest.mark.parametrize("each", ["day", "week", "month"])
def test_the_columns_add_up_to_the_figure(campus: Organisation, each: str) -> None:
    page = _page("jonas", span="90d", each=each)
    assert page.asked.each == each
    assert sum(column.point.amount for column in page.chart.columns) == page.total.amount > 0
    assert sum(column.point.uses for column in page.chart.columns) == page.total.uses


@pytest.mark.parametrize("by", ["operation", "model", "activity", "payer", "person"])
def test_the_rows_add_up_to_the_figure(campus: Organisation, by: str) -> None:
    page = _page("mira", "lindenhof", span="90d", by=by)
    assert sum(row.amount for row in page.rows) == page.total.amount > 0


def test_rows_that_are_put_together_still_add_up(campus: Organisation) -> None:
    shell = load_shell(person("jonas"), NOW)
    assert shell.here is not None
    asked = read_asked({"span": "90d"}, today=TODAY, by_person=False)
    asked_by_model = read_asked({"span": "90d", "by": "activity"}, today=TODAY, by_person=False)
    whole = load_usage_page(shell.here, shell, asked)
    page = load_usage_page(shell.here, shell, asked_by_model, most=2)
    assert page.rows[-1].name == "All others"
    assert sum(row.amount for row in page.rows) == whole.total.amount
    assert sum(row.uses for row in page.rows) == whole.total.uses


def test_a_persons_figure_is_what_left_every_wallet_for_them(campus: Organisation) -> None:
    mine = Charge.objects.filter(wallet__owner_key="jonas").values_list("pk", flat=True)
    moved = Movement.objects.filter(transfer__charge_id__in=list(mine), kind__in=["charge", "refund"])
    assert _page("jonas", span="90d").total.amount == -int(moved.aggregate(sum=Sum("amount"))["sum"])


def test_the_comparison_goes_as_far_as_today_has_come(campus: Organisation) -> None:
    spend("jonas", "search", 50, NOW - timedelta(days=7, minutes=1))
    spend("jonas", "search", 70, NOW - timedelta(days=7) + timedelta(minutes=1))
    charges = Charge.objects.filter(wallet__owner_key="jonas", created_at__gte=NOW - timedelta(days=15))
    early = charges.filter(
        created_at__lt=NOW - timedelta(days=7), created_at__gte=datetime.fromisoformat("2026-11-07T23:00Z")
    )
    expected = sum(c.price_micro - c.uncollected_micro - c.refunded_micro for c in early)
    assert _page("jonas", span="7d").before.amount == expected


def test_days_are_those_of_the_wallet(campus: Organisation) -> None:
    late = datetime.fromisoformat("2026-11-19T23:30Z")  # half past midnight on the 20th in Brussels
    charge = spend("lotte", "search", 40, late)
    days = {c.point.name: c.point.amount for c in _page("lotte", span="7d").chart.columns}
    assert days["20 Nov"] == charge.price
    assert days["19 Nov"] == 0


def test_the_day_the_clocks_go_back_is_one_column(campus: Organisation) -> None:
    page = _page("jonas", days=("2026-10-24", "2026-10-27"))
    assert [column.point.name for column in page.chart.columns] == ["24 Oct", "25 Oct", "26 Oct", "27 Oct"]


def test_the_title_says_what_the_figures_say(campus: Organisation) -> None:
    page = _page("lotte", span="30d")
    assert page.before.amount == 0
    assert page.chart.title.startswith("Spending has begun, mostly live session")


def test_who_paid_is_told_by_name(campus: Organisation) -> None:
    names = [row.name for row in _page("jonas", span="90d", by="payer").rows]
    assert "Your free tokens" in names
    assert "Covered by Campus Lindenhof" in names
    assert "Allocated by Campus Lindenhof" in names
    of_campus = {row.name for row in _page("mira", "lindenhof", span="90d", by="payer").rows}
    assert of_campus == {"Coverage", "Shared pool", "Allocated tokens"}


def test_an_organisations_page_can_be_about_one_person(campus: Organisation, client: Client) -> None:
    whole = _page("mira", "lindenhof", span="90d", by="person")
    alone = _page("mira", "lindenhof", span="90d", person="lotte")
    assert alone.person == "Lotte Maes"
    assert {row.name: row.amount for row in whole.rows}["Lotte Maes"] == alone.total.amount
    client.force_login(person("mira"))
    assert "Usage of Lotte Maes" in _words(client, "/orgs/lindenhof/usage/?person=lotte")


def _centres(campus: Organisation) -> None:
    """Algebra below North, and use of each."""
    for key, parent in (("north", None), ("algebra", "north")):
        set_cost_centre(
            organisation=campus, key=key, name=key.title(), kind="course", parent=parent, actor="t", at=NOW
        )
    spend("lotte", "search", 7, NOW, cost_centre="north")
    spend("jonas", "search", 30, NOW, cost_centre="algebra")


def test_an_organisations_page_can_be_about_one_cost_centre_and_those_below_it(campus: Organisation) -> None:
    _centres(campus)
    rows = {row.name: row for row in _page("mira", "lindenhof", by="cost_centre").rows}
    north, algebra = (_page("mira", "lindenhof", centre=key) for key in ("north", "algebra"))
    assert north.centre == "North"
    assert algebra.total.amount == rows["Algebra"].amount > 0
    assert north.total.amount == rows["North"].amount + rows["Algebra"].amount
    assert "centre=algebra" in rows["Algebra"].url


@pytest.mark.parametrize("by", ["operation", "payer", "person", "cost_centre"])
def test_the_rows_of_a_cost_centre_add_up_to_its_figure(campus: Organisation, by: str) -> None:
    _centres(campus)
    page = _page("mira", "lindenhof", centre="north", by=by)
    assert sum(row.amount for row in page.rows) == page.total.amount > 0
    assert not any(row.list_url for row in page.rows)


def test_a_cost_centre_is_kept_by_the_form_and_named_by_the_page(
    campus: Organisation, client: Client
) -> None:
    client.force_login(person("bruno"))
    text = _words(client, "/orgs/lindenhof/usage/?centre=statistics")
    assert "Usage of Statistics I" in text
    assert '<input type="hidden" name="centre" value="statistics">' in text
    assert "Show all cost centres" in text
    assert "usage.csv?span=30d&amp;each=day&amp;by=operation&amp;centre=statistics" in text
    assert "Only for Statistics I." in _words(client, "/orgs/lindenhof/usage/?centre=statistics&person=jonas")


def test_the_file_of_a_cost_centre_holds_only_its_use(campus: Organisation, client: Client) -> None:
    _centres(campus)
    client.force_login(person("bruno"))
    text = client.get("/orgs/lindenhof/usage.csv?centre=algebra&by=person").content.decode()
    assert [row["Person"] for row in csv.DictReader(io.StringIO(text))] == ["Jonas Vermeulen"]


@pytest.mark.parametrize("page", ["usage/", "usage.csv"])
def test_a_cost_centre_that_is_not_there_is_not_found(
    campus: Organisation, client: Client, page: str
) -> None:
    harbour = add_organisation("harbour", "Harbour School")
    set_cost_centre(
        organisation=harbour, key="pier", name="Pier", kind="course", parent=None, actor="t", at=NOW
    )
    client.force_login(person("mira"))
    for key in ("nothing", "pier"):
        assert client.get(f"/orgs/lindenhof/{page}?centre={key}").status_code == 404


def test_a_persons_own_page_knows_no_cost_centres(campus: Organisation) -> None:
    assert _page("jonas", centre="nothing").total == _page("jonas").total


def test_one_operation_can_be_looked_at_alone(campus: Organisation) -> None:
    page = _page("jonas", span="90d", operation="search", by="model")
    assert page.total.amount == sum(row.amount for row in page.rows)
    assert page.operation_name == "Semantic search"
    assert 0 < page.total.amount < _page("jonas", span="90d").total.amount


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2026-13-01", "2026-11-02", "year-month-day"),
        ("yesterday", "", "year-month-day"),
        ("2026-11-10", "2026-11-01", "before the first one"),
        ("2026-12-01", "2026-12-02", "lies ahead"),
        ("2020-01-01", "2026-11-01", "back at most three years"),
        ("0001-01-01", "0001-01-02", "back at most three years"),
        ("2026-11-\uff11\uff10", "", "year-month-day"),
    ],
)
def test_days_that_make_no_sense_are_told_and_kept(
    campus: Organisation, client: Client, first: str, last: str, words: str
) -> None:
    client.force_login(person("jonas"))
    text = _words(client, f"/wallet/usage/?from={first}&to={last}")
    assert words in text
    assert 'aria-invalid="true"' in text
    assert f'value="{first[:10]}"' in text


def test_days_that_are_still_to_come_are_left_out() -> None:
    assert read_days("2026-11-01", "2026-12-31", TODAY) == (DaySpan(date(2026, 11, 1), TODAY), "")


@pytest.mark.parametrize(
    ("days", "possible"),
    [(1, ("day",)), (7, ("day",)), (30, ("day", "week")), (92, ("day", "week", "month")), (500, ("month",))],
)
def test_a_span_is_only_cut_into_what_can_be_read(days: int, possible: tuple[str, ...]) -> None:
    assert cuts(DaySpan(TODAY - timedelta(days=days - 1), TODAY)) == possible


@pytest.mark.parametrize(
    "query", ["span=99y", "each=hour", "by=person", "by=wallet", "person=mira", "operation=%00x"]
)
def test_a_query_that_makes_no_sense_is_left_at_the_usual(
    campus: Organisation, client: Client, query: str
) -> None:
    client.force_login(person("jonas"))
    assert client.get(f"/wallet/usage/?{query}").status_code == 200


@pytest.mark.parametrize("page", ["usage/", "usage.csv"])
@pytest.mark.parametrize(("key", "status"), [("mira", 200), ("bruno", 200), ("lotte", 404), ("jonas", 404)])
def test_an_organisations_usage_is_for_those_who_read_its_money(
    client: Client, campus: Organisation, key: str, status: int, page: str
) -> None:
    client.force_login(person(key))
    assert client.get(f"/orgs/lindenhof/{page}").status_code == status


def test_somebody_who_is_no_member_is_not_found(client: Client, campus: Organisation) -> None:
    add_person("ines", "Ines Prado", campus=add_organisation("harbour", "Harbour School"))
    client.force_login(person("mira"))
    assert client.get("/orgs/lindenhof/usage/?person=ines").status_code == 404
    assert client.get("/orgs/lindenhof/usage/?person=nobody").status_code == 404


@pytest.mark.parametrize("address", ["/wallet/usage/", "/wallet/usage.csv", "/orgs/lindenhof/usage/"])
def test_strangers_are_sent_to_log_in(campus: Organisation, client: Client, address: str) -> None:
    assert client.get(address).status_code == 302


def test_the_file_holds_the_exact_table(campus: Organisation, client: Client) -> None:
    client.force_login(person("jonas"))
    answer = client.get("/wallet/usage.csv?span=90d")
    assert answer["Content-Disposition"] == (
        'attachment; filename="usage-wallet-2026-08-24-2026-11-21-operation.csv"'
    )
    rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(answer.content.decode())))
    page = _page("jonas", span="90d")
    assert sum(parse_tokens(row["Tokens"]) for row in rows) == page.total.amount
    assert rows[0]["Operation"] == page.rows[0].name


def test_names_in_the_file_are_no_formulas(campus: Organisation, client: Client) -> None:
    spend("jonas", "search", 10, NOW, "=HYPERLINK(1)")
    client.force_login(person("jonas"))
    assert "'=HYPERLINK(1)" in client.get("/wallet/usage.csv?by=activity").content.decode()


def test_names_on_the_page_are_no_markup(campus: Organisation, client: Client) -> None:
    spend("jonas", "search", 10, NOW, "<script>alert(1)</script>")
    client.force_login(person("jonas"))
    assert "<script>alert" not in client.get("/wallet/usage/?by=activity").content.decode()


def test_a_page_without_use_teaches_what_will_be_there(campus: Organisation, client: Client) -> None:
    client.force_login(add_person("nora", "Nora Blank"))
    text = _words(client, "/wallet/usage/")
    assert "Nothing was used in these days" in text
    assert "See the rate card" in text


def test_a_use_that_was_given_back_in_whole_counts_nothing(campus: Organisation) -> None:
    before = _page("lotte").total
    charge = spend("lotte", "search", 40, NOW)
    assert _page("lotte").total.amount == before.amount + charge.price
    refund_charge(charge.id, tokens=None, reason="", actor="tests", at=NOW)
    assert _page("lotte").total == before
    assert charge.price % MICRO


def test_german_readers_see_german_numbers(campus: Organisation, client: Client) -> None:
    client.force_login(person("jonas"))
    text = client.get("/wallet/usage/?span=90d", headers={"Accept-Language": "de"}).content.decode()
    whole = f"{_page('jonas', span='90d').total.amount // MICRO:,}"
    assert whole.replace(",", ".") in text


@pytest.mark.parametrize("by", ["operation", "activity", "payer", "person"])
@pytest.mark.parametrize(
    ("key", "address"), [("jonas", "/wallet/usage/"), ("mira", "/orgs/lindenhof/usage/")]
)
def test_a_page_takes_at_most_fifteen_queries(
    campus: Organisation,
    client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    key: str,
    address: str,
    by: str,
) -> None:
    client.force_login(person(key))
    with django_assert_max_num_queries(15):
        assert (
            client.get(
                f"{address}?span=12m&by={by}&operation=search&person=jonas&centre=statistics"
            ).status_code
            == 200
        )


def test_a_page_at_the_turn_of_a_month_takes_at_most_fourteen_queries(
    campus: Organisation, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    sweep_holds(at=NOW + timedelta(hours=1))
    client.force_login(person("mira"))
    with stopped_at(NOW + timedelta(days=12)), django_assert_max_num_queries(14):
        client.get("/orgs/lindenhof/usage/?by=person")
