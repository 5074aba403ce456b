"""How somebody stands in the organisations they belong to: plan, use of today, requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, OuterRef, Q, Subquery, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.allocations.limits import MEMBER, LimitRule, on_day
from apps.allocations.models import LimitRequest
from apps.allocations.rules import SubjectRef
from apps.allocations.tallying import load_together
from apps.core import figures
from apps.core.periods import zone
from apps.organisations.models import CostCentre, Role
from apps.plans.models import Subscription
from apps.plans.quota import GENERATION, quota_on
from apps.plans.selectors import terms_of
from apps.portal.holdings import Holding, Shell
from apps.portal.members_page.people import ROLES
from apps.portal.wallet_page.limits import ONE_PERSON, Which, own_limits

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
    """One's own request, as it stands; `about` is whose limit, `centre` the name of a cost centre."""

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
    about: SubjectRef = ONE_PERSON
    centre: str = ""

    @property
    def which(self) -> Which:
        """The limit it is about."""
        return self.slug, self.about, self.period

    @property
    def is_open(self) -> bool:
        return self.state == LimitRequest.State.OPEN

    @property
    def words(self) -> str:
        return _(STATES[self.state])

    @property
    def limit(self) -> str:
        if self.about.type == MEMBER:
            return f"{self.organisation}, {_(PERIODS[self.period])}"
        return shared_title(self.organisation, self.centre, self.period)


def shared_title(organisation: str, centre: str, period: str) -> str:
    """What a limit is called that members share: that of a cost centre, or of everybody together."""
    words = {"organisation": organisation, "centre": centre, "period": _(PERIODS[period])}
    if centre:
        return _("%(organisation)s, all for %(centre)s, %(period)s") % words
    return _("%(organisation)s, everybody together, %(period)s") % words


def here_of(shell: Shell) -> tuple[Here, ...]:
    """Every organisation one belongs to: one query, and one for the quotas of plans."""
    own = shell.own()
    present = [holding for holding in shell.holdings if not holding.is_own and holding.present]
    if own is None or not present:
        return ()
    plans = Subscription.objects.filter(organisation__slug__in=[h.slug for h in present])
    terms: dict[str, list[Subscription]] = {}
    for held in plans.select_related("plan", "organisation"):
        terms.setdefault(held.organisation.slug, []).append(held)
    asked, quotas, todays, known = [], {}, {}, own_limits(shell).tally
    for holding in present:
        day = holding.calendar.day_of(shell.at)
        rule = LimitRule(MEMBER, own.owner_key, "day", None)
        today = on_day(rule, (holding.wallet_id, MEMBER, own.owner_key), holding.calendar, day)
        todays[holding.wallet_id] = known.spent(today)
        plan = next((p for p in map(terms_of, terms.get(holding.slug, [])) if p.holds_on(day)), None)
        if plan is not None:
            whole, mine = (
                quota_on(plan, scope=holding.wallet_id, calendar=holding.calendar, day=day, member=key)
                for key in ("", own.owner_key)
            )
            asked += [whole, mine]
            quotas[holding.slug] = (plan, whole, mine)
    tally = load_together(asked)
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
    """Every open request of the person whose shell it is, and the latest of the others: one query."""
    own = shell.own()
    if own is None:
        return ()
    centres = CostCentre.objects.filter(
        organisation=OuterRef("organisation"), platform_id=OuterRef("subject_key")
    )
    rows = LimitRequest.objects.filter(user__platform_id=own.owner_key).select_related("organisation")
    latest = rows.order_by("-asked_at", "-pk").values("pk")[:LATEST]
    rows = rows.annotate(centre=Subquery(centres.values("name")[:1]))
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
            SubjectRef(row.subject_type, "" if row.subject_type == MEMBER else row.subject_key),
            row.centre or row.subject_key,
        )
        for row in rows.filter(Q(state=LimitRequest.State.OPEN) | Q(pk__in=latest)).order_by(
            Case(When(state=LimitRequest.State.OPEN, then=0), default=1), "-asked_at", "-pk"
        )
    )
