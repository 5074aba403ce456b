"""Unpaid bills: open, overdue after the days of grace, blocked uploads, lifted by whatever tokens arrive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apps.core.proof import verify_ledger
from apps.core.units import MICRO
from apps.events.models import Event
from apps.events.outbox import deliver
from apps.hosting.entitlements import entitlements_of
from apps.hosting.models import Bill
from apps.hosting.selectors import state_at
from apps.hosting.settling import mark_overdue, settle_due
from apps.wallets.adjusting import adjust_wallet
from apps.wallets.books import CREDITED
from apps.wallets.models import Wallet
from apps.wallets.services import credit_wallet, set_frozen, sync_organisation
from tests.cast import a_member, a_user, an_organisation, give, pays
from tests.hosting.world import LINDENHOF, balance, bill, report, report_the_seeds_scenario

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)
ISSUED = datetime(2026, 11, 2, tzinfo=UTC)
OVERDUE = ISSUED + timedelta(days=7)


def _owing(credit: str = "0") -> None:
    an_organisation("lindenhof", credit=credit)
    report_the_seeds_scenario(OCTOBER)
    bill("2026-10")


def _credit(tokens: int, at: datetime = OVERDUE, owner: tuple[str, str] = LINDENHOF) -> None:
    credit_wallet(
        owner_type=owner[0],
        key=owner[1],
        tokens=tokens * MICRO,
        kind="promotion",
        reason="x",
        actor="t",
        at=at,
    )


def _codes(at: datetime, owner: tuple[str, str] = LINDENHOF) -> dict[str, list[str]]:
    found = entitlements_of(*owner, at=at)
    return {
        name: [reason.code for reason in getattr(found, name).reasons]
        for name in ("uploads", "ai", "paid_features")
    }


def test_an_unpaid_bill_is_overdue_after_seven_days_whether_or_not_the_clock_ran() -> None:
    _owing()
    unpaid = Bill.objects.filter(state="open").first()
    assert unpaid is not None
    assert state_at(unpaid, OVERDUE - timedelta(microseconds=1)) == "open"
    assert state_at(unpaid, OVERDUE) == "overdue"
    assert mark_overdue(at=OVERDUE - timedelta(seconds=1)) == 0
    assert mark_overdue(at=OVERDUE) == Bill.objects.filter(state="overdue").count() > 0


def test_uploads_are_blocked_with_a_reason_once_a_bill_is_overdue() -> None:
    _owing(credit="10")
    assert _codes(OVERDUE - timedelta(seconds=1))["uploads"] == []
    assert _codes(OVERDUE) == {"uploads": ["bill_overdue"], "ai": [], "paid_features": ["bill_overdue"]}
    detail = entitlements_of(*LINDENHOF, at=OVERDUE).uploads.reasons[0].detail
    assert "2125 tokens" in detail
    assert "2026-11-09" in detail


def test_a_credit_settles_what_it_can_and_lifts_the_block() -> None:
    _owing()
    mark_overdue(at=OVERDUE)
    _credit(2000)
    assert Event.objects.filter(told_at=None, kind=CREDITED).count() == 1
    deliver(seconds=5, clock=lambda: OVERDUE)
    assert _codes(OVERDUE)["uploads"] == ["bill_overdue"], "125 tokens are missing"
    assert Wallet.objects.filter(owner_key="lindenhof", awaited=True).exists()
    _credit(1000)
    deliver(seconds=5, clock=lambda: OVERDUE)
    assert _codes(OVERDUE) == {"uploads": [], "ai": [], "paid_features": []}
    assert not Wallet.objects.filter(awaited=True).exists()
    assert balance("lindenhof", "earned") == 3000 - 2125
    assert verify_ledger().holds


def test_every_credit_is_told_once_and_only_where_something_waits() -> None:
    _owing(credit="3000")
    _credit(5)
    assert not Event.objects.exists()


def test_the_sweep_settles_what_no_event_told() -> None:
    _owing()
    _credit(2000)
    Event.objects.all().delete()
    assert settle_due(at=OVERDUE) > 0
    assert settle_due(at=OVERDUE) == 0, "the next bill cannot be paid"


def test_the_grant_of_a_new_cycle_pays_bills_too() -> None:
    a_user("ada")
    report("course", "poems", stored=101 * 10**9, since=OCTOBER, owner=("user", "ada"))
    bill("2026-10", at=datetime(2026, 11, 30, tzinfo=UTC))
    assert Bill.objects.get().state == "open", "399 tokens, and 200 are there"
    _credit(100, at=datetime(2026, 11, 30, 1, tzinfo=UTC), owner=("user", "ada"))
    _credit(150, at=datetime(2026, 12, 1, 1, tzinfo=UTC), owner=("user", "ada"))
    deliver(seconds=5, clock=lambda: datetime(2026, 12, 1, 2, tzinfo=UTC))
    assert Bill.objects.get().state == "settled"
    assert balance("ada", "free", "user") == 0, "the free tokens of November lapsed, those of December paid"


def test_allocated_tokens_never_pay_a_bill() -> None:
    school = an_organisation("lindenhof", credit="1000")
    a_member(school, "ada")
    give(school, "ada", "500")
    report("course", "poems", stored=101 * 10**9, since=OCTOBER, owner=("user", "ada"))
    bill("2026-10")
    assert Bill.objects.get().state == "open"


def test_a_frozen_wallet_pays_nothing_until_it_is_let_go() -> None:
    an_organisation("lindenhof", credit="3000")
    wallet = Wallet.objects.get(owner_key="lindenhof")
    set_frozen(wallet=wallet, frozen=True, actor="t", reason="x", at=ISSUED)
    report_the_seeds_scenario(OCTOBER)
    bill("2026-10")
    assert Bill.objects.filter(state="open").exists()
    assert _codes(ISSUED)["ai"] == ["wallet_frozen"]
    set_frozen(wallet=wallet, frozen=False, actor="t", reason="x", at=ISSUED)
    deliver(seconds=5, clock=lambda: ISSUED)
    assert not Bill.objects.exclude(state="settled").exists()


def test_a_wallet_made_unlimited_pays_what_it_owed() -> None:
    _owing()
    sync_organisation(key="lindenhof", fields={"unlimited": True}, at=ISSUED)
    deliver(seconds=5, clock=lambda: ISSUED)
    assert not Bill.objects.exclude(state="settled").exists()


def test_what_fails_to_be_told_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    _owing()
    _credit(3000)

    def fail(*_: object, **__: object) -> int:
        raise ValueError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr("apps.hosting.settling.settle_bills", fail)
        deliver(seconds=0.2, clock=lambda: OVERDUE)
    event = Event.objects.get(kind=CREDITED)
    assert (event.told_at, event.attempts, "disk is full" in event.error) == (None, 1, True)
    deliver(seconds=1, clock=lambda: OVERDUE + timedelta(seconds=2))
    assert not Bill.objects.exclude(state="settled").exists()


def test_without_tokens_ai_is_not_allowed_unless_an_organisation_pays() -> None:
    school = an_organisation("lindenhof", credit="1000")
    a_user("ada", account_type="learner")
    adjust_wallet(
        wallet_id=Wallet.objects.get(owner_key="ada").pk,
        bucket="free",
        tokens=-200 * MICRO,
        reason="x",
        actor="t",
        at=ISSUED,
    )
    stopped = {"uploads": [], "ai": ["insufficient_tokens"], "paid_features": ["insufficient_tokens"]}
    assert _codes(ISSUED, ("user", "ada")) == stopped
    a_member(school, "ada")
    assert _codes(ISSUED, ("user", "ada"))["ai"] == ["insufficient_tokens"]
    pays(school, "shared_pool")
    assert _codes(ISSUED, ("user", "ada"))["ai"] == []
