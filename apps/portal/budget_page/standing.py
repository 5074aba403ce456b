"""How somebody stands in the organisations they belong to: plan, use of today, requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.allocations.limits import MEMBER, LimitRule, on_day
from apps.allocations.models import LimitRequest
from apps.allocations.tallying import load_together
from apps.core import figures
from apps.core.periods import PERIODS as ALL_PERIODS
from apps.core.periods import Period, first_day, zone
from apps.organisations.models import Role
from apps.plans.models import Subscription
from apps.plans.quota import GENERATION, quota_on
from apps.plans.selectors import terms_of
from apps.portal.holdings import Holding, Shell
from apps.portal.members_page.people import ROLES
from apps.portal.wallet_page.limits import Held, own_limits
from apps.usage.models import DeniedAttempt

LATEST = 5
STATES = {
    "open": gettext_noop("Waiting"),
    "granted": gettext_noop("Granted until the period ends"),
    "raised": gettext_noop("Granted for good"),
    "declined": gettext_noop("Declined"),
    "withdrawn": gettext_noop("Taken back"),
}
PERIODS = {
    "day": gettext_noop("per day"),
    "week": gettext_noop("per week"),
    "month": gettext_noop("per month"),
    "total": gettext_noop("in total"),
}


@dataclass(frozen=True, slots=True)
class PlanShown:
    """A plan's quota as a person sees it: generations, the person's own among them."""

    name: str
    used: int
    quota: int
    yours: int
    since: str
    resets: str

    @property
    def width(self) -> str:
        return figures.filled(self.used, self.quota)

    @property
    def others(self) -> int:
        return self.used - self.yours

    @property
    def state(self) -> str:
        if self.used >= self.quota:
            return "reached"
        return "near" if self.used * 5 >= self.quota * 4 else "within"


@dataclass(frozen=True, slots=True)
class Here:
    """An organisation that somebody belongs to: `today` is what it paid for them since midnight, micro."""

    holding: Holding
    role: str
    today: int
    plan: PlanShown | None


@dataclass(frozen=True, slots=True)
class Asked:
    """One's own request, as it stands."""

    id: int
    organisation: str
    slug: str
    period: str
    tokens: int
    granted: int | None
    reason: str
    state: str
    at: datetime
    answer: str
    decided_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.state == LimitRequest.State.OPEN

    @property
    def words(self) -> str:
        return _(STATES[self.state])

    @property
    def limit(self) -> str:
        return f"{self.organisation}, {_(PERIODS[self.period])}"


@dataclass(frozen=True, slots=True)
class Stopped:
    """Something that a limit did not let through in its present period, and nothing was lifted since."""

    limit: Held
    at: datetime


def stopped_by(own: Holding, held: Sequence[Held], asked: Sequence[Asked], shell: Shell) -> Stopped | None:
    """The last refusal by a limit that still holds as it did then: one query."""
    names = {holding.owner_key: holding for holding in shell.holdings if not holding.is_own}
    rows = DeniedAttempt.objects.filter(user_key=own.owner_key, code="limit_reached").order_by("-at", "-pk")
    for row in rows[:5]:
        holding, period = names.get(row.organisation_key), (row.limit or {}).get("period", "")
        found = [limit for limit in held if holding and (limit.slug, limit.period) == (holding.slug, period)]
        if holding is not None and found and row.at > _as_it_is_since(found[0], holding, asked, shell):
            return Stopped(found[0], row.at)
    return None


def _as_it_is_since(limit: Held, holding: Holding, asked: Sequence[Asked], shell: Shell) -> datetime:
    """Since when the limit stands as it does: its period began, it was set, or more was granted."""
    period = _period(limit.period)
    began = (
        [holding.calendar.start_of(first_day(period, holding.calendar.day_of(shell.at)))]
        if period != "total"
        else []
    )
    chain = own_limits(shell).chains.get((holding.wallet_id, period), ())
    was_set = [link.set_at for link in chain[:1] if link.set_at]
    granted = [
        one.decided_at
        for one in asked
        if one.decided_at and one.granted and (one.slug, one.period) == (limit.slug, limit.period)
    ]
    return max([*began, *was_set, *granted], default=EPOCH)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _period(text: str) -> Period:
    return next(period for period in ALL_PERIODS if period == text)


def here_of(shell: Shell) -> tuple[Here, ...]:
    """Every organisation one belongs to: two queries."""
    own = shell.own()
    present = [holding for holding in shell.holdings if not holding.is_own and holding.present]
    if own is None or not present:
        return ()
    plans = Subscription.objects.filter(organisation__slug__in=[h.slug for h in present])
    terms: dict[str, list[Subscription]] = {}
    for held in plans.select_related("plan", "organisation"):
        terms.setdefault(held.organisation.slug, []).append(held)
    asked, quotas = [], {}
    for holding in present:
        day = holding.calendar.day_of(shell.at)
        rule = LimitRule(MEMBER, own.owner_key, "day", None)
        asked.append(on_day(rule, (holding.wallet_id, MEMBER, own.owner_key), holding.calendar, day))
        plan = next((p for p in map(terms_of, terms.get(holding.slug, [])) if p.holds_on(day)), None)
        if plan is not None:
            whole, mine = (
                quota_on(plan, scope=holding.wallet_id, calendar=holding.calendar, day=day, member=key)
                for key in ("", own.owner_key)
            )
            asked += [whole, mine]
            quotas[holding.slug] = (plan, whole, mine)
    tally = load_together(asked)
    todays = {limit.total[0]: tally.spent(limit) for limit in asked if limit.rule.subject_type == MEMBER}
    found = []
    for holding in present:
        shown = None
        if holding.slug in quotas:
            plan, whole, mine = quotas[holding.slug]
            shown = PlanShown(
                plan.name,
                tally.spent(whole) // GENERATION,
                plan.quota,
                tally.spent(mine) // GENERATION,
                figures.day_name(whole.first),
                figures.deadline(whole.resets_at, shell.at, zone(holding.calendar.zone_at(shell.at)))
                if whole.resets_at
                else "",
            )
        found.append(Here(holding, _(ROLES[Role(holding.role)]), todays[holding.wallet_id], shown))
    return tuple(found)


def asked_by(shell: Shell) -> tuple[Asked, ...]:
    """The latest requests of the person whose shell it is: one query."""
    own = shell.own()
    if own is None:
        return ()
    rows = LimitRequest.objects.filter(user__platform_id=own.owner_key).select_related("organisation")
    return tuple(
        Asked(
            row.pk,
            row.organisation.name,
            row.organisation.slug,
            row.period,
            row.tokens_micro,
            row.granted_micro,
            row.reason,
            row.state,
            row.asked_at,
            row.answer,
            row.decided_at,
        )
        for row in rows.order_by("-asked_at", "-pk")[:LATEST]
    )
