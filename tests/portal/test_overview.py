"""The overview of an organisation says where its month leads and what needs a look first."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.test import Client

from apps.allocations.limits import ORGANISATION
from apps.allocations.models import SpendingTotal
from apps.allocations.rules import LimitChange, SubjectRef, set_limits
from apps.core.clock import stopped_at
from apps.core.units import MICRO
from apps.organisations.models import Organisation
from apps.portal.overview_page.month import Month, make_month
from tests.portal.world import NOW, person

TODAY = date(2026, 11, 18)
pytestmark = pytest.mark.django_db


def _month(spent: dict[date, int], today: date = TODAY) -> Month:
    return make_month(spent, today)


def _steady(tokens: int, days: int, today: date = TODAY) -> dict[date, int]:
    return {today - timedelta(days=n): tokens * MICRO for n in range(1, days + 1)}


def test_a_month_is_cut_at_its_own_first_day() -> None:
    month = _month({**_steady(2, 60), TODAY: MICRO})
    assert (len(month.before), len(month.now), len(month.history)) == (31, 18, 60)
    assert (sum(month.before), sum(month.now)) == (62 * MICRO, 35 * MICRO)
    ahead = month.forecast()
    assert ahead is not None
    assert ahead.end == 60 * MICRO


def test_what_was_not_known_a_month_ago_is_not_judged() -> None:
    assert _month(_steady(2, 60)).missed_last_month() == 0
    assert _month(_steady(2, 40)).missed_last_month() is None


def test_it_says_how_the_forecast_of_the_month_before_did() -> None:
    spent = _steady(2, 120)
    for day in range(18, 32):
        spent[date(2026, 10, day)] = 4 * MICRO
    assert _month(spent).missed_last_month() == 45  # 17 × 2 and 14 × 4 against 31 × 2
    assert _month(_steady(2, 120)).missed_last_month() == 0


def test_a_long_month_before_a_short_one_is_judged_from_its_last_day() -> None:
    march = date(2026, 3, 31)
    assert _month(_steady(2, 120, march), march).missed_last_month() == 0


def _overview(client: Client, who: str = "mira") -> str:
    client.force_login(person(who))
    return re.sub(r"\s+", " ", client.get("/orgs/lindenhof/").content.decode())


def _spent_each_day(campus: Organisation, tokens: int, days: int, today: date | None = None) -> None:
    SpendingTotal.objects.filter(scope=campus.wallet, subject_type=ORGANISATION).delete()
    today = today or campus.wallet.calendar.day_of(NOW)
    SpendingTotal.objects.bulk_create(
        SpendingTotal(
            scope=campus.wallet,
            subject_type=ORGANISATION,
            subject_key="",
            day=today - timedelta(days=n),
            spent_micro=tokens * MICRO,
        )
        for n in range(days)
    )


def test_the_chart_tells_where_the_month_leads(campus: Organisation, client: Client) -> None:
    set_limits(
        organisation=campus,
        changes=[LimitChange(SubjectRef("organisation"), "month", None)],
        actor="tests",
        at=NOW,
    )
    _spent_each_day(campus, 10, 200)
    with stopped_at(NOW):
        page = _overview(client)
    assert re.search(r"\w+ is likely to end near 3\d0, (level with|3 % (above|below)) \w+", page)
    assert "The band held 8 times in 10" in page
    assert "the forecast was right" in page
    assert 'class="band"' in page


def test_a_month_that_leads_past_the_limit_says_so(campus: Organisation, client: Client) -> None:
    _spent_each_day(campus, 10, 200)
    set_limits(
        organisation=campus,
        changes=[LimitChange(SubjectRef("organisation"), "month", 250 * MICRO)],
        actor="tests",
        at=NOW,
    )
    with stopped_at(NOW):
        page = _overview(client)
    assert "is likely to reach the limit of 250 before its end" in page
    assert "The organisation is on course to pass the limit" in page


def test_nothing_is_drawn_before_something_was_spent(campus: Organisation, client: Client) -> None:
    SpendingTotal.objects.all().delete()
    with stopped_at(NOW):
        page = _overview(client)
    assert "is likely to end" not in page
    assert 'class="band"' not in page


def test_billing_sees_the_month_but_no_buttons_that_decide(campus: Organisation, client: Client) -> None:
    _spent_each_day(campus, 10, 200)
    with stopped_at(NOW):
        page = _overview(client, "bruno")
    assert "is likely to" in page
    assert ">Allocate<" not in page
    assert "Move cap" not in page


def test_from_the_first_days_a_limit_is_told_of_only_once_a_week_is_known(
    campus: Organisation, client: Client
) -> None:
    set_limits(
        organisation=campus,
        changes=[LimitChange(SubjectRef("organisation"), "month", 250 * MICRO)],
        actor="tests",
        at=NOW,
    )
    early = NOW.replace(month=12, day=2)
    for days, told in ((5, False), (60, True)):
        _spent_each_day(campus, 10, days, campus.wallet.calendar.day_of(early))
        with stopped_at(early):
            assert ("The organisation is on course to pass the limit" in _overview(client)) is told
