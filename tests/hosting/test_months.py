"""Whose month: zones from −12 to +14, clocks that change, the 28th to the 31st, zones that change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apps.core.periods import day_start, month_of, next_month
from apps.hosting.models import Bill, ClosedMonth, Payer
from apps.hosting.running import start_due_billing
from apps.jobs.working import carry_out
from apps.wallets.services import sync_organisation
from tests.cast import an_organisation
from tests.hosting.world import bill, report, tokens_of

ZONES = ["Etc/GMT+12", "America/New_York", "UTC", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Kiritimati"]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("month", ["2025-02", "2026-03", "2026-04", "2026-10"])
def test_a_month_is_the_payers_own_in_every_zone(zone: str, month: str) -> None:
    first = month_of(month)
    start, end = day_start(first, zone), day_start(next_month(first), zone)
    at = start + timedelta(hours=1)
    an_organisation("lindenhof", credit="9000", time_zone=zone, at=at)
    report("campus", "free-one", members=1, since=start, at=at)
    report("campus", "whole", members=60, since=start, at=at)
    report("campus", "half", members=60, since=start + (end - start) / 2, at=end - timedelta(seconds=1))
    assert start_due_billing(at=end - timedelta(microseconds=1)) is None
    run = start_due_billing(at=end)
    assert run is not None
    carry_out(run, clock=lambda: end)
    tokens = {b.resource.platform_id: b.tokens_micro // 10**6 for b in Bill.objects.all()}
    assert tokens == {"free-one": 0, "whole": 600, "half": 300}
    closed = ClosedMonth.objects.get()
    assert (closed.month, closed.starts_at, closed.ends_at) == (first, start, end)
    assert Payer.objects.get().starts_at == end


def test_a_leap_day_is_a_day_of_its_month() -> None:
    start = datetime(2024, 2, 1, tzinfo=UTC)
    an_organisation("lindenhof", credit="9000", at=start)
    report("campus", "free-one", members=1, since=start, at=start)
    report(
        "campus",
        "leap",
        members=29,
        since=datetime(2024, 2, 29, tzinfo=UTC),
        at=datetime(2024, 3, 1, tzinfo=UTC),
    )
    bill("2024-02")
    assert tokens_of("2024-02", "hosting") == 10, "29 members for a 29th of the month"


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_a_zone_changed_in_mid_month_leaves_no_gap_and_no_overlap(zone: str) -> None:
    start = datetime(2026, 10, 1, tzinfo=UTC)
    an_organisation("lindenhof", credit="9000", at=start)
    report("campus", "free-one", members=1, since=start, at=start)
    report("campus", "south", members=60, since=start, at=start)
    sync_organisation(key="lindenhof", fields={"time_zone": zone}, at=datetime(2026, 10, 15, tzinfo=UTC))
    for month, day in (("2026-10", 3), ("2026-11", 3), ("2026-12", 3)):
        end = next_month(month_of(month))
        bill(month, at=datetime(end.year, end.month, day, tzinfo=UTC))
    months = list(ClosedMonth.objects.order_by("month").values_list("starts_at", "ends_at"))
    assert months[0] == (start, datetime(2026, 11, 1, tzinfo=UTC)), "October ends by the zone it began in"
    assert months[1][0] == months[0][1]
    assert months[1][1] == day_start(month_of("2026-12"), zone), "November ends by the new one"
    assert months[2][0] == months[1][1]
    assert tokens_of("2026-11", "hosting") == 600


def test_what_is_first_reported_after_its_month_waits_for_the_next_end_or_for_somebody_who_asks() -> None:
    start, late = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
    an_organisation("lindenhof", credit="9000", at=start)
    report("campus", "south", members=60, since=start, at=late)
    assert start_due_billing(at=late) is None, "more of October may still be reported"
    december = datetime(2026, 12, 1, tzinfo=UTC)
    run = start_due_billing(at=december)
    assert run is not None
    carry_out(run, clock=lambda: december)
    assert sorted(Bill.objects.values_list("month__month", flat=True)) == [10, 11]


def test_months_that_nobody_billed_are_billed_each_by_itself() -> None:
    start = datetime(2026, 8, 1, tzinfo=UTC)
    an_organisation("lindenhof", credit="9000", at=start)
    report("campus", "free-one", members=1, since=start, at=start)
    report("campus", "south", members=60, since=start, at=start)
    at = datetime(2026, 11, 1, tzinfo=UTC)
    run = start_due_billing(at=at)
    assert run is not None
    carry_out(run, clock=lambda: at)
    assert [tokens_of(month, "hosting") for month in ("2026-08", "2026-09", "2026-10")] == [600, 600, 600]
    assert start_due_billing(at=at) is None
