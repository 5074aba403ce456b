"""The geometry of charts: bars from zero, nothing beyond the axis, words only where there is room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.charts import Point, TimeChart, bars, grid_step, time_chart
from apps.core.units import MICRO


def _chart(*amounts: int) -> TimeChart:
    points = [Point(f"day {n}", f"{n}", amount) for n, amount in enumerate(amounts)]
    return time_chart(points, title="", note="", head="Day")


def _of(percent: str) -> int:
    """``12.34%`` in hundredths."""
    assert percent.endswith("%")
    whole, _, rest = percent[:-1].partition(".")
    return int(whole) * 100 + int(rest or 0)


@pytest.mark.parametrize(
    ("most", "step"),
    [(0, 1), (4, 1), (5, 2), (20, 5), (21, 10), (79 * MICRO, 20 * MICRO), (10**15, 5 * 10**14)],
)
def test_grid_steps_are_round_and_few(most: int, step: int) -> None:
    assert grid_step(most) == step


@given(st.lists(st.integers(-(10**12), 10**15), min_size=1, max_size=92))
def test_columns_stand_on_the_axis_and_stay_inside(amounts: list[int]) -> None:
    chart = _chart(*amounts)
    for column in chart.columns:
        assert 9_998 <= _of(column.y) + _of(column.height) <= 10_000
        assert _of(column.x) + _of(column.width) <= 10_000
    assert 1 <= len(chart.gridlines) <= 4


def test_a_column_twice_as_high_is_twice_as_much() -> None:
    low, high = _chart(20 * MICRO, 40 * MICRO).columns
    assert _of(high.height) == 2 * _of(low.height)


def test_what_is_below_zero_is_not_drawn_but_stays_in_the_table() -> None:
    column = _chart(-5 * MICRO, 10 * MICRO).columns[0]
    assert (column.height, column.value, column.point.amount) == ("0.00%", "", -5 * MICRO)


def test_a_chart_without_anything_is_drawn_all_the_same() -> None:
    assert [column.height for column in _chart(0, 0).columns] == ["0.00%", "0.00%"]
    assert _chart().columns == ()


def test_few_columns_carry_their_values_and_many_only_the_highest() -> None:
    assert {column.value_on for column in _chart(*[MICRO] * 4).columns} == {"always"}
    assert [c.value_on for c in _chart(MICRO, 3 * MICRO, *[MICRO] * 28).columns if c.value_on] == ["always"]
    assert [c.value_on for c in _chart(*[MICRO] * 7).columns] == ["always", *["wide"] * 6]


def test_names_under_the_axis_are_thinned_out_and_more_so_on_phones() -> None:
    shown = [column.tick_on for column in _chart(*[MICRO] * 30).columns]
    assert shown.count("always") == 3
    assert shown.count("wide") == 3


def test_long_numbers_beside_the_axis_get_more_room() -> None:
    assert _chart(5_000_000 * MICRO).is_long
    assert not _chart(50_000 * MICRO).is_long


def test_the_longest_bar_leaves_a_twentieth_free_and_shares_are_of_the_whole() -> None:
    first, second = bars([("a", 300), ("b", 100)], total=400, seconds=["under it"], urls=["/a/"])
    assert (first.width, first.share, first.second, first.url) == ("95.23%", "75 %", "under it", "/a/")
    assert (second.share, second.second, second.url) == ("25 %", "", "")


def test_a_share_that_rounds_to_nothing_is_not_called_nothing() -> None:
    assert bars([("a", 1)], total=1000)[0].share == "under 1 %"
