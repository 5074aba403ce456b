"""How a day went on the whole platform: what was spent, what came in, what was denied. Days are UTC's.

Each is a sum over that day's rows, found by an index. Days that are over are remembered for a day, the
present one for a minute; the page says when it was read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.cache import cache

from apps.core import sql

CREDITS = ("promotion", "migration", "purchase", "adjustment")
"""Kinds that bring lasting tokens into wallets; free grants come by themselves."""
REMEMBERED = timedelta(days=1)
FRESH = timedelta(minutes=1)
BEFORE = 7
"""So many whole days make up a usual one."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day; micro-tokens, refunds taken off. `read_at` is when it was summed."""

    day: date
    charges: int
    spent: int
    credited: int
    denied: dict[str, int]
    read_at: datetime


def load_days(*, at: datetime) -> list[Day]:
    """The last whole days, the oldest first, and today; three queries where nothing is remembered."""
    today = at.astimezone(UTC).date()
    wanted = [today - timedelta(days=before) for before in range(BEFORE, -1, -1)]
    kept: dict[str, Day] = cache.get_many([_key(day) for day in wanted])
    missing = [day for day in wanted if _key(day) not in kept or _is_stale(kept[_key(day)], today, at)]
    for day in _sum(missing, at):
        kept[_key(day.day)] = day
        cache.set(_key(day.day), day, (FRESH if day.day == today else REMEMBERED).total_seconds())
    return [kept[_key(day)] for day in wanted]


def _key(day: date) -> str:
    return f"staff:day:{day.isoformat()}"


def _is_stale(kept: Day, today: date, at: datetime) -> bool:
    """Whether a day was read before it was over, or is the present one and no longer fresh."""
    over = datetime.combine(kept.day + timedelta(days=1), time.min, UTC)
    return not over <= kept.read_at <= at if kept.day != today else not at - FRESH <= kept.read_at <= at


_CHARGES = """
SELECT %s, COUNT(*), COALESCE(SUM(price_micro - uncollected_micro - refunded_micro), 0) FROM usage_charge
WHERE created_at >= %s AND created_at < %s AND status = 'captured'
"""
_CREDITED = f"""
SELECT %s, COALESCE(SUM(m.amount), 0) FROM ledger_transfer t
JOIN wallets_movement m ON m.transfer_id = t.number
WHERE t.recorded_at >= %s AND t.recorded_at < %s AND t.kind IN {CREDITS} AND m.amount > 0
"""
_DENIED = """
SELECT %s, code, COUNT(*) FROM usage_deniedattempt WHERE at >= %s AND at < %s GROUP BY code
"""


def _sum(days: Sequence[date], at: datetime) -> list[Day]:
    if not days:
        return []
    charges = {row[0]: (int(row[1]), int(row[2])) for row in _by_day(_CHARGES, days)}
    credited = {row[0]: int(row[1]) for row in _by_day(_CREDITED, days)}
    denied: dict[str, dict[str, int]] = {}
    for day, code, count in _by_day(_DENIED, days):
        denied.setdefault(day, {})[code] = int(count)
    return [
        Day(day, *charges[name], credited[name], denied.get(name, {}), at)
        for day in days
        for name in (day.isoformat(),)
    ]


def _by_day(query: str, days: Sequence[date]) -> list[tuple[Any, ...]]:
    values = [
        value
        for day in days
        for value in (
            day.isoformat(),
            datetime.combine(day, time.min, UTC),
            datetime.combine(day + timedelta(days=1), time.min, UTC),
        )
    ]
    return sql.fetch(" UNION ALL ".join([query] * len(days)), values)
