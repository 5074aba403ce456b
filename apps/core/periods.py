"""Local days, weeks (Monday first) and months of a calendar whose time zone may change.

A changed zone counts from the next local day: the day under way ends where it would have
ended, the next one starts there and ends by the new zone. So days never overlap and leave
no gap, whatever the two zones are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from apps.core.errors import ValidationError

Period = Literal["day", "week", "month", "total"]
PERIODS: tuple[Period, ...] = ("day", "week", "month", "total")


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name; ZoneInfoNotFoundError (a KeyError) if there is none."""
    return ZoneInfo(name)


def is_zone(name: str) -> bool:
    """Whether the text names a time zone of the IANA database."""
    try:
        return zone(name).key == name
    except (KeyError, ValueError, OSError):
        return False


@lru_cache(maxsize=4096)
def day_start(day: date, zone_name: str) -> datetime:
    """The instant (UTC) at which a local day begins: local midnight, or the first instant after a gap."""
    return datetime.combine(day, time.min, zone(zone_name)).astimezone(UTC)


def month_start(day: date) -> date:
    return day.replace(day=1)


def next_month(day: date) -> date:
    """The first day of the month after the one that holds `day`."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def month_of(text: str) -> date:
    """The first day of a month written as ``2026-12``; ValidationError says how to write it."""
    try:
        if len(text) != len("2026-12"):
            raise ValueError(text)
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise ValidationError({"month": ["Write a month such as 2026-12."]}) from None


def day_typed(text: str) -> date | None:
    """The day written as ``2026-12-31``; None for what is none, and for years no calendar can count in."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1970 < found.year < 9000 else None


def first_day(period: Period, day: date) -> date:
    """The first day of the period that holds `day`; for `total` the beginning of time."""
    if period == "day":
        return day
    if period == "week":
        return day - timedelta(days=day.weekday())
    if period == "month":
        return month_start(day)
    return date.min


def following(period: Period, day: date) -> date | None:
    """The first day of the next period; None for `total`, which never ends."""
    if period == "day":
        return day + timedelta(days=1)
    if period == "week":
        return day - timedelta(days=day.weekday()) + timedelta(days=7)
    if period == "month":
        return next_month(day)
    return None


@dataclass(frozen=True, slots=True)
class Calendar:
    """Whose days: a time zone and, after a change, the one that holds from `changes_at` on."""

    time_zone: str
    coming_time_zone: str = ""
    changes_at: datetime | None = None

    def day_of(self, at: datetime) -> date:
        """The local day that holds the instant."""
        if self.changes_at is None or at < self.changes_at:
            return at.astimezone(zone(self.time_zone)).date()
        last = (self.changes_at - timedelta(microseconds=1)).astimezone(zone(self.time_zone)).date()
        return max(at.astimezone(zone(self.coming_time_zone)).date(), last + timedelta(days=1))

    def start_of(self, day: date) -> datetime:
        """The instant (UTC) at which the local day begins."""
        start = day_start(day, self.time_zone)
        if self.changes_at is None or start <= self.changes_at:
            return start
        return max(day_start(day, self.coming_time_zone), self.changes_at)

    def resets_at(self, period: Period, at: datetime) -> datetime | None:
        """When the period that holds the instant ends; None for `total`."""
        first = following(period, self.day_of(at))
        return None if first is None else self.start_of(first)

    def settled(self, at: datetime) -> Calendar:
        """The same calendar without a change that lies behind."""
        if self.changes_at is None or self.day_of(at) == at.astimezone(zone(self.time_zone)).date():
            return self
        if at < self.changes_at + timedelta(days=3):
            return self
        return Calendar(self.coming_time_zone)

    def changed(self, time_zone: str, at: datetime) -> Calendar:
        """The calendar after a request to change zone: it holds from the next local day."""
        current = self.settled(at)
        in_force = current.zone_at(at)
        if time_zone == in_force:
            return Calendar(in_force) if current.changes_at is None or at < current.changes_at else current
        if current.day_of(at) != at.astimezone(zone(in_force)).date():
            # still in the day that the last change made longer: begun by the zone before, it must not
            # begin again by the one between
            return Calendar(current.time_zone, time_zone, current.changes_at)
        return Calendar(in_force, time_zone, current.start_of(current.day_of(at) + timedelta(days=1)))

    def zone_at(self, at: datetime) -> str:
        """The name of the zone in force."""
        if self.changes_at is None or at < self.changes_at:
            return self.time_zone
        return self.coming_time_zone

    @property
    def chosen(self) -> str:
        """The zone that was asked for last."""
        return self.coming_time_zone or self.time_zone
