"""The chart of a month's sums: lines inside the drawing, words only where known, a table beside it."""

from __future__ import annotations

import re
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from apps.core.forecasting import Forecast, forecast
from apps.core.sum_chart import Names, SumChart, Sums, sum_chart
from apps.core.units import MICRO

NAMES = Names("title", "note", "October", "today", "likely", "limit")
AMOUNTS = st.lists(st.integers(-(10**9), 10**13), min_size=1, max_size=30)


def _chart(
    now: list[int], before: list[int], ahead: Forecast | None = None, limit: int | None = None
) -> SumChart:
    return sum_chart(Sums(date(2026, 11, 1), 30, now, before, ahead, limit), NAMES)


def _points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.]+) ([\d.]+)", path)]


@given(AMOUNTS, AMOUNTS, st.lists(st.integers(0, 10**12), min_size=90, max_size=150))
def test_every_line_stays_inside_and_begins_where_it_should(
    now: list[int], before: list[int], history: list[int]
) -> None:
    ahead = forecast(history, so_far=max(sum(now[:-1]), 0), today=max(now[-1], 0), days=31 - len(now))
    chart = _chart(now, before, ahead)
    for path in (chart.now, chart.before, chart.likely, chart.band):
        assert all(0 <= x <= 100 and 0 <= y <= 100 for x, y in _points(path))
    assert _points(chart.now)[0] == (0, 100)
    assert len(_points(chart.now)) == len(now) + 1
    if chart.likely:
        assert _points(chart.likely)[0] == _points(chart.now)[-1]
        assert _points(chart.likely)[-1][0] == 100


def test_sums_are_drawn_not_days() -> None:
    heights = [100 - y for _x, y in _points(_chart([MICRO] * 4, []).now)]
    assert heights == [0, 25, 50, 75, 100]


def test_the_table_has_every_day_with_what_is_known_of_it() -> None:
    ahead = Forecast((30, 40, 50), (30, 35, 40), (30, 45, 60))
    rows = _chart([10] * 28, [5] * 31, ahead).rows
    assert len(rows) == 30
    assert (rows[26].now, rows[26].before, rows[26].likely) == (270, 135, None)
    assert (rows[27].now, rows[27].likely) == (280, 30)
    assert (rows[29].now, rows[29].before, rows[29].likely, rows[29].low, rows[29].high) == (
        None,
        150,
        50,
        40,
        60,
    )


def test_a_limit_far_above_all_lines_is_left_out() -> None:
    assert _chart([MICRO], [], limit=2 * MICRO).limit == ""
    chart = _chart([2 * MICRO], [], limit=3 * MICRO)
    assert [y for _x, y in _points(chart.limit)] == [0, 0]
    assert "limit" in {word.text for word in chart.words}


def test_without_a_month_before_or_a_forecast_their_words_are_missing() -> None:
    assert {word.text for word in _chart([MICRO], [0, 0]).words} == {"today"}


def test_on_the_last_day_there_is_nothing_left_to_draw_ahead() -> None:
    chart = _chart([10] * 30, [], Forecast((300,), (300,), (300,)))
    assert (chart.likely, chart.band) == ("", "")
    assert {word.text for word in chart.words} == {"today"}


def test_late_in_the_month_the_last_word_keeps_clear_of_today_and_of_the_axis() -> None:
    def word(now: list[int], end: int) -> tuple[str, int]:
        found = _chart(now, [MICRO] * 30, Forecast((sum(now), end), (), ())).words[0]
        return found.y, found.dy

    assert word([MICRO] * 28, 29 * MICRO) == (_chart([MICRO] * 28, [MICRO] * 30).dot[1], 20)
    assert word([0] * 28, MICRO)[1] < 0
