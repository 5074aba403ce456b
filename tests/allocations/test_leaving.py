"""Leaving an organisation: what returns at once, what returns later, and who cannot leave."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from apps.allocations.bars import set_bar
from apps.allocations.leaving import remove_member
from apps.allocations.models import (
    AllocationBar,
    AllocationRun,
    FundingRule,
    LimitRaise,
    LimitRequest,
    SpendingLimit,
)
from apps.allocations.requests import LimitName, ask_for_more, decide_request
from apps.allocations.rules import LimitChange, SubjectRef, set_funding, set_limits
from apps.allocations.services import Item, allocate
from apps.core.errors import InsufficientTokens, InvalidState, NotAMember, NotFound
from apps.core.units import MICRO
from apps.identity.models import AuditRecord
from apps.organisations.models import Membership, Organisation
from apps.organisations.services import set_cost_centre, set_people
from apps.portal.allocations_page.page import fates_of
from apps.portal.holdings import load_shell
from apps.usage.changing import capture_charge, extend_charge, release_charge
from apps.usage.services import create_charge
from apps.usage.state import ChargeRequest
from apps.wallets.selectors import view_wallet
from tests.allocations.conftest import a_school
from tests.cast import AT, a_member, a_user, give, pays, units


def leave(school: Organisation, key: str) -> None:
    remove_member(organisation=school, user=a_user(key), actor="tests", at=AT)


def left_to_school() -> int:
    return view_wallet("organisation", "school", at=AT).total // MICRO


def test_unspent_tokens_return_to_the_organisation(school: Organisation) -> None:
    give(school, "ada", "60")
    leave(school, "ada")
    assert view_wallet("user", "ada", at=AT).allocated == 0
    assert left_to_school() == 140
    assert Membership.objects.get(user__platform_id="ada").ended_at == AT


def test_an_open_hold_ends_by_itself_and_its_rest_returns(school: Organisation) -> None:
    give(school, "ada", "60")
    charge = create_charge(ChargeRequest("ada", "page", units(page=250)), client_id=None, at=AT)
    leave(school, "ada")
    assert (view_wallet("user", "ada", at=AT).allocated, left_to_school()) == (50 * MICRO, 90)
    capture_charge(charge.id, quantities=units(page=220), options=None, at=AT)
    assert (view_wallet("user", "ada", at=AT).allocated, left_to_school()) == (0, 120)


def test_a_released_hold_of_somebody_who_left_returns_to_the_organisation(school: Organisation) -> None:
    give(school, "ada", "60")
    charge = create_charge(ChargeRequest("ada", "page", units(page=260)), client_id=None, at=AT)
    leave(school, "ada")
    release_charge(charge.id, reason="", at=AT)
    assert (view_wallet("user", "ada", at=AT).allocated, left_to_school()) == (0, 140)


def test_what_a_hold_kept_shows_with_the_organisation_from_the_deadline_on(school: Organisation) -> None:
    give(school, "ada", "60")
    create_charge(ChargeRequest("ada", "page", units(page=260), hold_seconds=60), client_id=None, at=AT)
    leave(school, "ada")
    later = AT + timedelta(seconds=60)
    assert view_wallet("organisation", "school", at=later).total == 140 * MICRO
    assert view_wallet("user", "ada", at=later).allocated == 0


def test_who_comes_back_starts_anew(school: Organisation) -> None:
    leave(school, "ada")
    a_member(school, "ada", role="teacher")
    give(school, "ada", "5")
    assert view_wallet("user", "ada", at=AT).allocated == 5 * MICRO
    assert Membership.objects.filter(user__platform_id="ada").count() == 2


def test_the_last_owner_keeps_both_place_and_tokens(school: Organisation) -> None:
    a_member(school, "ada", role="owner")
    give(school, "ada", "60")
    with pytest.raises(InvalidState):
        leave(school, "ada")
    assert view_wallet("user", "ada", at=AT).allocated == 60 * MICRO


def test_nobody_leaves_who_is_not_there(school: Organisation) -> None:
    with pytest.raises(NotFound):
        leave(school, "eve")


def test_leaving_leaves_a_record(school: Organisation) -> None:
    leave(school, "bob")
    record = AuditRecord.objects.latest("pk")
    assert (record.action, record.before, record.after) == (
        "member.leave",
        {"user": "bob", "role": "member"},
        None,
    )


@pytest.mark.django_db(transaction=True)
def test_leaving_and_being_given_to_at_once_strands_no_tokens() -> None:
    school = a_school()
    for place in range(6):
        a_member(school, f"m{place}")
    start = threading.Barrier(12)

    def race(work: object, key: str) -> None:
        try:
            start.wait()
            if work == "leave":
                leave(school, key)
            else:
                items = [Item(key, 5 * MICRO)]
                allocate(organisation=school, items=items, note="", actor="tests", at=AT)
        except NotAMember:
            pass
        finally:
            connection.close()

    threads = [
        threading.Thread(target=race, args=(work, f"m{place}"))
        for place in range(6)
        for work in ("leave", "give")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [view_wallet("user", f"m{place}", at=AT).allocated for place in range(6)] == [0] * 6
    assert left_to_school() == 140


def test_an_organisation_pays_no_more_than_it_held_for_who_has_left(school: Organisation) -> None:
    pays(school, "shared_pool")
    held = create_charge(
        ChargeRequest("ada", "page", units(page=60), organisation="school"), client_id=None, at=AT
    )
    leave(school, "ada")
    with pytest.raises(InsufficientTokens):
        extend_charge(held.id, used=None, reserve=units(page=70), hold_seconds=None, at=AT)
    ended = capture_charge(held.id, quantities=units(page=100), options=None, at=AT)
    assert (ended.uncollected, left_to_school()) == (40 * MICRO, 80)


def test_who_has_left_pays_the_rest_of_what_was_covered(school: Organisation) -> None:
    pays(school, "member_wallets", 50)
    a_user("ada", credit="50")
    charge = create_charge(
        ChargeRequest("ada", "page", units(page=220), organisation="school"), client_id=None, at=AT
    )
    leave(school, "ada")
    ended = capture_charge(charge.id, quantities=units(page=240), options=None, at=AT)
    assert (ended.uncollected, left_to_school()) == (0, 130)


def test_what_was_held_when_somebody_left_counts_as_taken_back(school: Organisation) -> None:
    give(school, "ada", "100")
    a_member(school, "mira", role="owner")
    held = create_charge(ChargeRequest("ada", "page", units(page=260)), client_id=None, at=AT)
    leave(school, "ada")
    release_charge(held.id, reason="", at=AT + timedelta(minutes=1))
    shell = load_shell(a_user("mira"), AT + timedelta(hours=1), "school")
    holding = shell.organisation("school")
    assert holding is not None
    run = AllocationRun.objects.get(direction="allocate").number
    (fate,) = fates_of(school, holding, [run])[run].values()
    assert (fate.reclaimed, fate.spent, fate.left) == (100 * MICRO, 0, 0)


def test_what_was_said_about_a_leaver_does_not_hold_for_who_comes_back(school: Organisation) -> None:
    own, more = SubjectRef("member", "ada"), LimitName(SubjectRef("member"), "week")
    pay: dict[str, Any] = {"mode": "member_wallets", "micro_percent": 50 * MICRO, "actor": "t", "at": AT}
    limits = [LimitChange(own, "week", 7 * MICRO), LimitChange(own, "month", None)]
    set_limits(organisation=school, changes=limits, actor="t", at=AT)
    set_funding(organisation=school, subject=own, **pay)
    set_bar(organisation=school, subject=own, barred=True, actor="t", at=AT)
    asked: dict[str, Any] = {"user": a_user("ada"), "name": more, "tokens": MICRO, "reason": "More", "at": AT}
    made = ask_for_more(organisation=school, **asked)
    grant: dict[str, Any] = {"answer": "granted", "tokens": None, "word": "", "actor": "t", "at": AT}
    decide_request(organisation=school, request_id=made.pk, **grant)
    ask_for_more(organisation=school, **asked)
    leave(school, "ada")
    a_member(school, "ada")
    assert not SpendingLimit.objects.exists()
    assert not FundingRule.objects.exists()
    assert not AllocationBar.objects.exists()
    assert LimitRaise.objects.get().until_on == AT.date()
    assert set(LimitRequest.objects.values_list("state", flat=True)) == {"granted", "withdrawn"}
    actions = AuditRecord.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions)[-6:-1] == [
        "limit.remove",
        "limit.remove",
        "funding.remove",
        "allocation_bar.set",
        "member.leave",
    ]


def test_a_leaver_is_not_named_in_a_cost_centre(school: Organisation) -> None:
    asked: dict[str, Any] = {"name": "Lab", "kind": "project", "parent": None, "actor": "t", "at": AT}
    lab, _made = set_cost_centre(organisation=school, key="lab", **asked)
    set_people(centre=lab, users=["ada", "bob"], actor="t", at=AT)
    leave(school, "ada")
    assert list(lab.people.values_list("user__platform_id", flat=True)) == ["bob"]
