"""Bars, forms sent twice, and moving between members."""

from __future__ import annotations

from uuid import uuid4

import pytest

from apps.allocations.bars import set_bar
from apps.allocations.leaving import remove_member
from apps.allocations.models import AllocationRun
from apps.allocations.rules import SubjectRef
from apps.allocations.services import Item, allocate, move, reclaim
from apps.core.errors import InsufficientTokens, InvalidState, MadeAlready, ValidationError
from apps.core.proof import verify_ledger
from apps.core.units import MICRO
from apps.identity.models import User
from apps.organisations.models import Organisation
from tests.cast import AT, give
from tests.usage.charging import left


def shift(school: Organisation, giver: str, taker: str, tokens: int) -> None:
    move(organisation=school, giver=giver, taker=taker, tokens=tokens * MICRO, note="", actor="t", at=AT)


def test_who_is_barred_gets_nothing_and_nobody_else_either(school: Organisation) -> None:
    set_bar(organisation=school, subject=SubjectRef("member", "bob"), barred=True, actor="t", at=AT)
    items = [Item("ada", MICRO), Item("bob", MICRO)]
    with pytest.raises(InvalidState):
        allocate(organisation=school, items=items, note="", actor="t", at=AT)
    assert left("ada") == {"free": "200"}


def test_a_form_sent_twice_is_carried_out_once(school: Organisation) -> None:
    key, items = uuid4(), [Item("ada", 5 * MICRO)]
    allocate(organisation=school, items=items, note="", actor="t", at=AT, form_key=key)
    with pytest.raises(MadeAlready):
        allocate(organisation=school, items=items, note="", actor="t", at=AT, form_key=key)
    assert left("ada") == {"free": "200", "allocated": "5"}
    assert AllocationRun.objects.count() == 1


def test_tokens_move_from_member_to_member_by_way_of_the_organisation(school: Organisation) -> None:
    give(school, "ada", "30")
    shift(school, "ada", "bob", 20)
    assert (left("ada")["allocated"], left("bob")["allocated"]) == ("10", "20")
    runs = AllocationRun.objects.order_by("number").values_list("direction", "tokens_micro", "members")
    assert list(runs)[1:] == [("reclaim", 20 * MICRO, 1), ("allocate", 20 * MICRO, 1)]
    assert verify_ledger().differences == ()


def test_a_move_of_more_than_is_unspent_changes_nothing(school: Organisation) -> None:
    give(school, "ada", "30")
    with pytest.raises(InsufficientTokens):
        shift(school, "ada", "bob", 31)
    with pytest.raises(ValidationError):
        shift(school, "ada", "ada", 1)
    assert (left("ada")["allocated"], left("bob")) == ("30", {"free": "200"})


def test_what_a_leaving_member_gives_back_is_on_record(school: Organisation) -> None:
    give(school, "ada", "30")
    remove_member(organisation=school, user=User.objects.get(platform_id="ada"), actor="user:ada", at=AT)
    run = AllocationRun.objects.latest("number")
    assert (run.direction, run.tokens_micro, run.actor) == ("reclaim", 30 * MICRO, "user:ada")
    assert verify_ledger().differences == ()


def test_nobody_and_nothing_cannot_be_moved(school: Organisation) -> None:
    give(school, "ada", "30")
    for tokens in (0, -1):
        with pytest.raises(ValidationError):
            shift(school, "ada", "bob", tokens)
    for do in (allocate, reclaim):
        with pytest.raises(ValidationError):
            do(organisation=school, items=[], note="", actor="t", at=AT)
    assert AllocationRun.objects.count() == 1
