"""Spans of whole local days, the one before, and how a span falls into days, weeks or months. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from apps.core.periods import Calendar, Period, following, month_start

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DaySpan:
    """From the first to the last day, both included; ValueError if it would hold no day."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("A span does not end before it begins.")

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> DaySpan:
        """As many days just before; of a month, or its first days, the same days of the month before."""
        ends = self.first - DAY
        if self.first.day > 1 or month_start(self.last) != self.first:
            return DaySpan(self.first - self.days * DAY, ends)
        is_whole = (self.last + DAY).day == 1
        return DaySpan(
            month_start(ends), ends if is_whole else ends.replace(day=min(self.last.day, ends.day))
        )

    def starts(self, calendar: Calendar) -> datetime:
        """The instant (UTC) at which the first day begins."""
        return calendar.start_of(self.first)

    def ends(self, calendar: Calendar) -> datetime:
        """The instant (UTC) at which the day after the last one begins."""
        return calendar.start_of(self.last + DAY)


def last_days(count: int, today: date) -> DaySpan:
    """So many days up to today, today included."""
    return DaySpan(today - (count - 1) * DAY, today)


def last_months(count: int, today: date) -> DaySpan:
    """So many calendar months up to today, the present one included."""
    first = month_start(today)
    for _ in range(count - 1):
        first = month_start(first - DAY)
    return DaySpan(first, today)


def pieces(period: Period, span: DaySpan) -> tuple[DaySpan, ...]:
    """The span cut where days, weeks or months begin: its first and last piece may be shorter."""
    return tuple(_pieces(period, span))


def _pieces(period: Period, span: DaySpan) -> Iterator[DaySpan]:
    first = span.first
    while first <= span.last:
        end = following(period, first)
        last = span.last if end is None else min(end - DAY, span.last)
        yield DaySpan(first, last)
        first = last + DAY
