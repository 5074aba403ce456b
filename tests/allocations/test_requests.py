"""Asking for more than a limit allows: a grant lifts it at once and lapses at the period's end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from apps.allocations.models import LimitRequest, SpendingLimit
from apps.allocations.requests import (
    Answer,
    LimitName,
    ask_for_more,
    decide_request,
    limit_now,
    withdraw_request,
)
from apps.allocations.rules import LimitChange, SubjectRef, set_limits
from apps.core.errors import InvalidState, NotAMember, NotFound, Problem, ValidationError
from apps.core.periods import Period
from apps.core.units import MICRO
from apps.events.models import Event
from apps.identity.models import AuditRecord, User
from apps.organisations.models import Organisation
from tests.cast import AT, a_member, a_user, an_organisation, load_prices, pays
from tests.usage.charging import charge, denied, later, limit

pytestmark = pytest.mark.django_db
MINE = SubjectRef("member")


@pytest.fixture
def school() -> Organisation:
    load_prices()
    school = an_organisation("school", credit="100000")
    a_member(school, "ada", role="teacher")
    a_member(school, "bob", role="teacher")
    pays(school, "shared_pool")
    limit(school, "role teacher", "week", "100")
    return school


def ada() -> User:
    return User.objects.get(platform_id="ada")


def ask(
    school: Organisation,
    tokens: int = 40,
    *,
    subject: SubjectRef = MINE,
    period: Period = "week",
    reason: str = "Exams",
    at: datetime = AT,
) -> LimitRequest:
    return ask_for_more(
        organisation=school,
        user=ada(),
        name=LimitName(subject, period),
        tokens=tokens * MICRO,
        reason=reason,
        at=at,
    )


def decide(
    school: Organisation,
    request: LimitRequest,
    answer: Answer,
    *,
    tokens: int | None = None,
    word: str = "",
    at: datetime = AT,
) -> LimitRequest:
    return decide_request(
        organisation=school,
        request_id=request.pk,
        answer=answer,
        tokens=None if tokens is None else tokens * MICRO,
        word=word,
        actor="user:mira",
        at=at,
    )


def cap(school: Organisation, *, at: datetime = AT, period: Period = "week") -> int | None:
    found = limit_now(school, ada(), LimitName(MINE, period), at=at)
    return None if found is None or found.rule.tokens is None else found.rule.tokens // MICRO


def test_a_grant_lifts_the_limit_at_once_and_lapses_with_the_period(school: Organisation) -> None:
    charge("ada", "100")
    assert denied(lambda: charge("ada", "30")) == ("limit_reached", "role", "week")
    decide(school, ask(school, 40), "granted")
    charge("ada", "30")
    assert cap(school) == 140
    monday = datetime(2026, 11, 9, tzinfo=UTC)
    assert cap(school, at=monday) == 100
    charge("ada", "100", at=monday)
    assert denied(lambda: charge("ada", "1", at=monday)) == ("limit_reached", "role", "week")


def test_a_grant_is_for_the_one_who_asked(school: Organisation) -> None:
    decide(school, ask(school, 40), "granted")
    charge("bob", "100")
    assert denied(lambda: charge("bob", "1")) == ("limit_reached", "role", "week")


def test_for_good_is_a_limit_of_ones_own_without_what_was_granted_for_the_week(school: Organisation) -> None:
    decide(school, ask(school, 40), "granted")
    decide(school, ask(school, 50), "raised")
    assert SpendingLimit.objects.get(subject_type="member").tokens_micro == 150 * MICRO
    assert cap(school) == 190
    assert cap(school, at=later(days=7)) == 150


def test_less_than_asked_for_can_be_granted(school: Organisation) -> None:
    assert decide(school, ask(school, 40), "granted", tokens=10).granted_micro == 10 * MICRO
    assert cap(school) == 110


def test_a_refusal_needs_a_word_why_and_changes_nothing(school: Organisation) -> None:
    asked = ask(school)
    with pytest.raises(ValidationError):
        decide(school, asked, "declined", word=" ")
    decided = decide(school, asked, "declined", word="Not this month")
    assert (decided.state, decided.answer, cap(school)) == ("declined", "Not this month", 100)


def test_one_request_per_limit_is_open(school: Organisation) -> None:
    first = ask(school)
    with pytest.raises(InvalidState):
        ask(school)
    withdraw_request(request_id=first.pk, user=ada(), at=AT)
    decide(school, ask(school), "granted")
    ask(school)


def test_what_is_decided_stays_decided(school: Organisation) -> None:
    asked = ask(school)
    decide(school, asked, "granted")
    with pytest.raises(InvalidState):
        decide(school, asked, "granted")
    with pytest.raises(InvalidState):
        withdraw_request(request_id=asked.pk, user=ada(), at=AT)
    assert cap(school) == 140


def test_nobody_elses_request_can_be_decided_or_taken_back(school: Organisation) -> None:
    asked = ask(school)
    other = an_organisation("other")
    with pytest.raises(NotFound):
        decide(other, asked, "granted")
    with pytest.raises(NotFound):
        withdraw_request(request_id=asked.pk, user=a_user("eve"), at=AT)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"tokens": 0}, ValidationError),
        ({"tokens": 10**13}, ValidationError),
        ({"reason": " "}, ValidationError),
        ({"period": "day"}, NotFound),
        ({"subject": SubjectRef("organisation")}, NotFound),
        ({"subject": SubjectRef("cost_centre", "none")}, NotFound),
    ],
)
def test_bad_requests_change_nothing(
    school: Organisation, change: dict[str, Any], problem: type[Problem]
) -> None:
    with pytest.raises(problem):
        ask(school, **change)
    assert not LimitRequest.objects.exists()


def test_a_stranger_cannot_ask(school: Organisation) -> None:
    with pytest.raises(NotAMember):
        ask_for_more(
            organisation=school,
            user=a_user("eve"),
            name=LimitName(MINE, "week"),
            tokens=MICRO,
            reason="Hm",
            at=AT,
        )


def test_the_organisations_own_limit_can_be_raised_for_the_period(school: Organisation) -> None:
    limit(school, "organisation", "day", "50")
    charge("ada", "50")
    assert denied(lambda: charge("bob", "5")) == ("limit_reached", "organisation", "day")
    decide(school, ask(school, 10, subject=SubjectRef("organisation"), period="day"), "granted")
    charge("bob", "5")
    assert denied(lambda: charge("bob", "6")) == ("limit_reached", "organisation", "day")


def test_a_total_is_raised_for_good_only(school: Organisation) -> None:
    limit(school, "member ada", "total", "60")
    asked = ask(school, period="total")
    with pytest.raises(ValidationError):
        decide(school, asked, "granted")
    decide(school, asked, "raised")
    assert cap(school, period="total") == 100


def test_a_grant_where_no_limit_holds_any_more_is_refused(school: Organisation) -> None:
    asked = ask(school)
    limit(school, "member ada", "week", None)
    with pytest.raises(InvalidState):
        decide(school, asked, "granted")


def test_asking_and_deciding_are_told_and_deciding_is_on_record(school: Organisation) -> None:
    asked = ask(school)
    decide(school, asked, "granted")
    assert list(Event.objects.values_list("kind", "key")) == [
        ("limit.asked", asked.pk),
        ("limit.decided", asked.pk),
    ]
    record = AuditRecord.objects.get(action="limit_request.decide")
    assert (record.actor, record.subject) == ("user:mira", "organisation:school")


def test_who_sets_a_limit_means_it_whatever_was_granted(school: Organisation) -> None:
    decide(school, ask(school, 40), "granted")
    mine = SubjectRef("member", "ada")
    set_limits(organisation=school, changes=[LimitChange(mine, "week", 0)], actor="t", at=AT)
    assert cap(school) == 0
    assert denied(lambda: charge("ada", "1")) == ("limit_reached", "member", "week")


def test_a_limit_that_is_set_to_what_it_is_leaves_what_was_granted(school: Organisation) -> None:
    mine = LimitChange(SubjectRef("member", "ada"), "week", 100 * MICRO)
    set_limits(organisation=school, changes=[mine], actor="t", at=AT)
    decide(school, ask(school, 40), "granted")
    set_limits(organisation=school, changes=[mine], actor="t", at=AT)
    assert cap(school) == 140
