"""How an organisation's plan stands: what of its quota is used, by whom, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from apps.allocations.limits import Tally
from apps.allocations.tallying import TABLE, load_tally, tally_on
from apps.core import sql
from apps.organisations.models import Organisation
from apps.plans.models import Subscription
from apps.plans.quota import GENERATION, PLAN_MEMBER, Terms, quota_on
from apps.plans.services import subscription_on
from apps.wallets.books import project
from apps.wallets.models import Wallet
from apps.wallets.state import Desk


@dataclass(frozen=True, slots=True)
class PlanUsage:
    """An organisation's plan in the period under way: generations used of its quota, `yours` of one member.

    `first` is the period's first day, `resets_at` when the next begins; `coming` is what holds then if
    that is something else, `ends` whether nothing does.
    """

    name: str
    price_minor: int
    period: str
    quota: int
    used: int
    yours: int
    first: date
    resets_at: datetime
    coming: Subscription | None
    ends: bool

    @property
    def left(self) -> int:
        return max(self.quota - self.used, 0)


def plan_usage(
    wallet: Wallet, *, at: datetime, member: str = "", desk: Desk | None = None
) -> PlanUsage | None:
    """The plan of an organisation's wallet, holds past their deadline not counted; None without one.

    `desk` is one that has the wallet, projected to the instant.
    """
    desk = desk or project([wallet.pk], at=at)
    calendar = desk.wallets[wallet.pk].calendar
    day = calendar.day_of(at)
    rows = list(Subscription.objects.filter(organisation_id=wallet.organisation_id or 0).order_by("from_on"))
    held = next((row for row in rows if terms_of(row).holds_on(day)), None)
    if held is None:
        return None
    terms = terms_of(held)
    quota = quota_on(terms, scope=wallet.pk, calendar=calendar, day=day)
    theirs = quota_on(terms, scope=wallet.pk, calendar=calendar, day=day, member=member)
    tally = load_tally(Tally(added=tally_on(desk).added), [quota, theirs])
    return PlanUsage(
        name=held.name,
        price_minor=held.price_minor,
        period=held.period,
        quota=held.quota,
        used=tally.spent(quota) // GENERATION,
        yours=tally.spent(theirs) // GENERATION if member else 0,
        first=quota.first,
        resets_at=quota.resets_at or at,
        coming=next((row for row in rows if row.from_on > day), None),
        ends=held.until_on is not None and not any(row.from_on > day for row in rows),
    )


def plan_of(organisation: Organisation, *, at: datetime) -> Subscription | None:
    """The plan that an organisation has now."""
    wallet = Wallet.objects.get(organisation=organisation)
    return subscription_on(organisation, wallet.calendar.day_of(at))


def terms_of(held: Subscription) -> Terms:
    """What a subscription allows, as a value."""
    return Terms(held.name, held.period, held.quota, held.from_on, held.until_on)


def generations_by_member(wallet_id: int, first: date, end: date) -> dict[str, int]:
    """Generations of the days from `first` until before `end`, by the platform's id of who used them."""
    rows = sql.fetch(
        f"SELECT subject_key, SUM(spent_micro) FROM {TABLE} WHERE scope_id = %s AND subject_type = %s "
        "AND day >= %s AND day < %s GROUP BY subject_key HAVING SUM(spent_micro) <> 0 ORDER BY 2 DESC, 1",
        [wallet_id, PLAN_MEMBER, first, end],
    )
    return {key: int(count) // GENERATION for key, count in rows}
