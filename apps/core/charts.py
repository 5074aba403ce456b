"""Geometry of the charts that pages draw: columns over time and bars by category. Pure; micro-tokens.

Lengths and places are percentages as SVG takes them, so that one drawing without a viewBox fits every
width and its text is never scaled. Axes begin at zero; what is below zero is drawn as nothing and still
stands in the table beside the drawing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apps.core import figures
from apps.core.units import MICRO

MOST_LINES = 4
"""Gridlines above the axis, at most."""
TICKS = 6
"""Names under the axis, at most; phones show every other one."""
NAMED_VALUES = 12
"""Up to so many columns carry their value, on wide screens; on phones only `NARROW_VALUES` do."""
NARROW_VALUES = 4
FILLED = 7_200
"""Of the room a column has, ten thousandths are the column; the rest is the gap."""
WHOLE = 10_000
LONG_AXIS = 7
"""From so many characters on the names beside the axis need more room."""


@dataclass(frozen=True, slots=True)
class Point:
    """One value to draw: its full name, the short one under the axis, and whether it is still growing."""

    name: str
    tick: str
    amount: int
    running: bool = False
    url: str = ""
    uses: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """A point with its place. `tick_on` and `value_on` say where the words are shown: `always`, only on
    `wide` screens, or nowhere (empty)."""

    point: Point
    x: str
    width: str
    y: str
    height: str
    tick_on: str
    tick_x: str
    tick_anchor: str
    value: str
    value_x: str
    value_anchor: str
    value_on: str


@dataclass(frozen=True, slots=True)
class Gridline:
    """A line across the drawing and what it stands for."""

    y: str
    text: str


@dataclass(frozen=True, slots=True)
class TimeChart:
    """Columns over time with a sentence as their title; `note` names unit and period."""

    title: str
    note: str
    head: str
    columns: tuple[Column, ...]
    gridlines: tuple[Gridline, ...]
    has_running: bool = False

    @property
    def places(self) -> int:
        """Decimals of the table's column of amounts."""
        return figures.places_for([column.point.amount for column in self.columns])

    @property
    def is_long(self) -> bool:
        """Whether the numbers beside the axis need more room."""
        return is_long(self.gridlines)


def time_chart(points: Sequence[Point], *, title: str, note: str, head: str) -> TimeChart:
    """Columns in the order of the points; `head` names what they are in the table, such as "Day"."""
    step = grid_step(max((point.amount for point in points), default=0))
    top = step * lines_needed(points, step)
    return TimeChart(
        title=title,
        note=note,
        head=head,
        columns=tuple(_columns(points, top)),
        gridlines=tuple(gridlines(step, top)),
        has_running=any(point.running and point.amount > 0 for point in points),
    )


def grid_step(most: int) -> int:
    """The smallest of 1, 2, 5 × a power of ten that reaches `most` in at most four steps."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if factor * step * MOST_LINES >= most:
                return factor * step
        step *= 10


def lines_needed(points: Sequence[Point], step: int) -> int:
    """How many steps reach the highest point; at least one."""
    most = max((point.amount for point in points), default=0)
    return max(-(-most // step), 1)


def is_long(lines: Sequence[Gridline]) -> bool:
    """Whether the numbers beside an axis need more room."""
    return any(len(line.text) >= LONG_AXIS for line in lines)


def gridlines(step: int, top: int) -> Iterator[Gridline]:
    """A line for every step up to the top, which is a multiple of it."""
    for amount in range(step, top + 1, step):
        places = 0 if step % MICRO == 0 else None
        yield Gridline(figures.percent(top - amount, top), str(figures.figure(amount, places)))


def _columns(points: Sequence[Point], top: int) -> Iterator[Column]:
    room = len(points) * WHOLE
    highest = max(range(len(points)), key=lambda i: points[i].amount, default=0)
    for place, point in enumerate(points):
        middle = place * WHOLE + WHOLE // 2
        drawn = max(point.amount, 0)
        anchor = "end" if len(points) > NAMED_VALUES and middle * 20 > room * 19 else "middle"
        yield Column(
            point=point,
            x=figures.percent(middle - FILLED // 2, room),
            width=figures.percent(FILLED, room),
            y=figures.percent(top - drawn, top),
            height=figures.percent(drawn, top),
            tick_on=_tick_on(place, len(points)),
            tick_x=figures.percent(middle, room),
            tick_anchor=anchor,
            value=short_value(point.amount) if point.amount > 0 else "",
            value_x=figures.percent(middle, room),
            value_anchor=anchor,
            value_on=_value_on(place == highest, len(points)),
        )


def _tick_on(place: int, count: int) -> str:
    step = -(-count // TICKS)
    if place % step:
        return ""
    return "always" if count <= NARROW_VALUES or place % (2 * step) == 0 else "wide"


def _value_on(is_highest: bool, count: int) -> str:
    if is_highest or count <= NARROW_VALUES:
        return "always"
    return "wide" if count <= NAMED_VALUES else ""


def short_value(amount: int) -> str:
    """An amount above a column: whole tokens from 100 on, the exact one is in the table."""
    return str(figures.figure(amount, 0 if amount >= 100 * MICRO else None))


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of bars by category: `width` of the longest is 95 %, `share` is of the sum."""

    name: str
    amount: int
    width: str
    share: str
    second: str = ""
    url: str = ""


def bar_width(amount: int, longest: int) -> str:
    """The length of a bar beside the longest one, which leaves a twentieth free."""
    return figures.percent(amount, longest * 20 // 19)


def bars(
    rows: Sequence[tuple[str, int]], *, total: int, seconds: Sequence[str] = (), urls: Sequence[str] = ()
) -> tuple[Bar, ...]:
    """Rows of (name, amount) as bars in their order; `seconds` are the lines under the first names, `urls`
    where the first rows lead."""
    longest = max((amount for _name, amount in rows), default=0)
    return tuple(
        Bar(
            name=name,
            amount=amount,
            width=bar_width(amount, longest),
            share=figures.share(amount, total),
            second=seconds[place] if place < len(seconds) else "",
            url=urls[place] if place < len(urls) else "",
        )
        for place, (name, amount) in enumerate(rows)
    )
