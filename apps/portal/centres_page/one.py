"""One cost centre on a page of its own: its caps, where its month leads, who belongs to it. Micro-tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.allocations.earmarks import Reserve, reserves_of
from apps.allocations.limits import COST_CENTRE, Limit, LimitRule, Tally, on_day, room
from apps.allocations.outlook import Past, likely_by_end
from apps.allocations.selectors import rules_of, state_of
from apps.allocations.spending import MemberSpending, Whose, count_members, members_spending
from apps.allocations.tallying import load_tally
from apps.core import figures
from apps.core.errors import NotFound
from apps.core.periods import Period, next_month, zone
from apps.core.sum_chart import SumChart
from apps.organisations.models import CostCentre, Organisation
from apps.organisations.selectors import centre_and_below
from apps.portal.budget_page.standing import PERIODS as PERIOD_WORDS
from apps.portal.centres_page.caps import Cap, caps_of
from apps.portal.centres_page.page import KINDS
from apps.portal.holdings import Holding, Shell
from apps.portal.overview_page.month import Month, load_month, month_chart, month_limit
from apps.portal.usage_page.shares import Shares, load_shares
from apps.usage.history import Wanted

MOST = 10
"""So many members and centres below it are shown, those that spent most."""


@dataclass(frozen=True, slots=True)
class CapLine:
    """A cap as it stands; `more` of its `tokens` were granted on top of what was set. So much is `likely`
    by the end of its period; None where it has no end."""

    period: Period
    tokens: int
    more: int
    spent: int
    resets_at: datetime | None
    likely: int | None

    @property
    def over(self) -> int:
        """What is likely to be missing."""
        return max((self.likely or 0) - self.tokens, 0)

    @property
    def left(self) -> int:
        return max(self.tokens - self.spent, 0)

    @property
    def used(self) -> int:
        """Ten thousandths used; a cap of nothing is wholly used."""
        return self.spent * 10_000 // self.tokens if self.tokens else 10_000

    @property
    def state(self) -> str:
        return state_of(self.tokens, self.spent)

    @property
    def width(self) -> str:
        return figures.filled(self.spent, self.tokens)

    @property
    def words(self) -> str:
        return _(PERIOD_WORDS[self.period])


@dataclass(frozen=True, slots=True)
class SubCentre:
    """A cost centre that lies directly below, and what was spent for it this month."""

    key: str
    name: str
    kind: str
    spent: int


@dataclass(frozen=True, slots=True)
class CentrePage:
    """A cost centre; `spent` this month and `last` month count what lies below it too. So many tokens of
    the wallet are still `reserved` for it. `people` and `below` are those with the most spending."""

    holding: Holding
    at: datetime
    zone: ZoneInfo
    key: str
    name: str
    kind: str
    parent: CostCentre | None
    spent: int
    last: int
    last_month: str
    caps: tuple[CapLine, ...]
    reserved: int
    month: SumChart | None
    below: tuple[SubCentre, ...]
    below_count: int
    people: tuple[MemberSpending, ...]
    people_count: int
    went: Shares
    usage_url: str

    @property
    def tightest(self) -> CapLine | None:
        """The cap that is used up most."""
        return max(self.caps, key=lambda cap: cap.used, default=None)


def load_centre_page(organisation: Organisation, holding: Holding, shell: Shell, key: str) -> CentrePage:
    """One cost centre: at most nine queries beside the shell's. NotFound where there is none."""
    found = centre_and_below(holding.organisation_id, key)
    if not found:
        raise NotFound("There is no such cost centre.")
    own = found[0]
    whose = Whose(holding.wallet_id, holding.calendar, holding.calendar.day_of(shell.at))
    rules = rules_of(organisation.pk)
    caps = [cap for cap in caps_of(key, rules, holding, whose.today) if cap.own is not None]
    direct = {row: _month_of(row.platform_id, whose) for row in found if row.parent_id == own.pk}
    marked = _marked(reserves_of(organisation.pk), key, whose)
    tally = load_tally(Tally(), [*(cap.limit for cap in caps), *direct.values(), *marked])
    people = members_spending(whose, centre=key, count=MOST)
    month = load_month((whose.wallet_id, COST_CENTRE, key), whose.today)
    return CentrePage(
        holding=holding,
        at=shell.at,
        zone=zone(holding.calendar.zone_at(shell.at)),
        key=key,
        name=own.name,
        kind=_kind(own),
        parent=own.parent,
        spent=max(sum(month.now), 0),
        last=max(sum(month.before), 0),
        last_month=figures.month_name(whose.last_month),
        caps=tuple(_cap(cap, tally, month) for cap in caps),
        reserved=sum(room(limit, tally) for limit in marked),
        month=_chart(month, rules, key),
        below=_most(direct, tally),
        below_count=len(direct),
        people=tuple(people),
        people_count=len(people) if len(people) < MOST else count_members(whose, centre=key),
        went=_went(found, holding, whose),
        usage_url=_usage_url(holding.slug, key, whose),
    )


def _month_of(key: str, whose: Whose) -> Limit:
    """This month of a centre, as a limit without a cap."""
    rule = LimitRule(COST_CENTRE, key, "month", None)
    return on_day(rule, (whose.wallet_id, COST_CENTRE, key), whose.calendar, whose.today)


def _marked(reserves: Sequence[Reserve], key: str, whose: Whose) -> list[Limit]:
    return [one.limit(whose.wallet_id) for one in reserves if one.centre == key]


def _kind(row: CostCentre) -> str:
    return _(KINDS[CostCentre.Kind(row.kind)])


def _cap(cap: Cap, tally: Tally, month: Month) -> CapLine:
    limit, own = cap.limit, cap.own or 0
    tokens, spent = limit.rule.tokens or 0, max(tally.spent(limit), 0)
    past = Past(month.history, month.now[-1])
    leads_to = likely_by_end(past, spent, limit.first, limit.end, month.today)
    return CapLine(limit.rule.period, tokens, tokens - own, spent, limit.resets_at, leads_to)


def _chart(month: Month, rules: Sequence[LimitRule], key: str) -> SumChart | None:
    limit = month_limit(rules, (COST_CENTRE, key), month.today)
    about = _("Tokens since the 1st that were spent for it and for all below it, open holds included.")
    return month_chart(month, limit, about=about)


def _went(centres: Sequence[CostCentre], holding: Holding, whose: Whose) -> Shares:
    """What this month went on, for the centre and all below it."""
    wanted = Wanted(whose.wallet_id, is_organisation=True, centre_ids=tuple(row.pk for row in centres))
    span = whose.calendar.start_of(whose.month), whose.calendar.start_of(next_month(whose.month))
    return load_shares(wanted, span, holding.price_book)


def _usage_url(slug: str, key: str, whose: Whose) -> str:
    """The organisation's usage page of this month, of the centre and all below it."""
    query = urlencode({"from": whose.month.isoformat(), "to": whose.today.isoformat(), "centre": key})
    return f"{reverse('organisation_usage', args=[slug])}?{query}"


def _most(direct: dict[CostCentre, Limit], tally: Tally) -> tuple[SubCentre, ...]:
    """The centres directly below, those with the most spending first."""
    found = [
        SubCentre(row.platform_id, row.name, _kind(row), max(tally.spent(limit), 0))
        for row, limit in direct.items()
    ]
    return tuple(sorted(found, key=lambda row: -row.spent)[:MOST])
