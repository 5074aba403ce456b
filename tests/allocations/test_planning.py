"""Whom an allocation would give what, before anything moves."""

from __future__ import annotations

from apps.allocations.audience import Audience, Candidate, candidates
from apps.allocations.bars import set_bar
from apps.allocations.planning import How, plan_allocation, plan_reclaim
from apps.allocations.rules import SubjectRef
from apps.core.units import MICRO
from apps.organisations.models import CostCentre, Organisation
from apps.organisations.services import set_cost_centre, set_people
from tests.cast import AT, a_member, a_user, give
from tests.usage.charging import charge, limit


def somebody(key: str = "ada", left: int = 0, *, room: int | None = None, **is_so: bool) -> Candidate:
    return Candidate(key=key, name=key.title(), email="", role="member", left=left, room=room, **is_so)


def moves(
    *members: Candidate, how: How = "each", tokens: int = 0, rows: dict[str, int] | None = None
) -> list[int]:
    return [step.moves for step in plan_allocation(members, how, tokens, rows).steps]


def test_the_same_for_each() -> None:
    assert moves(somebody(), somebody("bob", 70), tokens=50) == [50, 50]


def test_top_up_leaves_who_has_enough_as_they_are() -> None:
    assert moves(somebody(left=20), somebody("bob", 70), how="top_up", tokens=50) == [30, 0]


def test_an_amount_per_person() -> None:
    assert moves(somebody(), somebody("bob"), how="rows", rows={"bob": 7}) == [0, 7]


def test_who_is_barred_frozen_or_in_another_book_is_left_out_and_said_so() -> None:
    members = [somebody(barred=True), somebody("bob", other_book=True), somebody("cem", frozen=True)]
    move = plan_allocation(members, "each", 50)
    assert [step.blocked for step in move.steps] == ["barred", "other_book", "frozen"]
    assert (move.total, move.moving) == (0, ())


def test_who_may_not_spend_it_all_is_pointed_out() -> None:
    move = plan_allocation([somebody(left=10, room=55), somebody("bob", room=50)], "each", 50)
    assert [step.little_room for step in move.steps] == [True, False]
    assert move.little_room == 1


def test_a_reclaim_takes_at_most_what_is_left() -> None:
    members = [somebody(left=20), somebody("bob", 70)]
    assert [step.moves for step in plan_reclaim(members, "all", 0).steps] == [-20, -70]
    assert [step.moves for step in plan_reclaim(members, "each", 50).steps] == [-20, -50]
    assert [step.moves for step in plan_reclaim(members, "rows", 0, {"bob": 9}).steps] == [0, -9]


def test_candidates_know_what_is_left_and_what_limits_allow(school: Organisation) -> None:
    give(school, "ada", "20")
    limit(school, "members", "week", "30")
    limit(school, "member bob", "week", None)
    charge("ada", "205")  # 200 of her own, 5 of the allocated
    found = {one.key: (one.left // MICRO, one.room and one.room // MICRO) for one in _all(school)}
    assert found == {"ada": (15, 25), "bob": (0, None), "cem": (0, 30)}


def test_candidates_of_a_role_a_cost_centre_or_by_name(school: Organisation) -> None:
    a_member(school, "tim", role="teacher")
    set_cost_centre(organisation=school, key="lab", name="Lab", kind="project", parent=None, actor="t", at=AT)
    centre = CostCentre.objects.select_related("organisation").get()
    set_people(centre=centre, users=["bob", "tim"], actor="tests", at=AT)
    assert _keys(school, Audience("role", "teacher")) == ["tim"]
    assert _keys(school, Audience("cost_centre", "lab")) == ["bob", "tim"]
    assert _keys(school, Audience("people", people=("cem", "nobody"))) == ["cem"]
    assert _keys(school, Audience("people")) == []


def test_a_members_own_word_comes_before_the_roles(school: Organisation) -> None:
    a_user("eve", price_book="studio")
    a_member(school, "eve")
    _bar(school, SubjectRef("role", "member"), True)
    _bar(school, SubjectRef("member", "bob"), False)
    found = {one.key: (one.barred, one.other_book) for one in _all(school)}
    assert found == {"ada": (True, False), "bob": (False, False), "cem": (True, False), "eve": (True, True)}
    _bar(school, SubjectRef("role", "member"), None)
    assert not any(one.barred for one in _all(school))


def _bar(school: Organisation, subject: SubjectRef, barred: bool | None) -> None:
    set_bar(organisation=school, subject=subject, barred=barred, actor="tests", at=AT)


def _all(school: Organisation) -> list[Candidate]:
    return candidates(school, Audience("all"), at=AT)


def _keys(school: Organisation, audience: Audience) -> list[str]:
    return [one.key for one in candidates(school, audience, at=AT)]
