"""What is likely by the end of a period: one method for tables and charts, by the days behind the limits."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.allocations.limits import COST_CENTRE, ORGANISATION, Total, likely
from apps.allocations.models import SpendingTotal
from apps.allocations.outlook import Past, likely_by_end, load_days, load_pasts, past_of
from apps.allocations.spending import spent_by_day
from apps.core.forecasting import KNOWN, REMEMBERED
from apps.organisations.models import Organisation

TODAY = date(2026, 11, 18)
FIRST, END = date(2026, 11, 1), date(2026, 12, 1)


def _spent(school: Organisation, subject: str, key: str, days: dict[int, int]) -> Total:
    """So many micro-tokens so many days ago."""
    SpendingTotal.objects.bulk_create(
        SpendingTotal(
            scope=school.wallet,
            subject_type=subject,
            subject_key=key,
            day=TODAY - timedelta(days=ago),
            spent_micro=micro,
        )
        for ago, micro in days.items()
    )
    return school.wallet.pk, subject, key


def test_pasts_of_many_are_read_at_once_and_are_those_of_each(
    school: Organisation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    totals = [
        _spent(school, COST_CENTRE, "old", {200: 5, 40: 7, 3: 11, 0: 2}),
        _spent(school, COST_CENTRE, "young", {4: 9, 1: 3}),
        _spent(school, ORGANISATION, "", {REMEMBERED: 8, REMEMBERED + 1: 1}),
        (school.wallet.pk, COST_CENTRE, "unused"),
    ]
    with django_assert_num_queries(1):
        found = load_pasts(totals, TODAY)
    with django_assert_num_queries(1):
        days = load_days(totals, TODAY, whole=totals[0])
    assert days[totals[0]] == spent_by_day(totals[0], TODAY - timedelta(days=KNOWN), TODAY)
    for total in totals:
        alone = past_of(spent_by_day(total, TODAY - timedelta(days=KNOWN), TODAY), TODAY)
        assert (len(found[total].history), found[total].today) == (len(alone.history), alone.today)
        assert found[total].history[-REMEMBERED:] == alone.history[-REMEMBERED:]


def test_a_week_that_repeats_is_carried_on_by_its_weekdays() -> None:
    weekly = {TODAY - timedelta(days=n): 70 for n in range(0, 70, 7)}  # Wednesdays
    past = past_of(weekly, TODAY)
    assert likely_by_end(past, 210, FIRST, END, TODAY) == 280  # the 4th, 11th, 18th, 25th
    assert likely(210, FIRST, END, TODAY) == 350


def test_while_nothing_is_known_every_day_is_taken_to_be_like_those_so_far() -> None:
    assert likely_by_end(Past(), 180, FIRST, END, TODAY) == 300
    assert likely_by_end(Past((9,), 3), 180, FIRST, END, TODAY) == 300


def test_a_period_without_an_end_leads_nowhere() -> None:
    assert likely_by_end(Past((9,) * 40, 3), 180, FIRST, None, TODAY) is None


@pytest.mark.parametrize("spent", [0, 5])
def test_never_less_is_likely_than_what_is_spent(spent: int) -> None:
    assert likely_by_end(Past((0,) * 30, spent), spent, FIRST, END, TODAY) == spent
