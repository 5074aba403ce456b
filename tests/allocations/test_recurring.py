"""What repeats: on its day, for everybody or for nobody, once however often the bell rings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from apps.allocations.leaving import remove_member
from apps.allocations.models import AllocationRun, RecurringAllocation
from apps.allocations.recurring import carry_out, due_now, end_recurring, next_day, repeat_allocation
from apps.allocations.rules import SubjectRef
from apps.allocations.tasks import carry_out_recurring
from apps.core.clock import stopped_at
from apps.core.errors import InvalidState, MadeAlready, NotFound, Problem, ValidationError
from apps.core.units import MICRO
from apps.events.models import Event
from apps.identity.models import User
from apps.organisations.models import Organisation, SentForm
from apps.organisations.services import require_new_form
from apps.wallets.services import sync_organisation
from tests.cast import AT, an_organisation, give
from tests.usage.charging import left

DECEMBER = datetime(2026, 12, 1, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("every", "day", "after", "expected"),
    [
        ("month", 1, date(2026, 11, 2), date(2026, 12, 1)),
        ("month", 15, date(2026, 11, 2), date(2026, 11, 15)),
        ("month", 15, date(2026, 11, 15), date(2026, 12, 15)),
        ("month", 31, date(2026, 11, 2), date(2026, 11, 30)),
        ("month", 31, date(2026, 11, 30), date(2026, 12, 31)),
        ("month", 31, date(2028, 1, 31), date(2028, 2, 29)),
        ("week", 1, date(2026, 11, 2), date(2026, 11, 9)),
        ("week", 7, date(2026, 11, 2), date(2026, 11, 8)),
    ],
)
def test_the_next_day_is_the_first_such_day_after_and_the_31st_does_not_drift(
    every: str, day: int, after: date, expected: date
) -> None:
    assert next_day(every, day, after) == expected


def repeat(school: Organisation, **change: Any) -> RecurringAllocation:
    asked: dict[str, Any] = {
        "subject": SubjectRef("members"),
        "mode": "add",
        "tokens": 10 * MICRO,
        "every": "month",
        "day": 1,
        "note": "Study tokens",
    }
    return repeat_allocation(organisation=school, actor="user:mira", at=AT, **{**asked, **change})


def test_everybody_gets_theirs_on_the_day_and_once(school: Organisation) -> None:
    made = repeat(school)
    assert due_now(at=AT) == []
    assert due_now(at=DECEMBER) == [made.pk]
    assert [carry_out(made.pk, at=DECEMBER) for _ in range(2)] == [True, False]
    assert [left(key, at=DECEMBER)["allocated"] for key in ("ada", "bob", "cem")] == ["10", "10", "10"]
    made.refresh_from_db()
    assert (made.next_on, made.skipped) == (date(2027, 1, 1), "")
    run = AllocationRun.objects.get()
    assert (run.recurring_id, run.actor, run.note) == (made.pk, "user:mira", "Study tokens")


def test_top_up_gives_what_is_missing(school: Organisation) -> None:
    give(school, "ada", "4")
    made = repeat(school, mode="top_up")
    carry_out(made.pk, at=DECEMBER)
    assert AllocationRun.objects.latest("number").tokens_micro == 26 * MICRO


def test_when_the_wallet_cannot_pay_for_all_nobody_gets_any_and_it_is_told(school: Organisation) -> None:
    made = repeat(school, tokens=50 * MICRO)  # 150 wanted, 140 there
    carry_out(made.pk, at=DECEMBER)
    assert left("ada", at=DECEMBER) == {"free": "200"}
    made.refresh_from_db()
    assert "10 earned or purchased tokens are missing" in made.skipped
    assert made.next_on == date(2027, 1, 1)
    assert list(Event.objects.values_list("kind", "key")) == [("recurring.skipped", made.pk)]


def test_a_bell_that_was_missed_for_months_is_caught_up_with(school: Organisation) -> None:
    made = repeat(school)
    late = datetime(2027, 3, 20, tzinfo=UTC)
    with stopped_at(late):
        carry_out_recurring()
    assert AllocationRun.objects.count() == 4
    assert left("ada", at=late)["allocated"] == "40"
    made.refresh_from_db()
    assert made.next_on == date(2027, 4, 1)


def test_a_zone_changed_to_the_west_does_not_give_the_same_day_twice(school: Organisation) -> None:
    sync_organisation(key="school", fields={"time_zone": "Europe/Berlin"}, at=AT)
    made = repeat(school)
    sync_organisation(key="school", fields={"time_zone": "America/New_York"}, at=AT)
    made.refresh_from_db()
    for hours in range(-2, 30):
        carry_out(made.pk, at=DECEMBER + timedelta(hours=hours))
    assert AllocationRun.objects.count() == 1
    made.refresh_from_db()
    assert made.next_on == date(2027, 1, 1)


def test_an_audience_that_has_left_is_told_of(school: Organisation) -> None:
    made = repeat(school, subject=SubjectRef("member", "ada"))
    remove_member(organisation=school, user=User.objects.get(platform_id="ada"), actor="t", at=AT)
    carry_out(made.pk, at=DECEMBER)
    made.refresh_from_db()
    assert made.skipped == "Nobody belongs to those who are to get tokens."
    assert Event.objects.filter(kind="recurring.skipped", key=made.pk).count() == 1


def test_a_form_that_is_sent_twice_repeats_once(school: Organisation) -> None:
    key = uuid4()
    repeat(school, form_key=key)
    with pytest.raises(MadeAlready):
        repeat(school, form_key=key)
    repeat(school, form_key=uuid4())
    assert RecurringAllocation.objects.count() == 2


def test_keys_of_forms_are_forgotten_after_a_month(school: Organisation) -> None:
    repeat(school, form_key=uuid4())
    require_new_form(school, uuid4(), at=AT + timedelta(days=29))
    assert SentForm.objects.count() == 2
    require_new_form(school, uuid4(), at=AT + timedelta(days=31))
    assert SentForm.objects.count() == 2


def test_a_form_that_was_refused_may_be_sent_again(school: Organisation) -> None:
    key = uuid4()
    with pytest.raises(NotFound):
        repeat(school, form_key=key, subject=SubjectRef("cost_centre", "none"))
    repeat(school, form_key=key)


def test_what_has_ended_does_not_come(school: Organisation) -> None:
    made = repeat(school)
    with pytest.raises(NotFound):
        end_recurring(organisation=an_organisation("other"), number=made.pk, actor="t", at=AT)
    end_recurring(organisation=school, number=made.pk, actor="t", at=AT)
    assert not carry_out(made.pk, at=DECEMBER)
    with pytest.raises(InvalidState):
        end_recurring(organisation=school, number=made.pk, actor="t", at=AT)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"tokens": 0}, ValidationError),
        ({"every": "day"}, ValidationError),
        ({"day": 32}, ValidationError),
        ({"every": "week", "day": 8}, ValidationError),
        ({"mode": "take"}, ValidationError),
        ({"subject": SubjectRef("organisation")}, ValidationError),
        ({"subject": SubjectRef("cost_centre", "none")}, NotFound),
    ],
)
def test_what_makes_no_sense_does_not_repeat(
    school: Organisation, change: dict[str, Any], problem: type[Problem]
) -> None:
    with pytest.raises(problem):
        repeat(school, **change)
    assert not RecurringAllocation.objects.exists()
