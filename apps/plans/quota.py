"""How much of a plan's quota a period leaves. Pure.

A quota is a limit on generations, counted by local days like spending: `Tally` holds both. One generation
counts as a million, so that figures are written alike. Rules: charging.md (who pays, step 1),
organisations.md (plans).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from apps.allocations.limits import Limit, LimitRule, Total
from apps.core.periods import Calendar, month_start, next_month
from apps.core.units import MICRO

PLAN, PLAN_MEMBER = "plan", "plan_member"
GENERATION = MICRO
"""One generation, as totals count it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A plan as an organisation has it on days from `first` until before `end`."""

    name: str
    period: str
    quota: int
    first: date
    end: date | None = None

    def holds_on(self, day: date) -> bool:
        return self.first <= day and (self.end is None or day < self.end)


def period_of(period: str, day: date) -> tuple[date, date]:
    """The first day of the period that holds `day`, and that of the next: calendar months or years."""
    if period == "year":
        return date(day.year, 1, 1), date(day.year + 1, 1, 1)
    return month_start(day), next_month(day)


def quota_on(terms: Terms, *, scope: int, calendar: Calendar, day: date, member: str = "") -> Limit:
    """The quota as a limit on the generations of the period that holds the day; of one member to count
    theirs. `scope` is the organisation's wallet."""
    first, end = period_of(terms.period, day)
    total: Total = (scope, PLAN_MEMBER, member) if member else (scope, PLAN, "")
    rule = LimitRule(total[1], total[2], "total", terms.quota * GENERATION)
    return Limit(rule, total, first, end, calendar.start_of(end))


def generation_totals(scope: int, member: str) -> tuple[Total, Total]:
    """The running totals that a generation of a member counts for."""
    return (scope, PLAN, ""), (scope, PLAN_MEMBER, member)
