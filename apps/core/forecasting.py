"""Where a sum of days leads: by the weekday, with a range that held in the past. Pure; whole numbers.

The likely value of a day is the mean of the same weekday in the last four weeks (a seasonal mean; Hyndman
and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 5.2). The range is empirical: the same
forecast is made from every day of the last half year, and the ratios of what came to what was forecast,
cut at a tenth on each side, are laid around the present one. So it needs no assumption about errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

WEEK = 7
REMEMBERED = 4 * WEEK
"""Days whose weekdays are averaged."""
TRIED = 26 * WEEK
"""So many past days are forecast from, at most, to learn the range."""
FEWEST_TRIES = 3 * WEEK
"""From fewer no range is told."""
FEWEST_DAYS = 2
"""From fewer whole days nothing is forecast."""
WHOLE = 1_000_000
KNOWN = REMEMBERED + TRIED + 62
"""Days of history that are of use: those remembered, tried, and ahead of them two months."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Sums at the end of today and of each day to come, in the unit of the history.

    `low` and `high` hold the sum 8 times in 10, and are empty where too little is known.
    """

    likely: tuple[int, ...]
    low: tuple[int, ...]
    high: tuple[int, ...]

    @property
    def end(self) -> int:
        return self.likely[-1]


def likely_days(history: Sequence[int], days: int) -> list[int]:
    """The likely value of each of so many days after the history, whose last day was yesterday."""
    known = history[-REMEMBERED:][::-1]
    overall = sum(known) // len(known) if known else 0
    week = [_mean(known[WEEK - 1 - ahead :: WEEK], overall) for ahead in range(WEEK)]
    return [week[ahead % WEEK] for ahead in range(days)]


def _mean(values: Sequence[int], otherwise: int) -> int:
    return sum(values) // len(values) if values else otherwise


def forecast(history: Sequence[int], *, so_far: int, today: int, days: int) -> Forecast | None:
    """The sum of a period at the end of today and of the days after it, `days` in all.

    `history` are whole days until yesterday, `so_far` is the sum of the period's days among them, `today`
    what today brought until now: never less is forecast. None where too little is known to tell.
    """
    if len(history) < FEWEST_DAYS or days < 1:
        return None
    coming = list(accumulate(likely_days(history, days)))
    ratios = _ratios(history, days)
    likely = _from(so_far, today, coming)
    if len(ratios[-1]) < FEWEST_TRIES:
        return Forecast(likely, (), ())
    low, high = zip(*map(_bounds, ratios), strict=True)
    return Forecast(
        likely, _from(so_far, today, _scaled(coming, low)), _from(so_far, today, _scaled(coming, high))
    )


def likely_end(history: Sequence[int], *, so_far: int, today: int, days: int) -> int | None:
    """The end of the same forecast without its range, which takes long to learn for many sums at once."""
    if len(history) < FEWEST_DAYS or days < 1:
        return None
    return so_far + max(sum(likely_days(history, days)), today)


def missed_by(history: Sequence[int], *, so_far: int, days: int) -> int | None:
    """By how many percent a forecast from `days` before the history's end missed the period's sum.

    `so_far` is the sum of the period's days before that. Above zero: more came than was forecast. None
    where too little was known then, or nothing was forecast.
    """
    before = history[:-days]
    if days < 1 or len(before) < REMEMBERED:
        return None
    told = so_far + sum(likely_days(before, days))
    came = so_far + sum(history[-days:])
    return _rounded((came - told) * 100, told) if told > 0 else None


def _ratios(history: Sequence[int], days: int) -> list[list[int]]:
    """What came to what was forecast, in millionths, by how many days ahead, from each day that is tried."""
    sums = [0, *accumulate(history)]
    found: list[list[int]] = [[] for _ in range(days)]
    for origin in range(max(REMEMBERED, len(history) - days - TRIED), len(history)):
        told = accumulate(likely_days(history[origin - REMEMBERED : origin], days))
        for ahead, (forecasted, came) in enumerate(zip(told, sums[origin + 1 :], strict=False)):
            if forecasted > 0:
                found[ahead].append((came - sums[origin]) * WHOLE // forecasted)
    return [sorted(ratios) for ratios in found]


def _bounds(ratios: Sequence[int]) -> tuple[int, int]:
    """The ratios with a tenth of all outside on each side, by rank."""
    outside = max((len(ratios) + 1) // 10 - 1, 0)
    return ratios[outside], ratios[-1 - outside]


def _scaled(sums: Sequence[int], ratios: Sequence[int]) -> list[int]:
    """Sums times their ratios; a sum never falls from one day to the next."""
    return list(accumulate((s * r // WHOLE for s, r in zip(sums, ratios, strict=True)), max))


def _from(so_far: int, today: int, coming: Sequence[int]) -> tuple[int, ...]:
    return tuple(so_far + max(value, today) for value in coming)


def _rounded(part: int, whole: int) -> int:
    size = (abs(part) + whole // 2) // whole
    return size if part >= 0 else -size
