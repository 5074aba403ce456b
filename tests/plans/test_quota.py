"""charging.md, step 1 of who pays; organisations.md, plans. A draft costs 20 tokens and is a generation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from apps.core.errors import InvalidState, PriceBookMismatch, Problem, ValidationError
from apps.core.proof import verify_ledger
from apps.core.units import MICRO, parse_quantity
from apps.organisations.models import Organisation
from apps.plans.selectors import PlanUsage, generations_by_member, plan_usage
from apps.plans.services import PlanTerms, assign_plan, define_plan, end_plan, retire_plan
from apps.usage.batch import charge_events
from apps.usage.changing import capture_charge, refund_charge, release_charge
from apps.usage.services import create_charge, estimate_charge
from apps.usage.settling import expire_holds
from apps.usage.state import ChargeRequest, ChargeState
from apps.wallets.models import Wallet
from apps.wallets.services import set_frozen
from tests.cast import AT, a_member, an_organisation, load_prices, pays
from tests.usage.charging import denied, later, left

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> Organisation:
    load_prices()
    school = an_organisation("school", credit="1000")
    a_member(school, "ada")
    a_member(school, "bob")
    pays(school, "shared_pool")
    offer("small", 2)
    assign(school, "small")
    return school


def offer(code: str, quota: int, *, period: str = "month", free: int = 0, book: str = "campus") -> None:
    terms = PlanTerms(code.title(), 4900, period, quota, free * MICRO)
    define_plan(code=code, price_book=book, terms=terms, actor="tests", at=AT)


def assign(school: Organisation, code: str, *, at: datetime = AT) -> None:
    assign_plan(organisation=school, code=code, actor="tests", at=at)


def asked(user: str = "ada", *, operation: str = "draft", **more: Any) -> ChargeRequest:
    quantities = {operation: parse_quantity(1)}
    wanted = {"organisation": "school", **more}
    return ChargeRequest(user=user, operation=operation, quantities=quantities, **wanted)


def draft(user: str = "ada", *, at: datetime = AT, capture: bool = True, **more: Any) -> ChargeState:
    return create_charge(asked(user, capture=capture, **more), client_id=None, at=at)


def standing(*, at: datetime = AT, member: str = "") -> PlanUsage:
    found = plan_usage(Wallet.objects.get(owner_key="school"), at=at, member=member)
    assert found is not None
    return found


def used(*, at: datetime = AT) -> tuple[int, int]:
    now = standing(at=at)
    return now.used, now.quota


def test_a_generation_within_the_quota_costs_no_tokens(school: Organisation) -> None:
    made = draft()
    assert (made.billing_source, made.price, made.draws, made.generations) == ("plan", 0, [], 1)
    assert [line.label for line in made.breakdown] == ["Covered by the plan Small"]
    assert left("school") == {"purchased": "1000"}
    assert used() == (1, 2)


def test_after_the_quota_tokens_pay(school: Organisation) -> None:
    assert [draft().billing_source for _ in range(3)] == ["plan", "plan", "tokens"]
    assert left("school") == {"purchased": "980"}
    assert verify_ledger().differences == ()


def test_what_is_no_generation_costs_tokens(school: Organisation) -> None:
    made = create_charge(asked(operation="page", capture=True), client_id=None, at=AT)
    assert made.billing_source == "tokens"
    assert used() == (0, 2)


def test_without_the_organisation_its_plan_does_not_pay(school: Organisation) -> None:
    assert draft(organisation=None).billing_source == "tokens"


def test_a_plan_needs_no_balance_to_start(school: Organisation) -> None:
    """Neither the minimum balance of 100 nor the price of 20 is asked for."""
    poor = an_organisation("poor")
    a_member(poor, "cem")
    pays(poor, "shared_pool")
    assert denied(lambda: draft("cem", organisation="poor")) == ("minimum_balance",)
    assign(poor, "small")
    assert draft("cem", organisation="poor").billing_source == "plan"


def test_a_release_gives_the_generation_back(school: Organisation) -> None:
    held = draft(capture=False)
    assert used() == (1, 2)
    release_charge(held.id, at=AT)
    assert used() == (0, 2)
    assert verify_ledger().differences == ()


def test_a_refund_gives_the_generation_back_once(school: Organisation) -> None:
    made = draft()
    refund_charge(made.id, tokens=None, reason="", actor="tests", at=AT)
    assert used() == (0, 2)
    assert denied(lambda: refund_charge(made.id, tokens=None, reason="", actor="tests", at=AT)) == (
        "invalid_state",
    )
    assert verify_ledger().differences == ()


def test_no_tokens_can_be_refunded_of_a_generation(school: Organisation) -> None:
    made = draft()
    with pytest.raises(ValidationError):
        refund_charge(made.id, tokens=MICRO, reason="", actor="tests", at=AT)
    assert used() == (1, 2)


def test_a_capture_beyond_the_hold_is_still_one_generation(school: Organisation) -> None:
    held = draft(capture=False)
    captured = capture_charge(held.id, quantities={"draft": parse_quantity(3)}, options=None, at=AT)
    assert (captured.price, captured.uncollected) == (0, 0)
    assert used() == (1, 2)


def test_a_hold_past_its_deadline_leaves_the_generation_to_the_next(school: Organisation) -> None:
    """Reads project it, the next write carries it out, no sweep is needed."""
    draft(capture=False, hold_seconds=60)
    draft(capture=False, hold_seconds=60)
    after = later(minutes=2)
    assert used(at=after) == (0, 2)
    assert draft(at=after).billing_source == "plan"
    assert used(at=after) == (1, 2)
    assert expire_holds(at=after) == 0
    assert verify_ledger().differences == ()


def test_an_estimate_tells_that_the_plan_pays(school: Organisation) -> None:
    found = estimate_charge(asked(), at=AT)
    assert (found.price.micro, found.funding, found.denial, found.level) == (0, [], None, "ok")
    assert used() == (0, 2)


def test_events_of_one_batch_share_the_quota(school: Organisation) -> None:
    events = [asked(event_id=f"e{i}", event_digest=str(i)) for i in range(3)]
    results = charge_events(events, client_id=1, at=AT)
    assert [(result.status, result.tokens) for result in results] == [
        ("charged", 0),
        ("charged", 0),
        ("charged", 20 * MICRO),
    ]


def test_a_frozen_organisations_plan_covers_nothing(school: Organisation) -> None:
    pays(school, "member_wallets")
    set_frozen(wallet=Wallet.objects.get(owner_key="school"), frozen=True, actor="t", reason="", at=AT)
    assert draft().billing_source == "tokens"


def test_the_quota_turns_over_at_local_midnight_of_the_first(school: Organisation) -> None:
    draft()
    evening = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
    assert used(at=evening) == (1, 2)
    assert standing(at=evening).resets_at == datetime(2026, 12, 1, tzinfo=UTC)
    assert used(at=datetime(2026, 12, 1, tzinfo=UTC)) == (0, 2)


def test_a_yearly_quota_turns_over_at_new_year(school: Organisation) -> None:
    offer("big", 1200, period="year")
    assign(school, "big")
    draft()
    assert used(at=datetime(2026, 12, 31, 23, tzinfo=UTC)) == (1, 1200)
    assert used(at=datetime(2027, 1, 1, tzinfo=UTC)) == (0, 1200)


def test_a_higher_quota_holds_at_once_a_lower_one_from_the_next_period(school: Organisation) -> None:
    offer("big", 500)
    draft()
    assign(school, "big", at=later(days=1))
    assert used(at=later(days=1)) == (1, 500)
    assign(school, "small", at=later(days=2))
    now = standing(at=later(days=2))
    assert (now.quota, now.coming and now.coming.quota, now.ends) == (500, 2, False)
    assert used(at=datetime(2026, 12, 1, tzinfo=UTC)) == (0, 2)


def test_a_plan_tried_for_a_moment_is_no_way_to_a_lower_quota_at_once(school: Organisation) -> None:
    offer("tiny", 1)
    offer("big", 500)
    draft()
    tomorrow = later(days=1)
    assign(school, "big", at=tomorrow)
    assign(school, "tiny", at=tomorrow)
    now = standing(at=tomorrow)
    assert (now.quota, now.coming and now.coming.quota) == (500, 1)
    assign(school, "small", at=tomorrow)
    assert (standing(at=tomorrow).quota, standing(at=tomorrow).coming) == (2, None)


def test_name_and_price_are_those_of_the_day_a_plan_was_assigned(school: Organisation) -> None:
    terms = PlanTerms("Smaller", 9900, "month", 5, 0)
    define_plan(code="small", price_book="campus", terms=terms, actor="tests", at=AT)
    now = standing()
    assert (now.name, now.price_minor, now.quota) == ("Small", 4900, 2)
    assign(school, "small", at=later(days=1))
    now = standing(at=later(days=1))
    assert (now.name, now.price_minor, now.quota) == ("Smaller", 9900, 5)


def test_a_plan_that_ends_can_be_used_until_its_period_does(school: Organisation) -> None:
    end_plan(organisation=school, actor="tests", at=AT)
    assert standing().ends
    assert draft().billing_source == "plan"
    assert plan_usage(Wallet.objects.get(owner_key="school"), at=datetime(2026, 12, 1, tzinfo=UTC)) is None
    with pytest.raises(InvalidState):
        end_plan(organisation=school, actor="tests", at=AT)


def test_generations_are_counted_by_who_used_them(school: Organisation) -> None:
    draft("ada")
    draft("bob")
    now = standing(member="ada")
    assert (now.used, now.yours) == (2, 1)
    wallet = Wallet.objects.get(owner_key="school")
    assert generations_by_member(wallet.pk, now.first, AT.date()) == {}
    assert generations_by_member(wallet.pk, now.first, later(days=1).date()) == {"ada": 1, "bob": 1}


def test_free_tokens_come_at_once_where_the_month_has_had_none(school: Organisation) -> None:
    offer("rich", 500, free=100)
    assign(school, "rich")
    assert left("school") == {"free": "100", "purchased": "1000"}
    assert left("school", at=datetime(2026, 12, 2, tzinfo=UTC)) == {"free": "100", "purchased": "1000"}
    offer("richer", 600, free=300)
    assign(school, "richer", at=later(days=1))
    assert left("school", at=later(days=1)) == {"free": "100", "purchased": "1000"}
    assert left("school", at=datetime(2026, 12, 2, tzinfo=UTC)) == {"free": "300", "purchased": "1000"}
    draft(at=datetime(2026, 12, 2, tzinfo=UTC))
    assert verify_ledger().differences == ()


def test_a_plan_changed_by_staff_keeps_its_terms_for_who_has_it(school: Organisation) -> None:
    offer("small", 10)
    assert used() == (0, 2)
    assign(school, "small")
    assert used() == (0, 10)


@pytest.mark.parametrize(
    "terms",
    [
        PlanTerms("", 100, "month", 1),
        PlanTerms("A", -1, "month", 1),
        PlanTerms("A", 1, "week", 1),
        PlanTerms("A", 1, "month", -1),
        PlanTerms("A", 1, "month", 1, -1),
    ],
)
def test_impossible_terms_are_refused(school: Organisation, terms: PlanTerms) -> None:
    with pytest.raises(ValidationError):
        define_plan(code="odd", price_book="campus", terms=terms, actor="tests", at=AT)


def test_a_plan_of_another_price_book_or_a_retired_one_is_refused(school: Organisation) -> None:
    offer("foreign", 5, book="studio")
    with pytest.raises(PriceBookMismatch):
        assign(school, "foreign")
    offer("old", 5)
    retire_plan(code="old", actor="tests", at=AT)
    with pytest.raises(InvalidState):
        assign(school, "old")
    with pytest.raises(Problem):
        assign(school, "small")  # it has that one
