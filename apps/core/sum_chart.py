"""Geometry of a chart of sums since a period began: so far, the period before, where it leads. Pure.

Lengths are percentages, as in `core.charts`; the lines are paths in a square of 100 by 100 that is stretched
without its strokes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from apps.core import figures
from apps.core.charts import Gridline, grid_step, gridlines, is_long
from apps.core.forecasting import Forecast

EARLY, LATE = 4, 7
"""Tenths of the period; before and after them words make room for each other."""


@dataclass(frozen=True, slots=True)
class Word:
    """A value written at a point of a line; `dx` and `dy` in pixels."""

    text: str
    x: str
    y: str
    dx: int
    dy: int
    anchor: str
    is_value: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One day of the table: sums at its end, None where there is none to tell."""

    name: str
    now: int | None
    before: int | None
    likely: int | None
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class SumChart:
    """Lines of sums with a sentence as their title; paths are empty where there is nothing to draw."""

    title: str
    note: str
    now: str
    before: str
    likely: str
    band: str
    limit: str
    dot: tuple[str, str]
    words: tuple[Word, ...]
    ticks: tuple[tuple[str, str, str], ...]
    gridlines: tuple[Gridline, ...]
    rows: tuple[Row, ...]
    before_name: str

    @property
    def is_long(self) -> bool:
        return is_long(self.gridlines)

    @property
    def places(self) -> int:
        """Decimals of the table's columns."""
        return figures.column_places(
            value for row in self.rows for value in (row.now, row.before, row.likely) if value is not None
        )


@dataclass(frozen=True, slots=True)
class Sums:
    """What is drawn: `now` day by day until today, `before` the period before in whole, micro-tokens.

    The period has so many `days` from `first` on; a `limit` is drawn as a line across.
    """

    first: date
    days: int
    now: Sequence[int]
    before: Sequence[int]
    forecast: Forecast | None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """Words for what is drawn: at the line of the period before, today, the forecast's end, the limit."""

    title: str
    note: str
    before: str
    today: str
    likely: str
    limit: str


def sum_chart(sums: Sums, names: Names) -> SumChart:
    """The lines with their words, and the table of the same numbers."""
    now = [max(value, 0) for value in accumulate(sums.now)]
    before = [max(value, 0) for value in accumulate(sums.before)][: sums.days]
    ahead = sums.forecast
    most = max([*now, *before, *(ahead.high or ahead.likely if ahead else ()), 1])
    limit = sums.limit if sums.limit is not None and sums.limit <= most * 3 // 2 else None
    step = grid_step(max(most, limit or 0))
    draw = _Drawing(sums.days, step * -(-max(most, limit or 0) // step))
    today = len(now)
    return SumChart(
        title=names.title,
        note=names.note,
        now=draw.line([0, *now]),
        before=draw.line([0, *before]) if any(before) else "",
        likely=draw.line([now[-1], *ahead.likely[1:]], today) if ahead and len(ahead.likely) > 1 else "",
        band=draw.band(now[-1], ahead.low[1:], ahead.high[1:], today) if ahead and ahead.low else "",
        limit=draw.line([limit, limit], 0, sums.days) if limit is not None else "",
        dot=(draw.x(today), draw.y(now[-1])),
        words=tuple(_words(draw, sums, names, (now, before, limit))),
        ticks=tuple(_ticks(draw, sums)),
        gridlines=tuple(gridlines(step, draw.top)),
        rows=tuple(_rows(sums, now, before)),
        before_name=names.before,
    )


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Places in a drawing of so many days whose upper edge stands for `top`."""

    days: int
    top: int

    def x(self, day: int) -> str:
        return figures.percent(day, self.days)

    def y(self, amount: int) -> str:
        return figures.percent(self.top - amount, self.top)

    def point(self, day: int, amount: int) -> str:
        return f"{self.x(day)[:-1]} {self.y(amount)[:-1]}"

    def line(self, amounts: Sequence[int], first: int = 0, step: int = 1) -> str:
        """A path through amounts at the ends of days."""
        return "M" + "L".join(
            self.point(first + place * step, amount) for place, amount in enumerate(amounts)
        )

    def band(self, start: int, low: Sequence[int], high: Sequence[int], first: int) -> str:
        """The area between two lines that part at a point."""
        if not low:
            return ""
        upper = self.line([start, *high], first)
        back = [self.point(first + place, amount) for place, amount in enumerate(low, start=1)]
        return f"{upper}L{'L'.join(reversed(back))}Z"


def _words(
    draw: _Drawing, sums: Sums, names: Names, lines: tuple[Sequence[int], Sequence[int], int | None]
) -> list[Word]:
    """The values at the lines; what could meet keeps to different sides."""
    now, before, limit = lines
    today = len(now)
    late = today * 10 > sums.days * LATE
    words = []
    if sums.forecast and len(sums.forecast.likely) > 1:
        y, dy = _beside(draw, now[-1], sums.forecast.end) if late else (draw.y(sums.forecast.end), -10)
        words.append(Word(names.likely, "100%", y, 0, dy, "end"))
    anchor = "start" if today * 10 < sums.days * EARLY else "end"
    words.append(
        Word(names.today, draw.x(today), draw.y(now[-1]), -6 if anchor == "start" else 6, -12, anchor)
    )
    if any(before):
        day = _readable(before, sums.days * (6 if late else 8) // 10, draw.top)
        over = _over(sums, now, day) < before[day - 1]
        dy = -12 if over else 24
        anchor = "end" if over or day * 10 > sums.days * 8 else "start"
        words.append(Word(names.before, draw.x(day), draw.y(before[day - 1]), 0, dy, anchor, False))
    if limit is not None:
        words.append(Word(names.limit, "0%", draw.y(limit), 6, -6, "start", False))
    return words


def _beside(draw: _Drawing, now: int, end: int) -> tuple[str, int]:
    """Where the last word stands when today is near it: below the lines, or above if they lie low."""
    if now * 6 < draw.top:
        return draw.y(end), -28
    return draw.y(now if (end - now) * 8 < draw.top else end), 20


def _readable(line: Sequence[int], day: int, top: int) -> int:
    """The first day from `day` on where a word fits between the line and the axis, else the line's last."""
    high_enough = (n for n in range(day, len(line)) if line[n - 1] * 5 >= top)
    return next(high_enough, len(line))


def _over(sums: Sums, now: Sequence[int], day: int) -> int:
    """What this period's line says at the end of a day: it was so, or it is likely."""
    if day <= len(now):
        return now[day - 1]
    return sums.forecast.likely[day - len(now)] if sums.forecast else now[-1]


def _ticks(draw: _Drawing, sums: Sums) -> list[tuple[str, str, str]]:
    """The first and the last day, the tenth and the twentieth: where, what, and how it is anchored."""
    chosen = [(1, "start"), (10, "middle"), (20, "middle"), (sums.days, "end")]
    return [
        (draw.x(0 if day == 1 else day), figures.day_name(sums.first + timedelta(days=day - 1)), anchor)
        for day, anchor in chosen
        if day <= sums.days
    ]


def _rows(sums: Sums, now: Sequence[int], before: Sequence[int]) -> list[Row]:
    ahead, today = sums.forecast, len(now)

    def told(values: Sequence[int], day: int) -> int | None:
        return values[day - today] if 0 <= day - today < len(values) else None

    return [
        Row(
            name=figures.day_name(sums.first + timedelta(days=day - 1)),
            now=now[day - 1] if day <= today else None,
            before=before[day - 1] if day <= len(before) else None,
            likely=told(ahead.likely, day) if ahead else None,
            low=told(ahead.low, day) if ahead else None,
            high=told(ahead.high, day) if ahead else None,
        )
        for day in range(1, sums.days + 1)
    ]
