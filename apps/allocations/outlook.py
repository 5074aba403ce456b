"""Where spending leads by the end of a limit's period: by the weekday, as charts of a month forecast it.

Days are those behind the limits, open holds included. Amounts are micro-tokens.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from apps.allocations.limits import Total, likely
from apps.allocations.tallying import TABLE
from apps.core import sql
from apps.core.forecasting import KNOWN, REMEMBERED, WEEK, likely_end

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Past:
    """The whole days of a total before today since something was first spent, those at least that a
    weekday is averaged over, and what today brought until now."""

    history: tuple[int, ...] = ()
    today: int = 0

    @property
    def knows_a_week(self) -> bool:
        """Whether every weekday was there once."""
        return len(self.history) >= WEEK


def past_of(spent: Mapping[date, int], today: date) -> Past:
    """The past of a total's days; days without any are nothing."""
    began = min(spent, default=today)
    history = (spent.get(began + timedelta(days=n), 0) for n in range((today - began).days))
    return Past(tuple(history), spent.get(today, 0))


def load_pasts(totals: Collection[Total], today: date) -> dict[Total, Past]:
    """The past of any number of totals of one wallet: one query."""
    return {total: past_of(days, today) for total, days in load_days(totals, today).items()}


def load_days(
    totals: Collection[Total], today: date, *, whole: Total | None = None
) -> dict[Total, dict[date, int]]:
    """What totals of one wallet came to by day, as far as their pasts need it; one query.

    Of one of them all days of which any forecast makes use, if it is to be read as a `whole`.
    """
    found: dict[Total, dict[date, int]] = {total: {} for total in totals}
    for subject_type, subject_key, text, spent in _days(totals, today, whole) if totals else ():
        days = found.get((next(iter(totals))[0], subject_type, subject_key), {})
        day = sql.day(text)
        days[day] = days.get(day, 0) + int(spent)
    return found


def likely_by_end(past: Past, spent: int, first: date, end: date | None, today: date) -> int | None:
    """What will have been spent before `end` of a period, so much of it until now.

    By the weekday where so much of the past is known, else as if every day were like those from `first`
    on. None for a period without an end.
    """
    if end is None:
        return None
    so_far, days = spent - past.today, (end - today).days
    foreseen = likely_end(past.history, so_far=so_far, today=max(past.today, 0), days=days)
    return likely(spent, first, end, today) if foreseen is None else max(foreseen, 0)


def _days(
    totals: Collection[Total], today: date, whole: Total | None
) -> list[tuple[str, str, date | str, int]]:
    """The days that are averaged, one by one, and of those before them only on which the first was."""
    types, of_types = sql.among("subject_type", sorted({total[1] for total in totals}))
    keys, of_keys = sql.among("subject_key", sorted({total[2] for total in totals}))
    whose, values = f"scope_id = %s AND {types} AND {keys}", [next(iter(totals))[0], *of_types, *of_keys]
    averaged, oldest = today - REMEMBERED * _DAY, today - KNOWN * _DAY
    parts = [(f"day, spent_micro FROM {TABLE} WHERE {whose} AND day >= %s AND day <= %s", "")]
    parts += [(f"MIN(day), 0 FROM {TABLE} WHERE {whose} AND day >= %s AND day < %s", _GROUPED)]
    values = [*values, averaged, today, *values, oldest, averaged]
    if whole:
        parts += [(f"day, spent_micro FROM {TABLE} WHERE {_WHOLE} AND day >= %s AND day < %s", "")]
        values += [*whole, oldest, averaged]
    return sql.fetch(
        " UNION ALL ".join(f"SELECT subject_type, subject_key, {part}{end}" for part, end in parts), values
    )


_GROUPED = " GROUP BY subject_type, subject_key"
_WHOLE = "scope_id = %s AND subject_type = %s AND subject_key = %s"
