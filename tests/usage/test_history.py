"""The usage history agrees with the ledger to the micro-token, by whatever it is broken down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Sum as DbSum

from apps.allocations.models import SpendingTotal
from apps.core.clock import stopped_at
from apps.core.units import MICRO
from apps.ledger.models import Entry
from apps.usage.history import DIMENSIONS, Dimension, Wanted, breakdown, sums_over_time
from apps.usage.models import Charge
from apps.wallets.models import Wallet
from tests.portal.world import NOW, build_campus, spend

ALL = (datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))


@pytest.fixture
def campus(db: None) -> Iterator[None]:
    build_campus()
    with stopped_at(NOW):
        yield


def _wallet(key: str) -> int:
    return Wallet.objects.get(owner_key=key).pk


def _person(key: str) -> Wanted:
    return Wanted(_wallet(key), is_organisation=False)


def _organisation(person: str = "") -> Wanted:
    return Wanted(_wallet("lindenhof"), True, _wallet(person) if person else None)


def _entries(*, person: str = "", **wanted: object) -> int:
    """What entries of charges and their refunds took from buckets of wallets."""
    charges = Charge.objects.filter(wallet__owner_key__startswith=person).values_list("pk", flat=True)
    entries = Entry.objects.filter(
        transfer__charge_id__in=list(charges),
        transfer__kind__in=["charge", "refund"],
        account__holder_id__isnull=False,
        **wanted,
    )
    return -int(entries.aggregate(sum=DbSum("amount"))["sum"] or 0)


@pytest.mark.parametrize("key", ["jonas", "lotte"])
def test_what_a_person_used_is_what_the_ledger_says_whoever_paid(campus: None, key: str) -> None:
    used = sums_over_time(_person(key), [ALL])[0]
    assert used.amount == _entries(person=key) > 0
    assert used.uses == Charge.objects.filter(wallet__owner_key=key, status="captured").count()


@pytest.mark.parametrize("by", [by for by in DIMENSIONS if by != "person"])
def test_every_breakdown_of_a_person_adds_up_to_the_same(campus: None, by: Dimension) -> None:
    parts = breakdown(_person("jonas"), ALL, by, limit=100)
    assert sum(part.sum.amount for part in parts) == sums_over_time(_person("jonas"), [ALL])[0].amount
    assert [part.sum.amount for part in parts] == sorted((part.sum.amount for part in parts), reverse=True)


@pytest.mark.parametrize("by", DIMENSIONS)
def test_every_breakdown_of_an_organisation_adds_up_to_the_same(campus: None, by: Dimension) -> None:
    parts = breakdown(_organisation(), ALL, by, limit=100)
    assert sum(part.sum.amount for part in parts) == sums_over_time(_organisation(), [ALL])[0].amount


def test_an_organisations_use_is_its_own_wallets_and_its_allocated_tokens(campus: None) -> None:
    wallet = _wallet("lindenhof")
    own = _entries(account__holder_id=wallet)
    allocated = _entries(account__kind="allocated", account__source_id=wallet)
    assert own > 0 < allocated
    assert sums_over_time(_organisation(), [ALL])[0].amount == own + allocated
    parts = {part.key: part.sum.amount for part in breakdown(_organisation(), ALL, "payer", limit=10)}
    assert parts["allocated"] == allocated
    assert parts["coverage"] + parts["shared_pool"] == own


def test_it_agrees_with_the_totals_behind_the_limits_but_for_open_holds(campus: None) -> None:
    totals = SpendingTotal.objects.filter(
        scope__owner_key="lindenhof", subject_type="member", subject_key="lotte"
    )
    counted = int(totals.aggregate(sum=DbSum("spent_micro"))["sum"] or 0)
    assert sums_over_time(_organisation("lotte"), [ALL])[0].amount == counted > 0


def test_allocated_tokens_that_are_spent_elsewhere_still_count_for_who_gave_them(campus: None) -> None:
    before = sums_over_time(_organisation(), [ALL])[0].amount
    charge = spend("jonas", "live_session", 3000, NOW, organisation=None)
    taken = sum(drawn.amount for drawn in charge.draws if drawn.bucket == "allocated")
    assert taken > 0
    assert sums_over_time(_organisation(), [ALL])[0].amount == before + taken


def test_a_refunded_use_counts_what_stays_spent_on_the_day_it_was_made(campus: None) -> None:
    day = (datetime(2026, 11, 11, tzinfo=UTC), datetime(2026, 11, 12, tzinfo=UTC))
    exam = Charge.objects.get(refunded_micro=36 * MICRO)
    left = exam.price_micro - 36 * MICRO
    assert sums_over_time(_person("jonas"), [day])[0].amount == left > 0


def test_what_is_held_is_not_spent_yet(campus: None) -> None:
    today = (NOW - timedelta(hours=2), NOW + timedelta(hours=1))
    assert Charge.objects.filter(status="held").count() == 1
    assert sums_over_time(_person("jonas"), [today])[0].amount == 0


def test_spans_count_their_beginning_and_not_their_end(campus: None) -> None:
    charge = Charge.objects.filter(wallet__owner_key="jonas", status="captured").latest("created_at")
    at = charge.created_at
    spans = [(at - timedelta(hours=1), at), (at, at + timedelta(microseconds=1))]
    before, on = sums_over_time(_person("jonas"), spans)
    assert (before.uses, on.uses) == (0, 1)


def test_one_operation_can_be_looked_at_alone(campus: None) -> None:
    whole = {p.key: p.sum for p in breakdown(_person("jonas"), ALL, "operation", limit=100)}
    alone = Wanted(_wallet("jonas"), False, operation="search")
    assert sums_over_time(alone, [ALL])[0] == whole["search"]


def test_who_paid_names_the_buckets_and_the_organisation(campus: None) -> None:
    parts = {(p.key, p.source_id) for p in breakdown(_person("jonas"), ALL, "payer", limit=20)}
    campus_wallet = _wallet("lindenhof")
    assert {("free", 0), ("coverage", campus_wallet), ("allocated", campus_wallet)} <= parts
