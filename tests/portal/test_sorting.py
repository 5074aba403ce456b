"""Tables in the order that somebody asks for, by links that work without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.allocations.requests import LimitName, ask_for_more, withdraw_request
from apps.allocations.rules import LimitChange, SubjectRef, set_limits
from apps.allocations.services import Item, allocate
from apps.core.periods import Period
from apps.core.units import MICRO
from apps.organisations.models import Organisation
from apps.organisations.services import set_cost_centre
from apps.portal.allocations_page import page as allocations_page
from apps.portal.sorting import headings, in_order, order_of
from tests.portal.world import NOW, person

HOME = "/orgs/lindenhof"
COLUMNS = {"name": "Name", "-spent": "Spent"}


@pytest.fixture
def owner(campus: Organisation, client: Client) -> Client:
    client.force_login(person("mira"))
    return client


@pytest.mark.parametrize("asked", ["name", "-name", "spent", "-spent", "", "-", "x", "--spent", "-name "])
def test_an_order_that_makes_no_sense_is_the_usual_one(asked: str) -> None:
    known = {"name", "-name", "spent", "-spent"}
    assert order_of({"sort": asked}, COLUMNS) == (asked if asked in known else "")


def test_a_heading_turns_the_order_of_its_own_column() -> None:
    for order, links, said in (
        ("", ["?sort=name", "?sort=-spent"], ["", ""]),
        ("name", ["?sort=-name", "?sort=-spent"], ["ascending", ""]),
        ("-spent", ["?sort=name", "?sort=spent"], ["", "descending"]),
        ("spent", ["?sort=name", "?sort=-spent"], ["", "ascending"]),
    ):
        found = headings(COLUMNS, order)
        assert list(found) == ["name", "spent"]
        assert [one.url for one in found.values()] == links
        assert [one.sorted for one in found.values()] == said


def test_rows_without_a_value_come_last_either_way() -> None:
    rows = [("a", 1), ("b", None), ("c", 2)]
    for order, names in (("n", "acb"), ("-n", "cab")):
        assert "".join(name for name, _n in in_order(rows, order, lambda row, _column: row[1])) == names


def test_cost_centres_are_sorted_by_their_columns(owner: Client, campus: Organisation) -> None:
    asked: dict[str, Any] = {"kind": "group", "parent": None, "actor": "t", "at": NOW}
    for name, cap in (("Art", None), ("Zoology", 900)):
        key = name.lower()
        set_cost_centre(organisation=campus, key=key, name=name, **asked)
        if cap:
            change = LimitChange(SubjectRef("cost_centre", key), "month", cap * MICRO)
            set_limits(organisation=campus, changes=[change], actor="t", at=NOW)
    for order, names in (
        ("name", ["Art", "Statistics I", "Zoology"]),
        ("-cap", ["Zoology", "Statistics I", "Art"]),
        ("cap", ["Statistics I", "Zoology", "Art"]),
    ):
        page = owner.get(f"{HOME}/cost-centres/?sort={order}")
        assert [line.name for line in page.context["page"].centres] == names
    assert 'aria-sort="ascending"><a class="sort" href="?sort=-cap">' in page.content.decode()


def test_allocations_keep_their_order_from_page_to_page(
    owner: Client, campus: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allocations_page, "ROOM", 2)
    for tokens in (7, 5):
        allocate(organisation=campus, items=[Item("jonas", tokens * MICRO)], note="", actor="t", at=NOW)
    first = owner.get(f"{HOME}/allocations/?sort=tokens")
    assert [line.row.tokens_micro // MICRO for line in first.context["page"].runs] == [5, 7]
    assert "?sort=tokens&amp;page=2" in first.content.decode()
    second = owner.get(f"{HOME}/allocations/?sort=tokens&page=2").context["page"].runs
    assert [line.row.tokens_micro // MICRO for line in second] == [1602]


def test_decided_requests_are_sorted_too(owner: Client, campus: Organisation) -> None:
    limits: tuple[tuple[Period, int], ...] = (("day", 5), ("month", 7))
    for period, tokens in limits:
        name, jonas = LimitName(SubjectRef("member"), period), person("jonas")
        asked = ask_for_more(organisation=campus, user=jonas, name=name, tokens=tokens, reason="More", at=NOW)
        withdraw_request(request_id=asked.pk, user=jonas, at=NOW)
    for order, amounts in (("tokens", [5, 7]), ("-tokens", [7, 5]), ("who", [7, 5]), ("nothing", [7, 5])):
        decided = owner.get(f"{HOME}/requests/?sort={order}").context["page"].decided
        assert [one.row.tokens_micro for one in decided] == amounts
