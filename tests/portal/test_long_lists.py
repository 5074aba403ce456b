"""Lists that are longer than a page: all of them can be reached, and nothing open is pushed out of sight."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from apps.allocations.inviting import Guest, invite
from apps.allocations.models import LimitRequest
from apps.allocations.requests import LimitName, ask_for_more, withdraw_request
from apps.allocations.rules import LimitChange, SubjectRef, set_limits
from apps.core.periods import Period
from apps.organisations.models import Organisation
from apps.organisations.services import end_membership, set_member
from apps.portal.limits_page import page as limits_page
from apps.portal.members_page import acting
from tests.portal.world import NOW, person

HOME = "/orgs/lindenhof"


@pytest.fixture
def owner(campus: Organisation, client: Client) -> Client:
    client.force_login(person("mira"))
    return client


def test_own_limits_are_listed_by_name_page_by_page(
    owner: Client, campus: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits_page, "OWN", 2)
    changes = [LimitChange(SubjectRef("member", key), "week", 1) for key in ("lotte", "mira", "bruno")]
    set_limits(organisation=campus, changes=changes, actor="t", at=NOW)
    pages = [owner.get(f"{HOME}/limits/?page={number}") for number in (1, 2)]
    names = [[line.name for line in page.context["page"].own] for page in pages]
    assert names == [["Bruno Keller", "Jonas Vermeulen"], ["Lotte Maes", "Mira Okafor"]]
    assert "?page=2#own-title" in pages[0].content.decode()
    assert "4 members have a limit of their own" in pages[1].content.decode()


def test_who_came_back_has_not_left(owner: Client, campus: Organisation) -> None:
    end_membership(organisation=campus, user=person("jonas"), actor="t", at=NOW)
    set_member(organisation=campus, user=person("jonas"), role="teacher", actor="t", at=NOW)
    (line,) = owner.get(f"{HOME}/limits/").context["page"].own
    assert (line.name, line.second) == ("Jonas Vermeulen", "Teacher")


def test_the_oldest_invitation_can_be_taken_back(
    owner: Client, campus: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "SHOWN", 2)
    guests = [Guest(f"p{number}@lindenhof.example") for number in range(3)]
    invite(organisation=campus, guests=guests, actor="t", at=NOW)
    first = owner.get(f"{HOME}/members/invitations/").content.decode()
    assert ("p0@" in first, "?page=2#waiting-title" in first) == (False, True)
    assert "p0@" in owner.get(f"{HOME}/members/invitations/?page=2").content.decode()


def test_an_open_request_stays_in_sight(campus: Organisation, client: Client) -> None:
    def ask(period: Period, minutes: int) -> LimitRequest:
        return ask_for_more(
            organisation=campus,
            user=person("jonas"),
            name=LimitName(SubjectRef("member"), period),
            tokens=1,
            reason="More",
            at=NOW + timedelta(minutes=minutes),
        )

    oldest = ask("day", 0)
    for minutes in range(1, 8):
        withdraw_request(request_id=ask("month", minutes).pk, user=person("jonas"), at=NOW)
    client.force_login(person("jonas"))
    asked = client.get("/budget/").context["page"].asked
    assert asked[0].id == oldest.pk
    assert len(asked) == 6
