"""Everything the budget page shows, read at one instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from apps.allocations.limits import PERSONAL, LimitRule, on_day
from apps.core import figures
from apps.core.periods import Calendar, zone
from apps.organisations.models import Membership, Role
from apps.portal.budget_page.effects import AlertEffect, BudgetEffect
from apps.portal.budget_page.forms import AlertForm, BudgetForm
from apps.portal.budget_page.pace import Pace, pace_of
from apps.portal.budget_page.standing import Asked, Here, asked_by, here_of
from apps.portal.budget_page.stopping import Stopped, stops
from apps.portal.holdings import Holding, Shell
from apps.portal.wallet_page.limits import Held, held_limits, own_limits

DECIDERS = 4
"""So many people are named as those who decide."""


@dataclass(frozen=True, slots=True)
class Deciders:
    """Who sets the limits of an organisation."""

    organisation: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BudgetPage:
    """What a person may still spend. Amounts are micro-tokens, times are shown in `zone`.

    `limits` are those of organisations, the one with the least left first; `personal` is one's own budget,
    None where there is none; `spent` is what one's own wallet paid this month. `here` are the organisations
    one belongs to, `asked` one's requests, the open ones first; `worth` is what is available in money,
    `stops` what limits did not let through, the last first; `pace` how the tightest limit's period goes.
    `shared_by` are the organisations in which a limit holds for everybody together.
    """

    holding: Holding
    at: datetime
    zone: ZoneInfo
    available: int
    limits: tuple[Held, ...]
    personal: Held | None
    spent: int
    resets: str
    deciders: tuple[Deciders, ...]
    here: tuple[Here, ...]
    asked: tuple[Asked, ...]
    worth: str
    stops: tuple[Stopped, ...]
    pace: Pace | None
    shared_by: tuple[str, ...]

    @property
    def stopped(self) -> Stopped | None:
        """The last thing that a limit did not let through."""
        return self.stops[0] if self.stops else None

    @property
    def shared_stops(self) -> list[Stopped]:
        """What limits that members share did not let through."""
        return [stop for stop in self.stops if stop.is_shared]

    @property
    def reached(self) -> Held | None:
        """A limit under which nothing is left, or too little for what was last asked for."""
        held = next((limit for limit in self.limits if limit.is_reached), None)
        return held or (self.stopped.limit if self.stopped else None)

    @property
    def may_ask(self) -> Held | None:
        """The limit to ask about: what is reached, else the tightest; none that is being asked about."""
        waiting = {asked.which for asked in self.asked if asked.is_open}
        first = [self.reached] if self.reached else []
        return next((limit for limit in (*first, *self.limits) if limit.which not in waiting), None)

    @property
    def is_asked(self) -> bool:
        """Whether more of what is reached is being asked for."""
        waiting = {asked.which for asked in self.asked if asked.is_open}
        return self.reached is not None and self.reached.which in waiting

    @property
    def tightest(self) -> Held | None:
        """The limit with the least left: an organisation's, else one's own budget."""
        return self.limits[0] if self.limits else self.personal

    def effect_of_budget(self, tokens: int | None, blocks: bool) -> BudgetEffect:
        before = self.personal.tokens if self.personal else None
        return BudgetEffect(before, tokens, blocks, self.spent, self.resets)

    def effect_of_alert(self, below: int | None) -> AlertEffect:
        return AlertEffect(self.holding.alert_below, below, self.available)


@dataclass(frozen=True, slots=True)
class Asking:
    """The forms as they were sent, or as things stand, and the effect of what was asked for."""

    budget: BudgetForm
    alert: AlertForm
    budget_effect: BudgetEffect | None = None
    alert_effect: AlertEffect | None = None


def load_budget_page(own: Holding, shell: Shell) -> BudgetPage:
    """The budget page of the person's own wallet: at most ten queries beside the shell's."""
    wallet, at = shell.desk.wallets[own.wallet_id], shell.at
    limits, asked = held_limits(shell), asked_by(shell)
    others = sorted((limit for limit in limits if not limit.is_personal), key=lambda limit: limit.left)
    place = zone(wallet.calendar.zone_at(at))
    stopped = stops(own, others, asked, shell)
    return BudgetPage(
        holding=own,
        at=at,
        zone=place,
        available=wallet.available,
        limits=tuple(others),
        personal=next((limit for limit in limits if limit.is_personal), None),
        spent=_spent(own, wallet.calendar, shell),
        resets=_resets(wallet.calendar, at, place),
        deciders=_deciders(shell) if others or stopped else (),
        here=here_of(shell),
        asked=asked,
        worth=figures.money(wallet.available, own.token_price_minor, own.currency),
        stops=stopped,
        pace=pace_of(others[0], own, shell) if others else None,
        shared_by=_shared_by(shell),
    )


def _spent(own: Holding, calendar: Calendar, shell: Shell) -> int:
    """What the person's own wallet paid this month, whether or not there is a budget."""
    rule = LimitRule(PERSONAL, "", "month", None)
    month = on_day(rule, (own.wallet_id, PERSONAL, ""), calendar, calendar.day_of(shell.at))
    return own_limits(shell).tally.spent(month)


def _shared_by(shell: Shell) -> tuple[str, ...]:
    shared = own_limits(shell).shared
    return tuple(holding.name for holding in shell.holdings if holding.wallet_id in shared)


def _resets(calendar: Calendar, at: datetime, place: ZoneInfo) -> str:
    ends = calendar.resets_at("month", at)
    return figures.deadline(ends, at, place) if ends else ""


def _deciders(shell: Shell) -> tuple[Deciders, ...]:
    """Owners and admins of the organisations that the person belongs to."""
    present = [h.wallet_id for h in shell.holdings if not h.is_own and h.present]
    rows = Membership.objects.filter(
        organisation__wallet__in=present, role__in=(Role.OWNER, Role.ADMIN), ended_at=None
    ).select_related("user", "organisation")
    found: dict[str, list[str]] = {}
    for row in rows.order_by("organisation__name", "-role", "pk")[: DECIDERS * len(present)]:
        found.setdefault(row.organisation.name, []).append(str(row.user))
    return tuple(Deciders(name, tuple(people[:DECIDERS])) for name, people in found.items())
