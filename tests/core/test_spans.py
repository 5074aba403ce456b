"""Spans of local days: the one before, and how they fall into days, weeks and months."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.periods import Calendar, Period
from apps.core.spans import DAY, DaySpan, last_days, last_months, pieces

TODAY = date(2026, 11, 25)


def test_thirty_days_hold_today() -> None:
    span = last_days(30, TODAY)
    assert (span.first, span.last, span.days) == (date(2026, 10, 27), TODAY, 30)


def test_the_span_before_is_as_long_and_touches_it() -> None:
    assert last_days(7, TODAY).before == DaySpan(date(2026, 11, 12), date(2026, 11, 18))


def test_twelve_months_begin_on_a_first() -> None:
    assert last_months(12, TODAY).first == date(2025, 12, 1)
    assert last_months(1, TODAY).first == date(2026, 11, 1)


@pytest.mark.parametrize(
    ("first", "last", "before"),
    [
        ((2026, 11, 1), (2026, 11, 27), ((2026, 10, 1), (2026, 10, 27))),
        ((2026, 11, 1), (2026, 11, 30), ((2026, 10, 1), (2026, 10, 31))),
        ((2026, 3, 1), (2026, 3, 30), ((2026, 2, 1), (2026, 2, 28))),
        ((2026, 1, 1), (2026, 1, 1), ((2025, 12, 1), (2025, 12, 1))),
        ((2026, 10, 1), (2026, 11, 5), ((2026, 8, 26), (2026, 9, 30))),
    ],
)
def test_a_month_is_compared_with_the_same_days_of_the_month_before(
    first: tuple[int, int, int], last: tuple[int, int, int], before: tuple[tuple[int, int, int], ...]
) -> None:
    span = DaySpan(date(*first), date(*last))
    assert span.before == DaySpan(*(date(*day) for day in before))


def test_a_span_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="does not end"):
        DaySpan(TODAY, TODAY - DAY)


def test_weeks_begin_on_monday_and_the_first_may_be_short() -> None:
    cut = pieces("week", DaySpan(date(2026, 11, 19), TODAY))
    assert [(p.first.day, p.last.day) for p in cut] == [(19, 22), (23, 25)]


@given(
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(0, 500),
    st.sampled_from(["day", "week", "month"]),
)
def test_pieces_leave_no_gap_and_do_not_overlap(first: date, more: int, each: Period) -> None:
    span = DaySpan(first, first + more * DAY)
    cut = pieces(each, span)
    assert (cut[0].first, cut[-1].last) == (span.first, span.last)
    assert all(a.last + DAY == b.first for a, b in pairwise(cut))


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (TODAY, 24)])
def test_a_day_is_as_long_as_the_clocks_there_say(day: date, hours: int) -> None:
    berlin = Calendar("Europe/Berlin")
    span = DaySpan(day, day)
    assert span.ends(berlin) - span.starts(berlin) == timedelta(hours=hours)


def test_a_day_begins_at_local_midnight() -> None:
    assert DaySpan(TODAY, TODAY).starts(Calendar("America/New_York")) == datetime(2026, 11, 25, 5, tzinfo=UTC)
