"""Cost centres with their caps: spent, left, likely by the end of the period. Micro-tokens."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.allocations import limits
from apps.allocations.earmarks import reserves_of
from apps.allocations.limits import Limit, LimitRule, Tally, on_day
from apps.allocations.selectors import rules_of, state_of
from apps.allocations.tallying import load_together
from apps.core import figures
from apps.core.periods import Period, zone
from apps.organisations.models import CostCentre, CostCentreMember, Organisation
from apps.portal.budget_page.standing import PERIODS as PERIOD_WORDS
from apps.portal.holdings import Holding, Shell
from apps.wallets.state import WalletState

MOST = 500
KINDS = {
    CostCentre.Kind.COURSE: gettext_noop("Course"),
    CostCentre.Kind.CAMPUS: gettext_noop("Campus"),
    CostCentre.Kind.DEPARTMENT: gettext_noop("Department"),
    CostCentre.Kind.GROUP: gettext_noop("Group"),
    CostCentre.Kind.PROJECT: gettext_noop("Project"),
}


@dataclass(frozen=True, slots=True)
class CentreLine:
    """A cost centre; without a cap `cap` is None and what was spent is this month's. `likely` by the end
    of the period at the pace of its days so far, None where the period has no end. So many tokens of the
    wallet are still `reserved` for it."""

    key: str
    name: str
    kind: str
    parent: str
    people: int
    cap: int | None
    period: Period
    spent: int
    likely: int | None
    resets_at: datetime | None
    reserved: int = 0

    @property
    def left(self) -> int:
        return max((self.cap or 0) - self.spent, 0)

    @property
    def over(self) -> int:
        """What is likely to be missing."""
        return max((self.likely or 0) - self.cap, 0) if self.cap is not None else 0

    @property
    def per(self) -> str:
        return _(PERIOD_WORDS[self.period])

    @property
    def state(self) -> str:
        return state_of(self.cap, self.spent)

    @property
    def width(self) -> str:
        return figures.filled(self.spent, self.cap)

    @property
    def likely_width(self) -> str:
        return figures.percent(self.likely or 0, self.cap) if self.cap else "0%"


@dataclass(frozen=True, slots=True)
class CentresPage:
    holding: Holding
    at: datetime
    zone: ZoneInfo
    centres: tuple[CentreLine, ...]
    caps: int
    left: int
    available: int
    unlimited: bool

    @property
    def passing(self) -> int:
        return sum(1 for centre in self.centres if centre.over)

    @property
    def too_much(self) -> bool:
        """Whether what the caps still allow is more than a wallet holds that may not go below zero."""
        return not self.unlimited and self.left > self.available


def load_centres_page(organisation: Organisation, holding: Holding, shell: Shell) -> CentresPage:
    """All cost centres with how their caps stand: four queries beside the shell's."""
    rows = list(
        CostCentre.objects.filter(organisation=organisation)
        .select_related("parent")
        .order_by("name", "pk")[:MOST]
    )
    people = dict(
        CostCentreMember.objects.filter(cost_centre__organisation=organisation)
        .values_list("cost_centre_id")
        .annotate(Count("id"))
        .order_by()
    )
    today = holding.calendar.day_of(shell.at)
    rules = rules_of(organisation.pk)
    asked = [(row, _limit(row.platform_id, rules, holding, today)) for row in rows]
    marks = {one.centre: one.limit(holding.wallet_id) for one in reserves_of(organisation.pk)}
    tally = load_together([*(limit for _row, limit in asked), *marks.values()])
    lines = [
        replace(
            _line(row, people.get(row.pk, 0), limit, tally, today),
            reserved=limits.room(marks[row.platform_id], tally) if row.platform_id in marks else 0,
        )
        for row, limit in asked
    ]
    lines.sort(key=lambda line: (-line.over, line.cap is None, -line.spent, line.name.casefold()))
    wallet: WalletState = shell.desk.wallets[holding.wallet_id]
    outer = _outermost(rows, {row.pk for row, limit in asked if limit.rule.tokens is not None})
    capped = [line for line in lines if line.key in outer]
    return CentresPage(
        holding=holding,
        at=shell.at,
        zone=zone(holding.calendar.zone_at(shell.at)),
        centres=tuple(lines),
        caps=sum(line.cap or 0 for line in capped),
        left=sum(line.left for line in capped),
        available=max(wallet.available, 0),
        unlimited=wallet.unlimited,
    )


def _outermost(rows: Sequence[CostCentre], capped: Container[int]) -> set[str]:
    """Centres with a cap that lie inside no other one with a cap: what is spent counts for all of them."""
    above = {row.pk: row.parent_id for row in rows}
    found = set()
    for row in rows:
        parent = row.parent_id
        while parent is not None and parent not in capped:
            parent = above.get(parent)
        if row.pk in capped and parent is None:
            found.add(row.platform_id)
    return found


def _limit(key: str, rules: Sequence[LimitRule], holding: Holding, today: date) -> Limit:
    """The centre's cap: that of the longest period it has one for, else this month without one."""
    order: tuple[Period, ...] = ("month", "total", "week", "day")
    held = {
        rule.period: rule
        for rule in rules
        if (rule.subject_type, rule.subject_key) == (limits.COST_CENTRE, key)
        and not rule.is_raise
        and rule.tokens is not None
    }
    found = next((held[period] for period in order if period in held), None)
    rule = found or LimitRule(limits.COST_CENTRE, key, "month", None)
    rule = limits.raised(rule, rules, (limits.COST_CENTRE, key), today)
    return on_day(rule, (holding.wallet_id, limits.COST_CENTRE, key), holding.calendar, today)


def _line(row: CostCentre, people: int, limit: Limit, tally: Tally, today: date) -> CentreLine:
    spent = max(tally.spent(limit), 0)
    return CentreLine(
        key=row.platform_id,
        name=row.name,
        kind=_(KINDS[CostCentre.Kind(row.kind)]),
        parent=row.parent.name if row.parent else "",
        people=people,
        cap=limit.rule.tokens,
        period=limit.rule.period,
        spent=spent,
        likely=limits.likely(spent, limit.first, limit.end, today),
        resets_at=limit.resets_at,
    )
