"""Limits turn over at local midnight without any job: in three zones, across both changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.allocations.selectors import limits_of_organisation
from apps.core.units import MICRO
from apps.organisations.models import Organisation
from tests.cast import a_member, an_organisation, load_prices, pays
from tests.usage.charging import charge, denied, limit

pytestmark = pytest.mark.django_db
FIRST = datetime(2026, 7, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
CHANGES = [
    ("Europe/Brussels", date(2026, 10, 25)),
    ("Europe/Brussels", date(2027, 3, 28)),
    ("America/New_York", date(2026, 11, 1)),
    ("America/New_York", date(2027, 3, 14)),
    ("Pacific/Auckland", date(2026, 9, 27)),
    ("Pacific/Auckland", date(2027, 4, 4)),
]
"""The days on which a clock goes back or forward."""


def a_school(zone: str) -> Organisation:
    load_prices()
    school = an_organisation("school", credit="10000", at=FIRST, time_zone=zone)
    a_member(school, "ada", at=FIRST)
    pays(school, "shared_pool", at=FIRST)
    return school


def midnight(zone: str, day: date) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def ends(period: str, day: date) -> date:
    """The first day of the next period after the one that holds the day."""
    if period == "day":
        return day + timedelta(days=1)
    if period == "week":
        return day + timedelta(days=7 - day.weekday())
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_a_limit_holds_to_the_last_moment_and_is_free_again_at_midnight(
    zone: str, day: date, period: str
) -> None:
    school = a_school(zone)
    limit(school, "members", period, "10", at=FIRST)
    begins, turns = midnight(zone, day), midnight(zone, ends(period, day))
    charge("ada", "10", at=begins)
    last = turns - MICROSECOND
    assert denied(lambda: charge("ada", "1", at=last)) == ("limit_reached", "members", period)
    charge("ada", "10", at=turns)
    assert denied(lambda: charge("ada", "1", at=turns)) == ("limit_reached", "members", period)


def test_a_limit_made_in_mid_month_knows_what_was_spent() -> None:
    school = a_school("America/New_York")
    charge("ada", "30", at=midnight("America/New_York", date(2026, 11, 1)))
    charge("ada", "12", at=midnight("America/New_York", date(2026, 11, 1)) - MICROSECOND)
    middle = datetime(2026, 11, 15, 15, tzinfo=UTC)
    limit(school, "organisation", "month", "40", at=middle)
    (view,) = limits_of_organisation("school", at=middle)
    assert (view.spent, view.left, view.state) == (30 * MICRO, 10 * MICRO, "within")
    assert denied(lambda: charge("ada", "11", at=middle)) == ("limit_reached", "organisation", "month")


def test_the_tightest_of_several_says_which_it_is() -> None:
    school = a_school("Europe/Brussels")
    noon = datetime(2026, 11, 4, 11, tzinfo=UTC)
    for subject, period, tokens in (
        ("members", "day", "20"),
        ("members", "week", "15"),
        ("members", "month", "90"),
        ("organisation", "day", "18"),
    ):
        limit(school, subject, period, tokens, at=FIRST)
    assert denied(lambda: charge("ada", "100", at=noon)) == ("limit_reached", "members", "week")
    charge("ada", "10", at=noon)
    tomorrow = noon + timedelta(days=1)
    assert denied(lambda: charge("ada", "6", at=tomorrow)) == ("limit_reached", "members", "week")
    monday = noon + timedelta(days=5)
    limit(school, "member ada", "week", None, at=noon)
    assert denied(lambda: charge("ada", "19", at=monday)) == ("limit_reached", "organisation", "day")
