"""How the tightest limit's period goes: what it went on, and by day with where that leads.

Micro-tokens; days are the organisation's. Open holds count as spending by day, and are no use yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from apps.allocations.limits import MEMBER
from apps.allocations.outlook import likely_by_end, past_of
from apps.allocations.spending import spent_by_day
from apps.core import figures
from apps.core.charts import Point, TimeChart, time_chart
from apps.core.forecasting import KNOWN
from apps.core.periods import PERIODS, Period, first_day, following
from apps.portal.holdings import Holding, Shell
from apps.portal.usage_page.shares import Shares, load_shares
from apps.portal.wallet_page.limits import Held
from apps.usage.history import Wanted
from apps.usage.selectors import EPOCH


@dataclass(frozen=True, slots=True)
class Pace:
    """What the limit's period went on, and of a week or month a chart of its days."""

    chart: TimeChart | None
    note: str
    shares: Shares


def pace_of(limit: Held, own: Holding, shell: Shell) -> Pace | None:
    """Three queries, two for a limit per day or in total; None where the limit is no organisation's."""
    holding = next((one for one in shell.holdings if one.slug and one.slug == limit.slug), None)
    period = next((known for known in PERIODS if known == limit.period), None)
    if holding is None or period is None:
        return None
    today = holding.calendar.day_of(shell.at)
    first, end = first_day(period, today), following(period, today)
    chart = _chart(limit, holding, own, (first, end), today) if end and period != "day" else None
    begins = holding.calendar.start_of(first) if end else EPOCH
    ends = holding.calendar.start_of(end or today + timedelta(days=1))
    wanted = Wanted(holding.wallet_id, is_organisation=True, person_wallet_id=own.wallet_id)
    return Pace(chart, _note(period), load_shares(wanted, (begins, ends), holding.price_book))


def _chart(limit: Held, holding: Holding, own: Holding, span: tuple[date, date], today: date) -> TimeChart:
    first, end = span
    spent = spent_by_day((holding.wallet_id, MEMBER, own.owner_key), today - timedelta(days=KNOWN), today)
    leads_to = likely_by_end(past_of(spent, today), limit.spent, first, end, today)
    days = [first + timedelta(days=number) for number in range((end - first).days)]
    points = [
        Point(figures.day_name(day), figures.day_name(day), max(spent.get(day, 0), 0), running=day == today)
        for day in days
    ]
    return time_chart(
        points,
        title=_title(limit, leads_to or 0),
        note=_("Tokens per day, open holds included."),
        head=_("Day"),
    )


def _note(period: Period) -> str:
    """What the bars count, of which days."""
    return {
        "day": _("What the organisation paid today, without open holds."),
        "week": _("What the organisation paid this week, without open holds."),
        "month": _("What the organisation paid this month, without open holds."),
        "total": _("What the organisation has paid in total, without open holds."),
    }[period]


def _title(limit: Held, leads_to: int) -> str:
    """Where the period leads, by its weekdays."""
    words = {
        "likely": figures.figure(leads_to // 1_000_000 * 1_000_000),
        "tokens": figures.figure(limit.tokens),
    }
    if limit.left == 0:
        return _("All of it is spent")
    if leads_to > limit.tokens:
        return _("You are likely to come to %(likely)s, more than the limit of %(tokens)s") % words
    return _("You are likely to end near %(likely)s, inside the limit") % words
