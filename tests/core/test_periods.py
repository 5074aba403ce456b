"""Local days, weeks and months: no gap, no overlap, whatever the zone and the season."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.periods import Calendar, day_start, first_day, following, is_zone, month_start, next_month

ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "Africa/Cairo", "Asia/Kathmandu"),
    *("Pacific/Kiritimati", "Etc/GMT+12", "Australia/Lord_Howe", "America/Havana", "Asia/Beirut"),
)
START = datetime(2024, 1, 1, tzinfo=UTC)
INSTANTS = st.integers(0, 7 * 366 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "start", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), "2026-03-28T23:00", 23),
        ("Europe/Berlin", date(2026, 10, 25), "2026-10-24T22:00", 25),
        ("America/New_York", date(2026, 3, 8), "2026-03-08T05:00", 23),
        ("America/New_York", date(2026, 11, 1), "2026-11-01T04:00", 25),
        ("Pacific/Kiritimati", date(2026, 7, 1), "2026-06-30T10:00", 24),
        ("Etc/GMT+12", date(2026, 7, 1), "2026-07-01T12:00", 24),
        ("Asia/Beirut", date(2026, 3, 29), "2026-03-28T22:00", 23),
        ("America/Havana", date(2026, 11, 1), "2026-11-01T04:00", 25),
    ],
)
def test_a_local_day_has_as_many_hours_as_the_clocks_say(
    zone: str, day: date, start: str, hours: int
) -> None:
    assert day_start(day, zone) == utc(start)
    assert day_start(day + timedelta(days=1), zone) - day_start(day, zone) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (date(2026, 1, 31), date(2026, 2, 1)),
        (date(2026, 2, 28), date(2026, 3, 1)),
        (date(2028, 2, 28), date(2028, 3, 1)),
        (date(2028, 2, 29), date(2028, 3, 1)),
        (date(2026, 4, 30), date(2026, 5, 1)),
        (date(2026, 12, 31), date(2027, 1, 1)),
        (date(2026, 1, 1), date(2026, 2, 1)),
    ],
)
def test_the_first_follows_the_last_of_every_length_of_month(day: date, first: date) -> None:
    assert next_month(day) == first
    assert month_start(first - timedelta(days=1)) == day.replace(day=1)


def test_weeks_begin_on_monday_also_across_the_year() -> None:
    assert first_day("week", date(2026, 1, 1)) == date(2025, 12, 29)
    assert following("week", date(2026, 1, 4)) == date(2026, 1, 5)
    assert following("total", date(2026, 1, 4)) is None


@given(zone=st.sampled_from(ZONES), at=INSTANTS)
def test_an_instant_lies_in_exactly_its_own_day(zone: str, at: datetime) -> None:
    calendar = Calendar(zone)
    day = calendar.day_of(at)
    assert calendar.start_of(day) <= at < calendar.start_of(day + timedelta(days=1))


@given(
    zones=st.lists(st.sampled_from(ZONES), min_size=2, max_size=4),
    start=INSTANTS,
    waits=st.lists(st.integers(0, 80), min_size=4, max_size=4),
)
def test_days_never_go_back_however_often_the_zone_changes(
    zones: list[str], start: datetime, waits: list[int]
) -> None:
    calendar, at, last = Calendar("UTC"), start, Calendar("UTC").day_of(start)
    for zone, hours in zip(zones, waits, strict=False):
        for _ in range(hours):
            at += timedelta(hours=1)
            assert calendar.day_of(at) >= last
            last = calendar.day_of(at)
        calendar = calendar.changed(zone, at)
        assert calendar.day_of(at) >= last
        last = calendar.day_of(at)
        end = calendar.resets_at("day", at)
        assert end is not None
        assert end > at
        assert calendar.day_of(end - timedelta(microseconds=1)) == last
        assert calendar.day_of(end) > last


def test_a_changed_zone_holds_from_the_next_local_day() -> None:
    calendar = Calendar("Europe/Berlin").changed("America/New_York", utc("2026-05-04T10:00"))
    assert calendar.day_of(utc("2026-05-04T21:59")) == date(2026, 5, 4)
    assert calendar.day_of(utc("2026-05-04T22:00")) == date(2026, 5, 5)
    assert calendar.day_of(utc("2026-05-06T03:59")) == date(2026, 5, 5)
    assert calendar.day_of(utc("2026-05-06T04:00")) == date(2026, 5, 6)
    assert calendar.resets_at("day", utc("2026-05-04T22:00")) == utc("2026-05-06T04:00")


def test_every_zone_of_the_database_is_one_and_nonsense_is_none() -> None:
    assert all(is_zone(name) for name in sorted(available_timezones())[::25])
    assert not any(
        is_zone(name) for name in ("", "Mars/Olympus", "../etc/passwd", "utc\x00", "europe/berlin")
    )
