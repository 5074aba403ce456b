"""How the tightest limit's period goes: spending by day with where it leads, and what it went on.

Micro-tokens; days are the organisation's. Open holds count as spending by day, and are no use yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from apps.allocations.limits import MEMBER, likely
from apps.allocations.spending import spent_by_day
from apps.core import figures, findings
from apps.core.charts import Bar, Point, TimeChart, bars, time_chart
from apps.core.periods import PERIODS, first_day, following
from apps.portal.holdings import Holding, Shell
from apps.portal.usage_page.names import names_of
from apps.portal.wallet_page.limits import Held
from apps.usage.history import Wanted, breakdown

MOST = 6


@dataclass(frozen=True, slots=True)
class Pace:
    """A chart of the period's days, and bars of what it went on with their sum."""

    chart: TimeChart
    title: str
    bars: tuple[Bar, ...]
    total: int

    @property
    def places(self) -> int:
        return figures.sum_places([bar.amount for bar in self.bars], self.total)


def pace_of(limit: Held, own: Holding, shell: Shell) -> Pace | None:
    """For a limit per week or month: three queries. None for others, which have no days to draw."""
    holding = next((one for one in shell.holdings if one.slug and one.slug == limit.slug), None)
    period = next((known for known in PERIODS if known == limit.period), None)
    if holding is None or period not in ("week", "month"):
        return None
    today = holding.calendar.day_of(shell.at)
    first, end = first_day(period, today), following(period, today)
    if end is None:
        return None
    spent = spent_by_day((holding.wallet_id, MEMBER, own.owner_key), first, end - timedelta(days=1))
    days = [first + timedelta(days=number) for number in range((end - first).days)]
    points = [
        Point(figures.day_name(day), figures.day_name(day), max(spent.get(day, 0), 0), running=day == today)
        for day in days
    ]
    chart = time_chart(
        points,
        title=_title(limit, likely(limit.spent, first, end, today) or 0),
        note=_("Tokens per day, open holds included."),
        head=_("Day"),
    )
    return _with_parts(chart, holding, own, (first, end))


def _with_parts(chart: TimeChart, holding: Holding, own: Holding, days: tuple[date, date]) -> Pace:
    span = (holding.calendar.start_of(days[0]), holding.calendar.start_of(days[1]))
    wanted = Wanted(holding.wallet_id, is_organisation=True, person_wallet_id=own.wallet_id)
    parts = breakdown(wanted, span, "operation", limit=MOST)
    names = names_of(parts, "operation", price_book=holding.price_book, is_organisation=True)
    total = sum(part.sum.amount for part in parts)
    rows = [(name.text, part.sum.amount) for name, part in zip(names, parts, strict=True)]
    title = findings.share_title(rows[0][0], rows[0][1], total) if rows else ""
    return Pace(chart, title, bars(rows, total=total) if rows else (), total)


def _title(limit: Held, leads_to: int) -> str:
    """Where the period leads at the pace of its days so far."""
    words = {
        "likely": figures.figure(leads_to // 1_000_000 * 1_000_000),
        "tokens": figures.figure(limit.tokens),
    }
    if limit.left == 0:
        return _("All of it is spent")
    if leads_to > limit.tokens:
        return _("At this pace you would come to %(likely)s, more than the limit of %(tokens)s") % words
    return _("At this pace you end near %(likely)s, inside the limit") % words
