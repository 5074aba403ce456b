"""Races with real connections: whatever comes first, the books come out right."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from apps.wallets import books
from tests.races import scenes

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = range(2)


@pytest.fixture
def deadlocks(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Deadlocks that PostgreSQL had to break."""
    seen: list[bool] = []
    known = books.is_deadlock

    def counted(error: OperationalError) -> bool:
        seen.append(known(error))
        return seen[-1]

    monkeypatch.setattr(books, "is_deadlock", counted)
    return seen


@pytest.mark.parametrize("round_", ROUNDS)
def test_one_refund_of_eight_at_once_pays(round_: int) -> None:
    scenes.refunds_at_once(8)


@pytest.mark.parametrize("round_", ROUNDS)
def test_a_hold_is_captured_or_expires_and_never_both(round_: int) -> None:
    scenes.capture_against_expiry(12)


@pytest.mark.parametrize("round_", ROUNDS)
def test_a_month_begins_once_while_people_charge(round_: int) -> None:
    scenes.reset_against_charge(12)


@pytest.mark.parametrize("round_", ROUNDS)
def test_an_organisations_limit_lets_one_of_two_members_through(round_: int) -> None:
    scenes.the_edge_of_a_limit(2 + 3 * round_)


@pytest.mark.parametrize("round_", ROUNDS)
def test_a_shared_pool_never_goes_below_zero(round_: int) -> None:
    scenes.shared_pool_at_once(10)


@pytest.mark.parametrize("round_", ROUNDS)
def test_a_capture_collects_though_somebody_lowers_the_hold(round_: int) -> None:
    scenes.capture_against_extend(4)


@pytest.mark.parametrize("round_", ROUNDS)
def test_a_proposal_that_many_approve_is_carried_out_once(round_: int) -> None:
    scenes.approvals_at_once(4)


def test_opposite_orders_never_lock_each_other_out(deadlocks: list[bool]) -> None:
    scenes.allocations_in_opposite_order(16)
    assert deadlocks == []


@pytest.mark.parametrize("round_", ROUNDS)
def test_a_plan_covers_as_many_generations_as_it_has(round_: int) -> None:
    scenes.the_last_generations(12)


@pytest.mark.parametrize("round_", ROUNDS)
def test_what_is_reserved_stays_whoever_asks(round_: int) -> None:
    scenes.the_reserved_tokens(8)


@pytest.mark.parametrize("round_", ROUNDS)
def test_a_form_sent_many_times_at_once_is_carried_out_once(round_: int) -> None:
    scenes.one_form_sent_many_times(8)
