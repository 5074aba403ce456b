"""Members' spending: the list, its order and search, the limits beside it, and the block on the overview."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from django.db.models import Sum
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.allocations.leaving import remove_member
from apps.allocations.models import SpendingTotal
from apps.allocations.rules import LimitChange, SubjectRef, set_limits
from apps.core.units import MICRO, parse_tokens
from apps.ledger.models import Account
from apps.organisations.models import Organisation
from apps.portal.holdings import load_shell
from apps.portal.members_page import MembersBlock, MembersPage, load_members_block, load_members_page
from apps.portal.members_page.page import read_asked
from tests.portal.world import BEFORE, NOW, add_organisation, add_person, person, spend


def _page(room: int = 50, **query: str) -> MembersPage:
    shell = load_shell(person("mira"), NOW, "lindenhof")
    assert shell.here is not None
    return load_members_page(shell.here, shell, read_asked(query), room=room)


def _block() -> MembersBlock:
    shell = load_shell(person("mira"), NOW, "lindenhof")
    assert shell.here is not None
    return load_members_block(shell.here, shell)


def _names(page: MembersPage) -> list[str]:
    return [member.name for member in page.people]


def _total(key: str, first: str, last: str) -> int:
    totals = SpendingTotal.objects.filter(
        scope__owner_key="lindenhof", subject_type="member", subject_key=key, day__range=(first, last)
    )
    return int(totals.aggregate(sum=Sum("spent_micro"))["sum"] or 0)


def test_each_member_shows_what_the_limits_count(campus: Organisation) -> None:
    people = {member.key: member for member in _page().people}
    assert set(people) == {"jonas", "lotte", "mira", "bruno"}
    assert people["jonas"].spent == _total("jonas", "2026-11-01", "2026-11-30") > 0
    bucket = Account.objects.get(kind="allocated", holder_id=person("jonas").wallet.pk)
    assert people["jonas"].left == bucket.balance - bucket.held > 0
    assert people["mira"].left == 0


def test_last_month_is_counted_in_whole_and_apart(campus: Organisation) -> None:
    spent = _page().people
    charge = spend("lotte", "search", 90, BEFORE + timedelta(days=24))
    after = {member.key: member for member in _page().people}
    assert after["lotte"].last == charge.price
    assert after["lotte"].spent == next(member.spent for member in spent if member.key == "lotte")
    assert _page().totals.last == charge.price


def test_the_figure_is_all_members_together_and_former_ones_too(campus: Organisation) -> None:
    before = _page().totals
    assert before.spent == sum(member.spent for member in _page().people)
    remove_member(organisation=campus, user=person("lotte"), actor="tests", at=NOW)
    assert "Lotte Maes" not in _names(_page())
    assert _page().totals == before


def test_who_spent_most_comes_first_and_columns_can_be_sorted(campus: Organisation) -> None:
    assert _names(_page())[:2] == ["Jonas Vermeulen", "Lotte Maes"]
    assert _names(_page(sort="name")) == ["Bruno Keller", "Jonas Vermeulen", "Lotte Maes", "Mira Okafor"]
    assert _names(_page(sort="-name"))[0] == "Mira Okafor"
    assert _names(_page(sort="-left"))[0] == "Jonas Vermeulen"
    assert _names(_page(sort="spent"))[-1] == "Jonas Vermeulen"
    assert _names(_page(sort="; DROP TABLE")) == _names(_page())


def test_a_heading_turns_the_order_round(campus: Organisation) -> None:
    assert _page().headings["spent"].sorted == "descending"
    assert _page().headings["spent"].url == "?sort=spent"
    assert _page(sort="name").headings["name"].url == "?sort=-name"
    assert _page(sort="name").headings["spent"].sorted == ""


@pytest.mark.parametrize("search", ["verm", "VERMEULEN", "jonas@lindenhof", "Jonas"])
def test_search_finds_names_and_addresses(campus: Organisation, search: str) -> None:
    page = _page(q=search)
    assert (page.found, _names(page)) == (1, ["Jonas Vermeulen"])


@pytest.mark.parametrize("search", ["%", "_", "!", "' OR 1=1", "\\", "nob\0ody"])
def test_search_takes_signs_as_they_are(campus: Organisation, search: str) -> None:
    assert _names(_page(q=search)) == []


def test_pages_follow_each_other_without_loss(campus: Organisation) -> None:
    pages = [_page(room=3, sort="name", page=number) for number in ("1", "2")]
    assert _names(pages[0]) + _names(pages[1]) == _names(_page(sort="name"))
    assert _names(_page(room=3, sort="name", page="99")) == _names(pages[1])
    assert _names(_page(room=3, page="-1")) == _names(_page(room=3))


def test_the_limit_that_is_used_up_most_is_shown(campus: Organisation) -> None:
    people = {member.key: member for member in _page().people}
    lotte, jonas, mira = people["lotte"].limit, people["jonas"].limit, people["mira"].limit
    assert lotte is not None
    assert (lotte.limit.period, lotte.state, lotte.limit.tokens) == ("week", "near", 300 * MICRO)
    assert jonas is not None
    assert jonas.limit.period in ("day", "month")
    assert mira is not None
    assert (mira.state, mira.words) == ("within", "0 of 1,000 this month")


def test_members_without_a_limit_say_so(campus: Organisation, client: Client) -> None:
    changes = [
        LimitChange(SubjectRef("members"), "month", None),
        LimitChange(SubjectRef("role", "teacher"), "week", None),
        LimitChange(SubjectRef("member", "jonas"), "day", None),
    ]
    set_limits(organisation=campus, changes=changes, actor="tests", at=NOW)
    assert {member.limit for member in _page().people} == {None}
    client.force_login(person("mira"))
    assert "No limit of their own" in client.get("/orgs/lindenhof/members/").content.decode()


def test_who_may_spend_nothing_is_at_a_limit_before_spending(campus: Organisation, client: Client) -> None:
    add_person("nora", "Nora Blank", "learner", campus, "member")
    changes = [
        LimitChange(SubjectRef("members"), "month", None),
        LimitChange(SubjectRef("member", "jonas"), "day", None),
        LimitChange(SubjectRef("role", "teacher"), "week", None),
        LimitChange(SubjectRef("member", "nora"), "month", 0),
    ]
    set_limits(organisation=campus, changes=changes, actor="tests", at=NOW)
    client.force_login(person("mira"))
    for address in ("/orgs/lindenhof/limits/", "/orgs/lindenhof/"):
        assert "Nora Blank" in client.get(address).content.decode()
    text = client.get("/orgs/lindenhof/limits/").content.decode()
    assert "1 member has reached a limit." in text
    changes = [LimitChange(SubjectRef("members"), "month", 0)]
    set_limits(organisation=campus, changes=changes, actor="tests", at=NOW)
    assert "5 members have reached a limit." in client.get("/orgs/lindenhof/limits/").content.decode()


def test_the_overview_names_who_is_near_or_at_a_limit_first(campus: Organisation, client: Client) -> None:
    block = _block()
    assert [(member.name, member.limit and member.limit.state) for member in block.pressing] == [
        ("Lotte Maes", "near")
    ]
    client.force_login(person("mira"))
    text = re.sub(r"\s+", " ", client.get("/orgs/lindenhof/").content.decode())
    assert text.index("Needs a look first") < text.index("Three kinds of tokens")


def test_the_overviews_bars_add_up(campus: Organisation) -> None:
    block = _block()
    assert sum(bar.amount for bar in block.bars) == block.total == _page().totals.spent
    assert block.title == "One member makes up half of the spending or more"


def test_only_five_have_a_bar_of_their_own(campus: Organisation) -> None:
    for number in range(6):
        add_person(f"p{number}", f"Person {number}", campus=campus, role="teacher")
        spend(f"p{number}", "search", 10 + number, NOW)
    block = _block()
    assert len(block.bars) == 6
    assert block.bars[-1].name == "3 other members"
    assert sum(bar.amount for bar in block.bars) == block.total


@pytest.mark.parametrize("page", ["members/", "members.csv"])
@pytest.mark.parametrize(("key", "status"), [("mira", 200), ("bruno", 200), ("lotte", 404), ("jonas", 404)])
def test_members_spending_is_for_those_who_read_the_money(
    client: Client, campus: Organisation, key: str, status: int, page: str
) -> None:
    client.force_login(person(key))
    assert client.get(f"/orgs/lindenhof/{page}").status_code == status


def test_an_admin_elsewhere_finds_nothing(client: Client, campus: Organisation) -> None:
    other = add_organisation("harbour", "Harbour School")
    client.force_login(add_person("ines", "Ines Prado", campus=other, role="admin"))
    assert client.get("/orgs/lindenhof/members/").status_code == 404
    assert "Jonas" not in client.get("/orgs/harbour/members/").content.decode()


def test_the_file_holds_everybody_that_is_found(campus: Organisation, client: Client) -> None:
    add_person("formula", "=1+1", campus=campus)
    client.force_login(person("mira"))
    text = client.get("/orgs/lindenhof/members.csv?sort=name").content.decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 5
    assert rows[0]["Member"] == "'=1+1"
    jonas = next(row for row in rows if row["Id"] == "jonas")
    assert parse_tokens(jonas["Spent this month"]) == _total("jonas", "2026-11-01", "2026-11-30")


def test_a_search_without_result_helps(campus: Organisation, client: Client) -> None:
    client.force_login(person("mira"))
    text = client.get("/orgs/lindenhof/members/?q=nobody").content.decode()
    assert "No member has that name" in text
    assert 'value="nobody"' in text


@pytest.mark.parametrize("count", [0, 30])
def test_the_page_takes_at_most_thirteen_queries_however_many_members(
    campus: Organisation,
    client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for number in range(count):
        add_person(f"p{number}", f"Person {number}", campus=campus)
    client.force_login(person("mira"))
    with django_assert_max_num_queries(13):
        assert client.get("/orgs/lindenhof/members/?q=a&sort=-left").status_code == 200
