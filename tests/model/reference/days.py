"""Local days one after the other, through daylight saving and changes of zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PERIODS = ("day", "week", "month", "total")


def midnight(day: date, zone: str) -> datetime:
    """The first instant of a local day."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def month_after(day: date) -> date:
    """The first of the next month."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def same_period(period: str, one: date, other: date) -> bool:
    """Whether two days lie in one day, ISO week, calendar month, or in all time."""
    if period == "day":
        return one == other
    if period == "week":
        return one.isocalendar()[:2] == other.isocalendar()[:2]
    return period == "total" or (one.year, one.month) == (other.year, other.month)


class LocalDays:
    """The days of one owner: each begins where the one before ends, and ends by the zone it began in."""

    def __init__(self, zone: str, born: datetime) -> None:
        first = born.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
        self.zones = [(midnight(first, zone), zone)]
        self.days = [(first, midnight(first, zone))]

    def zone_at(self, at: datetime) -> str:
        """The zone in force."""
        return [zone for since, zone in self.zones if since <= at][-1]

    def _reach(self, at: datetime) -> None:
        while self.days[-1][1] <= at:
            day, start = self.days[-1]
            zone = self.zone_at(start)
            end = day + timedelta(days=1)
            while midnight(end, zone) <= start:
                end += timedelta(days=1)
            edge = midnight(end, zone)
            self.days.append((max(end, edge.astimezone(ZoneInfo(self.zone_at(edge))).date()), edge))

    def day_of(self, at: datetime) -> date:
        """The day that holds the instant."""
        self._reach(at)
        return [day for day, start in self.days if start <= at][-1]

    def next_day(self, at: datetime) -> datetime:
        """When the day that holds the instant ends."""
        self._reach(at)
        return next(start for _, start in self.days if start > at)

    def change(self, zone: str, at: datetime) -> None:
        """Let another zone hold from the next day on; one that was still to come is forgotten."""
        edge = self.next_day(at)
        self.zones = [known for known in self.zones if known[0] <= at]
        self.days = [known for known in self.days if known[1] <= at]
        if self.zones[-1][1] != zone:
            self.zones.append((edge, zone))
        self._reach(at)
