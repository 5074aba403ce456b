"""When people work with it: weekdays, terms and holidays, hours of the day, growth. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random

from apps.core.periods import day_start

FIRST, LAST = 55, 145
"""How much is used at the beginning and at the end, in percent of the mean: it grows."""


@dataclass(frozen=True, slots=True)
class Season:
    """A stretch of each year, both days included, as (month, day), and how much is used in it, in percent."""

    first: tuple[int, int]
    last: tuple[int, int]
    percent: int

    def holds(self, day: date) -> bool:
        here = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a house's year goes: weekdays from Monday, hours from midnight, the first season that holds."""

    weekdays: tuple[int, ...]
    hours: tuple[int, ...]
    seasons: tuple[Season, ...]

    def weight(self, day: date, number: int, days: int) -> int:
        """How much is used on a day, the so-manieth of so many."""
        season = next((season.percent for season in self.seasons if season.holds(day)), 100)
        grown = FIRST + (LAST - FIRST) * number // max(days, 1)
        return self.weekdays[day.weekday()] * season * grown

    def times(self, day: date, zone: str, count: int, random: Random) -> list[datetime]:
        """Instants of a local day, in their order."""
        midnight = day_start(day, zone)
        hours = random.choices(range(24), self.hours, k=count)
        return sorted(midnight + timedelta(hours=hour, seconds=random.randrange(3600)) for hour in hours)


def shares(weights: Sequence[int], total: int) -> list[int]:
    """The total dealt out by the weights, in whole parts that add up to it."""
    sums = list(accumulate(weights))
    upto = [total * value // (sums[-1] or 1) for value in sums]
    return [after - before for before, after in zip([0, *upto], upto, strict=False)]


def gathered(times: Sequence[datetime], window: timedelta) -> list[list[int]]:
    """The places of the times, put together where they lie within a window."""
    groups: list[list[int]] = []
    while (place := sum(map(len, groups))) < len(times):
        groups.append(list(range(place, max(bisect_right(times, times[place] + window), place + 1))))
    return groups


COLLEGE = Rhythm(
    (100, 105, 100, 95, 70, 30, 45),
    (3, 1, 0, 0, 0, 0, 1, 3, 7, 9, 10, 9, 6, 8, 10, 10, 9, 9, 11, 15, 18, 17, 12, 7),
    (
        Season((12, 21), (1, 6), 8),
        Season((1, 7), (2, 14), 120),
        Season((2, 15), (4, 9), 35),
        Season((5, 1), (5, 1), 5),
        Season((7, 20), (8, 31), 20),
        Season((9, 1), (10, 9), 45),
    ),
)
SCHOOL = Rhythm(
    (95, 100, 100, 95, 60, 65, 20),
    (2, 0, 0, 0, 0, 0, 1, 3, 5, 8, 8, 7, 6, 7, 9, 12, 14, 14, 16, 18, 16, 11, 7, 4),
    (
        Season((12, 20), (1, 3), 6),
        Season((7, 3), (7, 5), 10),
        Season((6, 15), (8, 25), 40),
        Season((11, 26), (11, 29), 15),
    ),
)
AGENCY = Rhythm(
    (95, 105, 110, 105, 85, 8, 6),
    (1, 0, 0, 0, 0, 0, 0, 2, 7, 14, 16, 15, 10, 13, 16, 16, 14, 10, 6, 4, 4, 3, 2, 1),
    (
        Season((12, 23), (1, 2), 10),
        Season((8, 8), (8, 22), 50),
        Season((3, 1), (3, 20), 140),
        Season((11, 1), (12, 10), 130),
    ),
)
RHYTHMS = {"aldermoor": COLLEGE, "lingua": SCHOOL, "pixelworks": AGENCY}
