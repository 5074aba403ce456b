"""Cost centres with their caps: spent, left, likely by the end of the period. Micro-tokens."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.allocations import limits
from apps.allocations.earmarks import reserves_of
from apps.allocations.limits import Tally, Total
from apps.allocations.outlook import Past, likely_by_end, load_pasts
from apps.allocations.selectors import rules_of, state_of
from apps.allocations.tallying import load_tally
from apps.core import figures
from apps.core.periods import Period, zone
from apps.organisations.models import CostCentre, CostCentreMember, Organisation
from apps.portal.budget_page.standing import PERIODS as PERIOD_WORDS
from apps.portal.centres_page.caps import Cap, cap_words, caps_of, used_of
from apps.portal.holdings import Holding, Shell
from apps.portal.sorting import Heading, headings, in_order
from apps.wallets.state import WalletState

MOST = 500
COLUMNS = ("name", "-cap", "-left", "-likely", "-spent")
KINDS = {
    CostCentre.Kind.COURSE: gettext_noop("Course"),
    CostCentre.Kind.CAMPUS: gettext_noop("Campus"),
    CostCentre.Kind.DEPARTMENT: gettext_noop("Department"),
    CostCentre.Kind.GROUP: gettext_noop("Group"),
    CostCentre.Kind.PROJECT: gettext_noop("Project"),
}


@dataclass(frozen=True, slots=True)
class CentreLine:
    """A cost centre with the cap that is used up most, and `others` in words; without a cap `cap` is None
    and what was spent is this month's. `likely` by the end of the period by its weekdays,
    None where the period has no end. So many tokens of the wallet are still `reserved` for it."""

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
    others: tuple[str, ...] = ()

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
    """Cost centres as they stand; `movable` are those with a cap, by the cap of their longest period
    without what was granted on top of it: that much of it can be moved."""

    holding: Holding
    at: datetime
    zone: ZoneInfo
    centres: tuple[CentreLine, ...]
    movable: tuple[CentreLine, ...]
    caps: int
    left: int
    available: int
    unlimited: bool
    order: str

    @property
    def headings(self) -> dict[str, Heading]:
        labels = (_("Cost centre"), _("Cap"), _("Left"), _("Likely by the end"), _("Spent"))
        named = dict(zip(COLUMNS, labels, strict=True))
        if not self.has_caps:
            named.pop("-left")
        return headings(named, self.order)

    @property
    def has_caps(self) -> bool:
        """Whether there is a cap at all: without one nothing is left, and nothing is near."""
        return any(centre.cap is not None for centre in self.centres)

    @property
    def passing(self) -> int:
        return sum(1 for centre in self.centres if centre.over)

    @property
    def too_much(self) -> bool:
        """Whether what the caps still allow is more than a wallet holds that may not go below zero."""
        return not self.unlimited and self.left > self.available


def load_centres_page(
    organisation: Organisation, holding: Holding, shell: Shell, *, order: str = ""
) -> CentresPage:
    """All cost centres with how their caps stand, those first that are likely to pass theirs unless another
    order is asked for: six queries beside the shell's."""
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
    held = {row.pk: caps_of(row.platform_id, rules, holding, today) for row in rows}
    marks = {one.centre: one.limit(holding.wallet_id) for one in reserves_of(organisation.pk)}
    tally = load_tally(Tally(), [*(cap.limit for caps in held.values() for cap in caps), *marks.values()])
    pasts = load_pasts([held[row.pk][0].limit.total for row in rows], today)
    lines = [
        replace(
            _line(row, people.get(row.pk, 0), held[row.pk], tally, today, pasts),
            reserved=limits.room(marks[row.platform_id], tally) if row.platform_id in marks else 0,
        )
        for row in rows
    ]
    lines.sort(key=lambda line: (-line.over, line.cap is None, -line.spent, line.name.casefold()))
    longest = {row.platform_id: held[row.pk][0] for row in rows if held[row.pk][0].own is not None}
    wallet: WalletState = shell.desk.wallets[holding.wallet_id]
    outer = [longest[key].limit for key in _outermost(rows, longest)]
    return CentresPage(
        holding=holding,
        at=shell.at,
        zone=zone(holding.calendar.zone_at(shell.at)),
        centres=tuple(in_order(lines, order, _value) if order else lines),
        movable=tuple(_movable(line, longest[line.key], tally) for line in lines if line.key in longest),
        caps=sum(limit.rule.tokens or 0 for limit in outer),
        left=sum(limits.room(limit, tally) for limit in outer),
        available=max(wallet.available, 0),
        unlimited=wallet.unlimited,
        order=order,
    )


def _value(line: CentreLine, column: str) -> str | int | None:
    """What a line is sorted by; None where the column shows nothing."""
    if column == "name":
        return line.name.casefold()
    if column == "left":
        return None if line.cap is None else line.left
    return {"cap": line.cap, "likely": line.likely, "spent": line.spent}[column]


def _outermost(rows: Sequence[CostCentre], capped: Container[str]) -> list[str]:
    """Centres with a cap that lie inside no other one with a cap: what is spent counts for all of them."""
    by_id = {row.pk: row for row in rows}
    found = []
    for row in rows:
        above = by_id.get(row.parent_id or 0)
        while above is not None and above.platform_id not in capped:
            above = by_id.get(above.parent_id or 0)
        if row.platform_id in capped and above is None:
            found.append(row.platform_id)
    return found


def _line(
    row: CostCentre,
    people: int,
    caps: Sequence[Cap],
    tally: Tally,
    today: date,
    pasts: Mapping[Total, Past],
) -> CentreLine:
    cap = max(caps, key=lambda one: used_of(one, tally))
    limit = cap.limit
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
        likely=likely_by_end(pasts[limit.total], spent, limit.first, limit.end, today),
        resets_at=limit.resets_at,
        others=tuple(cap_words(other.limit.rule) for other in caps if other is not cap),
    )


def _movable(line: CentreLine, cap: Cap, tally: Tally) -> CentreLine:
    spent = max(tally.spent(cap.limit), 0)
    return replace(line, cap=cap.own, period=cap.limit.rule.period, spent=spent)
