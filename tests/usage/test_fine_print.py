"""charging.md, "Life of a charge" and "Fine print": extensions, deadlines, once per activity, events."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from apps.core.units import MICRO, format_tokens
from apps.identity.models import ApiClient
from apps.organisations.models import Organisation
from apps.usage.batch import charge_events
from apps.usage.changing import capture_charge, release_charge
from apps.usage.rows import load_charge
from apps.usage.settling import expire_holds
from apps.usage.state import ChargeRequest, ChargeState
from apps.wallets.books import open_desk
from apps.wallets.models import Wallet
from apps.wallets.services import set_frozen
from apps.wallets.state import Desk
from tests.cast import AT, a_member, a_user, an_organisation, load_prices, pays
from tests.usage.charging import capture, charge, denied, extend, later, left, limit, paid, refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> None:
    load_prices()
    a_user("ada")


@pytest.fixture
def school() -> Organisation:
    """A school that pays all for Ada."""
    load_prices()
    organisation = an_organisation("school", credit="1000")
    a_member(organisation, "ada")
    pays(organisation, "shared_pool")
    return organisation


def hold(tokens: str, **rest: Any) -> ChargeState:
    return charge("ada", tokens, organisation=None, capture=False, **rest)


def state(of: ChargeState) -> tuple[str, str, str]:
    """Status, price and uncollected as stored."""
    row = load_charge(of.id)
    return row.status, format_tokens(row.price), format_tokens(row.uncollected)


def test_a_capture_above_the_hold_takes_what_there_is_and_records_the_rest(ada: None) -> None:
    done = capture(hold("150"), "250")
    assert state(done) == ("captured", "250", "50")
    assert paid(done) == [("ada", "free", "200")]
    assert left("ada") == {}


def test_a_capture_above_the_hold_stops_at_a_limit_of_the_day_of_the_hold(school: Organisation) -> None:
    limit(school, "members", "day", "12")
    held = charge("ada", "10", capture=False, seconds=86_400)
    done = capture(held, "15", at=later(hours=13))
    assert state(done) == ("captured", "15", "3")
    assert paid(charge("ada", "12", at=later(hours=13))) == [("school", "purchased", "12")]


def test_a_capture_of_nothing_is_allowed_and_returns_everything(ada: None) -> None:
    done = capture(hold("150"), "0")
    assert (state(done), left("ada")) == (("captured", "0", "0"), {"free": "200"})


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (lambda held: capture(held, "1"), "captured"),
        (lambda held: release_charge(held.id, at=AT), "released"),
        (lambda held: expire_holds(at=later(seconds=900)), "expired"),
    ],
)
def test_nothing_more_can_be_done_with_a_hold_that_has_ended(
    ada: None, end: Callable[[ChargeState], Any], status: str
) -> None:
    held = hold("10")
    end(held)
    assert state(held)[0] == status
    for call in (
        partial(capture, held, "1"),
        partial(extend, held, used="99"),
        partial(release_charge, held.id, at=AT),
    ):
        assert denied(call) == ("invalid_state",)
    if status != "captured":
        assert denied(partial(refund, held)) == ("invalid_state",)


def test_from_the_deadline_on_the_hold_is_over_whether_or_not_a_sweep_has_run(ada: None) -> None:
    held = hold("150")
    assert left("ada", at=later(seconds=899)) == {"free": "50"}
    assert left("ada", at=later(seconds=900)) == {"free": "200"}
    assert denied(partial(capture, held, "1", at=later(seconds=900))) == ("invalid_state",)
    charge("ada", "200", organisation=None, at=later(seconds=900))
    assert load_charge(held.id).status == "expired"


def test_a_deadline_with_reported_use_captures_it_at_the_deadline(ada: None) -> None:
    held = hold("150")
    extend(held, used="40", at=later(seconds=100))
    expire_holds(at=later(hours=5))
    after = load_charge(held.id)
    assert (state(held), after.captured_at) == (("captured", "40", "0"), later(seconds=1000))
    assert left("ada") == {"free": "160"}


def test_use_of_nothing_counts_as_reported(ada: None) -> None:
    held = hold("150")
    extend(held, used="0")
    expire_holds(at=later(hours=5))
    assert state(held) == ("captured", "0", "0")


def test_an_extension_takes_totals_and_the_reserve_may_fall(ada: None) -> None:
    held = hold("50")
    extend(held, used="20", reserve="90")
    assert left("ada") == {"free": "110"}
    extend(held, reserve="30")
    assert left("ada") == {"free": "170"}
    assert paid(capture_charge(held.id, quantities=None, options=None, at=AT)) == [("ada", "free", "20")]


def test_an_extension_without_numbers_moves_the_deadline_by_the_charges_own_seconds(ada: None) -> None:
    held = hold("50", seconds=60)
    assert extend(held, at=later(seconds=30)).expires_at == later(seconds=90)
    assert extend(held, seconds=300, at=later(seconds=30)).expires_at == later(seconds=330)
    assert extend(held, at=later(seconds=40)).expires_at == later(seconds=100)


def test_use_neither_falls_nor_exceeds_the_reserve(ada: None) -> None:
    held = hold("50")
    extend(held, used="20")
    for call in (
        partial(extend, held, used="19"),
        partial(extend, held, used="51"),
        partial(extend, held, reserve="19"),
    ):
        assert denied(call) == ("validation_error",)


def test_a_refused_reserve_leaves_the_hold_and_keeps_the_report_up_to_what_is_held(ada: None) -> None:
    held = hold("150")
    call = partial(extend, held, used="180", reserve="250", at=later(seconds=10))
    assert denied(call) == ("insufficient_tokens",)
    after = load_charge(held.id)
    assert (after.used, after.expires_at, after.given) == (
        {"page": 150 * MICRO},
        later(seconds=900),
        150 * MICRO,
    )


def test_a_capture_looks_again_when_somebody_lowered_the_hold_in_between(
    ada: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = hold("100")
    meanwhile = [partial(extend, held, reserve="1")]

    def open_late(scope: set[int], **rest: Any) -> Desk:
        if meanwhile:
            meanwhile.pop()()
        return open_desk(scope, **rest)

    monkeypatch.setattr("apps.usage.changing.open_desk", open_late)
    assert state(capture(held, "50")) == ("captured", "50", "0")


def test_an_activity_is_charged_once_while_a_charge_for_it_is_held_or_captured(school: Organisation) -> None:
    lesson = partial(charge, "ada", "1", operation="lesson", activity="monday")
    first = lesson(capture=False)
    assert denied(lesson) == ("duplicate_activity",)
    release_charge(first.id, at=AT)
    second = lesson()
    assert denied(lesson) == ("duplicate_activity",)
    refund(second)
    assert denied(lesson) == ("duplicate_activity",)
    charge("ada", "1", operation="lesson", activity="tuesday")
    charge("ada", "1", operation="lesson", activity="monday", organisation=None)


def test_an_activity_is_free_again_from_the_deadline_on(school: Organisation) -> None:
    lesson = partial(charge, "ada", "1", operation="lesson", activity="monday")
    lesson(capture=False)
    assert lesson(at=later(seconds=900)).status == "captured"


def test_an_operation_charged_once_an_activity_needs_one(school: Organisation) -> None:
    assert denied(partial(charge, "ada", "1", operation="lesson")) == ("validation_error",)


def event(name: str, tokens: int, **fields: Any) -> ChargeRequest:
    quantities = {"page": tokens * MICRO}
    return ChargeRequest(
        user=fields.pop("user", "ada"),
        operation="page",
        quantities=quantities,
        event_id=name,
        event_digest=f"{tokens}{fields}",
        **fields,
    )


def test_events_are_charged_in_their_order_as_far_as_anybody_can_pay(ada: None) -> None:
    client = ApiClient.objects.create(name="platform", created_at=AT)
    batch = [
        event("a", 150),
        event("a", 150),
        event("a", 151),
        event("b", 1, user="nobody"),
        event("c", 80),
        event("d", 1, time=later(seconds=1)),
    ]
    results = charge_events(batch, client_id=client.pk, at=AT)
    shown = [(r.id, r.status, r.tokens // MICRO, r.uncollected // MICRO) for r in results]
    assert shown == [
        ("a", "charged", 150, 0),
        ("a", "duplicate", 150, 0),
        ("a", "invalid", 0, 0),
        ("b", "invalid", 0, 0),
        ("c", "partial", 80, 30),
        ("d", "invalid", 0, 0),
    ]
    codes = [r.problem.code for r in results if r.problem]
    assert codes == ["idempotency_conflict", "not_found", "validation_error"]
    again = charge_events(batch[:1], client_id=client.pk, at=later(days=1))
    assert [(r.status, r.tokens) for r in again] == [("duplicate", 150 * MICRO)]
    assert left("ada") == {}


def test_a_frozen_wallet_starts_nothing_and_delivered_work_is_recorded_as_uncollected(ada: None) -> None:
    held = hold("10")
    set_frozen(wallet=Wallet.objects.get(owner_key="ada"), frozen=True, actor="t", reason="", at=AT)
    assert denied(partial(hold, "1")) == ("wallet_frozen",)
    assert state(capture(held, "15")) == ("captured", "15", "5")
