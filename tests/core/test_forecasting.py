"""Where a month leads: by the weekday, never less than what is spent, with a range learnt from the past."""

from __future__ import annotations

import random
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.forecasting import (
    FEWEST_TRIES,
    REMEMBERED,
    Forecast,
    forecast,
    likely_days,
    likely_end,
    missed_by,
)

WEEKLY = [10, 20, 30, 40, 50, 0, 0]
DAYS = st.lists(st.integers(0, 10**9), min_size=2, max_size=120)


def _told(history: list[int], days: int, so_far: int = 0, today: int = 0) -> Forecast:
    told = forecast(history, so_far=so_far, today=today, days=days)
    assert told is not None
    return told


@pytest.mark.parametrize("cut", range(7))
def test_a_week_that_repeats_is_forecast_exactly_from_any_day_of_it(cut: int) -> None:
    history = WEEKLY * 6 + WEEKLY[:cut]
    coming = (WEEKLY * 3)[cut : cut + 10]
    assert likely_days(history, 10) == coming
    assert _told(history, 10, so_far=7).likely == tuple(7 + n for n in accumulate(coming))


def test_a_weekday_is_the_mean_of_its_last_four() -> None:
    history = [100, 9, 9, 9, 9, 9, 9, *([0] * 7), 4, *([0] * 6), 8, *([0] * 6), 12, *([0] * 6)]
    assert likely_days(history, 1) == [(0 + 4 + 8 + 12) // 4]


def test_a_first_week_is_carried_on_by_its_mean() -> None:
    assert likely_days([10, 20], 3) == [15, 15, 15]
    assert forecast([10], so_far=0, today=5, days=3) is None
    assert forecast([10, 20], so_far=0, today=5, days=0) is None


def test_today_never_counts_less_than_it_already_brought() -> None:
    assert _told([10] * 14, 3, so_far=100, today=25).likely == (125, 125, 130)
    assert _told([10] * 14, 3, so_far=100, today=4).likely == (110, 120, 130)


@given(DAYS, st.integers(0, 31), st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_end_alone_is_that_of_the_forecast(
    history: list[int], days: int, so_far: int, today: int
) -> None:
    told = forecast(history, so_far=so_far, today=today, days=days)
    assert likely_end(history, so_far=so_far, today=today, days=days) == (told.end if told else None)


def test_no_range_is_told_before_enough_was_tried() -> None:
    days = 5
    for extra, knows in ((-1, False), (0, True)):
        told = _told([10] * (REMEMBERED + FEWEST_TRIES + days - 1 + extra), days)
        assert bool(told.low and told.high) is knows


@given(DAYS, st.integers(1, 31), st.integers(0, 10**9), st.integers(0, 10**9))
def test_sums_never_fall_and_never_lie_under_what_is_spent(
    history: list[int], days: int, so_far: int, today: int
) -> None:
    told = _told(history, days, so_far, today)
    for line in filter(None, (told.likely, told.low, told.high)):
        assert len(line) == days
        assert line[0] >= so_far + today
        assert list(line) == sorted(line)
    assert all(low <= high for low, high in zip(told.low, told.high, strict=True))


def test_the_range_holds_about_eight_times_in_ten() -> None:
    chance = random.Random(7)
    held = 0
    for _ in range(400):
        week = [chance.randint(0, 1_000) for _ in range(7)]
        days = [week[n % 7] * chance.randint(50, 150) for n in range(300)]
        ahead = chance.randint(2, 28)
        told = _told(days[:-ahead], ahead)
        held += told.low[-1] <= sum(days[-ahead:]) <= told.high[-1]
    assert 280 <= held <= 360


def test_a_forecast_of_the_past_says_by_how_much_it_missed() -> None:
    history = [10] * 40
    assert missed_by([*history, *[15] * 10], so_far=0, days=10) == 50
    assert missed_by([*history, *[5] * 10], so_far=100, days=10) == -25
    assert missed_by([*history, *[10] * 10], so_far=0, days=10) == 0
    assert missed_by([10] * 20, so_far=0, days=10) is None
    assert missed_by([0] * 50, so_far=0, days=10) is None
