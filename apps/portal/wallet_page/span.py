"""The month a page is about, and as much of the month before it, in the wallet's own days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from apps.core.periods import Calendar, month_start, next_month

LATELY = 14
"""Days whose pace is told."""


@dataclass(frozen=True, slots=True)
class Span:
    """Instants: `start` of the month; the month before from `before` until as far into it as now is.

    Today began at `today_from`; `lately` is fourteen days ago, never before `before`.
    """

    at: datetime
    today: date
    today_from: datetime
    lately: datetime
    start: datetime
    before: datetime
    before_until: datetime
    before_first: date
    before_last: date


def span_of(calendar: Calendar, at: datetime) -> Span:
    """This month and the same stretch of the last one; a shorter last month counts in whole."""
    today = calendar.day_of(at)
    first = month_start(today)
    before_first = month_start(first - timedelta(days=1))
    last = min(before_first + timedelta(days=today.day - 1), next_month(before_first) - timedelta(days=1))
    start = calendar.start_of(first)
    until = calendar.start_of(last) + (at - calendar.start_of(today))
    if last.day < today.day:
        until = start
    return Span(
        at=at,
        today=today,
        today_from=calendar.start_of(today),
        lately=at - timedelta(days=LATELY),
        start=start,
        before=calendar.start_of(before_first),
        before_until=min(until, start),
        before_first=before_first,
        before_last=last,
    )
