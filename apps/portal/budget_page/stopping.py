"""What limits did not let through: those on the person, and those that members share.

Of a shared limit a person reads what the refusal told them, never how it stands now: what everybody
together has spent since is for those who read the organisation's money.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.db.models.fields.json import KT

from apps.allocations.limits import COST_CENTRE, MEMBER, MEMBERS, ROLE, Limit, apply_shared
from apps.allocations.rules import SubjectRef
from apps.core.periods import PERIODS, Period, first_day
from apps.core.units import parse_tokens
from apps.organisations.models import CostCentre
from apps.portal.budget_page.standing import Asked, shared_title
from apps.portal.holdings import Holding, Shell
from apps.portal.wallet_page.limits import ONE_PERSON, Held, Which, all_rules, as_refused, own_limits
from apps.usage.models import DeniedAttempt
from apps.usage.selectors import EPOCH

LOOKED_AT = 10
"""So many of the latest refusals are looked at."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """Something that a limit did not let through in its present period, and nothing was lifted since.

    The person's own limit is as it stands now, a shared one as it stood `at` that time.
    """

    limit: Held
    at: datetime

    @property
    def is_shared(self) -> bool:
        return self.limit.about.type != MEMBER


def stops(own: Holding, held: Sequence[Held], asked: Sequence[Asked], shell: Shell) -> tuple[Stopped, ...]:
    """The last refusal by each limit that still holds as it did then, the latest first: one query, and
    one more for each organisation whose shared limit stopped somebody."""
    places = {h.owner_key: h for h in shell.holdings if not h.is_own and h.present}
    found: dict[Which, Stopped] = {}
    for refusal in _refusals(own.owner_key):
        holding = places.get(refusal.organisation)
        if holding is None:
            continue
        if refusal.about.type in (MEMBER, ROLE, MEMBERS):
            limit = _own(refusal, holding, held, asked, shell)
        else:
            limit = _shared(refusal, holding, shell)
        if limit is not None:
            found.setdefault(limit.which, Stopped(limit, refusal.at))
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class _Refusal:
    """What somebody was told when a limit refused; micro-tokens."""

    at: datetime
    organisation: str
    about: SubjectRef
    centre: str
    period: str
    tokens: int
    spent: int


def _refusals(key: str) -> list[_Refusal]:
    """The latest refusals by limits, the last first, with the names of cost centres: one query."""
    centres = CostCentre.objects.filter(
        organisation__platform_id=OuterRef("organisation_key"), platform_id=OuterRef("named")
    )
    rows = (
        DeniedAttempt.objects.filter(user_key=key, code="limit_reached", limit__isnull=False)
        .annotate(named=KT("limit__subject__id"))
        .annotate(centre=Subquery(centres.values("name")[:1]))
        .order_by("-at", "-pk")
        .values_list("at", "organisation_key", "limit", "centre")
    )
    return [
        _Refusal(
            at=at,
            organisation=organisation,
            about=SubjectRef(limit["subject"]["type"], limit["subject"].get("id", "")),
            centre=centre or limit["subject"].get("id", ""),
            period=limit["period"],
            tokens=parse_tokens(limit["tokens"]),
            spent=parse_tokens(limit["spent"]),
        )
        for at, organisation, limit, centre in rows[:LOOKED_AT]
        if limit
    ]


def _own(
    refusal: _Refusal, holding: Holding, held: Iterable[Held], asked: Sequence[Asked], shell: Shell
) -> Held | None:
    """The limit on the person that refused, as it stands; None if it was lifted or began again since."""
    which = (holding.slug, ONE_PERSON, refusal.period)
    limit = next((limit for limit in held if limit.which == which), None)
    if limit is None or refusal.at <= _as_it_is_since(limit, holding, asked, shell):
        return None
    return limit


def _as_it_is_since(limit: Held, holding: Holding, asked: Sequence[Asked], shell: Shell) -> datetime:
    """Since when the person's limit stands as it does: its period began, it was set, or more was granted."""
    period = _period(limit.period)
    chain = own_limits(shell).chains.get((holding.wallet_id, period), ())
    was_set = [link.set_at for link in chain[:1] if link.set_at]
    granted = [one.decided_at for one in asked if one.decided_at and one.granted and one.which == limit.which]
    return max([_began(period, holding, shell), *was_set, *granted])


def _shared(refusal: _Refusal, holding: Holding, shell: Shell) -> Held | None:
    """The shared limit that refused, as it stood then; None if it was changed or began again since."""
    limit = _limit_now(refusal, holding, shell)
    if limit is None or limit.rule.tokens != refusal.tokens:
        return None
    if refusal.at <= _began(limit.rule.period, holding, shell):
        return None
    title = shared_title(holding.name, refusal.centre, refusal.period)
    return as_refused(limit, refusal.spent, title, holding.slug)


def _limit_now(refusal: _Refusal, holding: Holding, shell: Shell) -> Limit | None:
    about = refusal.about
    found = apply_shared(
        all_rules(holding, shell),
        scope=holding.wallet_id,
        calendar=holding.calendar,
        day=holding.calendar.day_of(shell.at),
        cost_centres=[about.key] if about.type == COST_CENTRE else [],
    )
    wanted = (about.type, about.key, refusal.period)
    return next(
        (n for n in found if (n.rule.subject_type, n.rule.subject_key, n.rule.period) == wanted), None
    )


def _began(period: Period, holding: Holding, shell: Shell) -> datetime:
    """When the period began that holds now."""
    if period == "total":
        return EPOCH
    return holding.calendar.start_of(first_day(period, holding.calendar.day_of(shell.at)))


def _period(text: str) -> Period:
    return next(period for period in PERIODS if period == text)
