"""The plan's quota with counts per person, above the history of generations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from apps.core import figures
from apps.core.periods import zone
from apps.core.units import MICRO
from apps.identity.models import User
from apps.plans.selectors import PlanUsage, generations_by_member, plan_usage
from apps.portal.holdings import Holding, Shell
from apps.portal.plan_page.history import Asked, History, organisation_history
from apps.wallets.models import Wallet

FIRST_PEOPLE = 20
MOST_PEOPLE = 1_000


@dataclass(frozen=True, slots=True)
class Count:
    """How many generations of the period somebody used."""

    name: str
    key: str
    count: int
    width: str


@dataclass(frozen=True, slots=True)
class PlanPage:
    holding: Holding
    at: datetime
    zone: ZoneInfo
    plan: PlanUsage | None
    price: str
    counts: tuple[Count, ...]
    history: History

    @property
    def first_counts(self) -> tuple[Count, ...]:
        """Those who used most; the others stand behind them."""
        return self.counts[:FIRST_PEOPLE]

    @property
    def more_counts(self) -> tuple[Count, ...]:
        return self.counts[FIRST_PEOPLE:]

    @property
    def width(self) -> str:
        return figures.filled(self.plan.used, self.plan.quota) if self.plan else "100%"

    @property
    def state(self) -> str:
        if self.plan is None or self.plan.used >= self.plan.quota:
            return "reached"
        return "near" if self.plan.used * 5 >= self.plan.quota * 4 else "within"

    @property
    def since(self) -> str:
        return figures.day_and_year(self.plan.first) if self.plan else ""

    @property
    def coming(self) -> str:
        """What holds from the next period on, if that is something else."""
        if self.plan is None:
            return ""
        if self.plan.coming is not None:
            words = {
                "name": self.plan.coming.name,
                "quota": figures.count(self.plan.coming.quota),
                "day": figures.day_and_year(self.plan.coming.from_on),
            }
            return _("From %(day)s on: %(name)s, %(quota)s generations.") % words
        if self.plan.ends:
            return _("The plan ends with this period.")
        return ""


def load_plan_page(holding: Holding, shell: Shell, asked: Asked) -> PlanPage:
    """The plan and a page of generations: at most ten queries beside the shell's."""
    wallet = Wallet.objects.get(pk=holding.wallet_id)
    plan = plan_usage(wallet, at=shell.at, desk=shell.desk)
    by_member = generations_by_member(wallet.pk, plan.first, _end(plan, holding)) if plan else {}
    return PlanPage(
        holding=holding,
        at=shell.at,
        zone=zone(holding.calendar.zone_at(shell.at)),
        plan=plan,
        price=_price(plan, holding),
        counts=_counts(by_member),
        history=organisation_history(holding, asked, shell.at),
    )


def _end(plan: PlanUsage, holding: Holding) -> date:
    return holding.calendar.day_of(plan.resets_at)


def _price(plan: PlanUsage | None, holding: Holding) -> str:
    return figures.money(plan.price_minor * MICRO, 1, holding.currency) if plan else ""


def _counts(by_member: Mapping[str, int]) -> tuple[Count, ...]:
    first = list(by_member.items())[:MOST_PEOPLE]
    users = User.objects.filter(platform_id__in=[key for key, _count in first])
    names = {user.platform_id: str(user) for user in users}
    most = max(by_member.values(), default=0)
    return tuple(Count(names.get(key, key), key, count, figures.percent(count, most)) for key, count in first)
