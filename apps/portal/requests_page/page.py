"""Requests of an organisation's members: what waits, with what a grant would do, and what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.allocations import limits
from apps.allocations.limits import Limit, LimitRule
from apps.allocations.models import LimitRequest
from apps.allocations.selectors import rules_of, state_of
from apps.allocations.tallying import load_together
from apps.core.periods import zone
from apps.organisations.models import CostCentre, Membership, Organisation
from apps.portal.allocations_page.page import names_of
from apps.portal.amounts import typed_amount
from apps.portal.budget_page.standing import PERIODS, STATES
from apps.portal.holdings import Holding, Shell
from apps.portal.sorting import Heading, field_of, headings

ROOM = 20
MOST = 10_000
COLUMNS = ("-when", "who", "-tokens")
FIELDS = {"when": "decided_at", "who": "user__name", "tokens": "tokens_micro"}
SUBJECTS = {
    limits.MEMBER: gettext_noop("limit on this person"),
    limits.ORGANISATION: gettext_noop("limit of the organisation"),
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request with its limit as it stands; `tokens` is asked for, all in micro-tokens.

    `limit` None: no such limit holds any more.
    """

    row: LimitRequest
    name: str
    which: str
    cap: int | None
    spent: int
    resets_at: datetime | None

    @property
    def left(self) -> int:
        return max((self.cap or 0) - self.spent, 0)

    @property
    def after(self) -> int:
        return (self.cap or 0) + self.row.tokens_micro

    @property
    def state(self) -> str:
        return state_of(self.cap, self.spent)

    @property
    def may_lapse(self) -> bool:
        """Whether the limit has a period that ends."""
        return self.row.period != "total"

    @property
    def asked(self) -> str:
        """The amount as somebody would type it."""
        return typed_amount(self.row.tokens_micro)


@dataclass(frozen=True, slots=True)
class Decided:
    row: LimitRequest
    name: str
    which: str
    by: str

    @property
    def words(self) -> str:
        return _(STATES[self.row.state])


@dataclass(frozen=True, slots=True)
class RequestsPage:
    """What waits, the longest first, and a page of what was decided, in an order of its own."""

    holding: Holding
    at: datetime
    zone: ZoneInfo
    waiting: tuple[Waiting, ...]
    decided: tuple[Decided, ...]
    number: int
    more: bool
    order: str

    @property
    def headings(self) -> dict[str, Heading]:
        labels = dict(zip(COLUMNS, (_("When"), _("Who asked"), _("Asked for")), strict=True))
        return headings(labels, self.order or "-when")


def load_requests_page(
    organisation: Organisation, holding: Holding, shell: Shell, *, number: int, order: str = ""
) -> RequestsPage:
    """Requests with their limits: six queries beside the shell's."""
    rows = list(
        LimitRequest.objects.filter(organisation=organisation, state=LimitRequest.State.OPEN)
        .select_related("user")
        .order_by("asked_at", "pk")[:200]
    )
    past = LimitRequest.objects.filter(organisation=organisation).exclude(state=LimitRequest.State.OPEN)
    first = (number - 1) * ROOM
    past = past.order_by(field_of(order or "-when", FIELDS), "-decided_at", "-pk")
    decided = list(past.select_related("user")[first : first + ROOM + 1])
    centres = dict(
        CostCentre.objects.filter(organisation=organisation).values_list("platform_id", "name")
        if any(row.subject_type == limits.COST_CENTRE for row in [*rows, *decided])
        else []
    )
    names = names_of({row.decided_by for row in decided})
    found = _limits(organisation, holding, rows, shell.at)
    tally = load_together([limit for limit in found if limit])
    waiting = [
        Waiting(
            row,
            str(row.user),
            _which(row, centres),
            limit.rule.tokens if limit else None,
            max(tally.spent(limit), 0) if limit else 0,
            limit.resets_at if limit else None,
        )
        for row, limit in zip(rows, found, strict=True)
    ]
    return RequestsPage(
        holding=holding,
        at=shell.at,
        zone=zone(holding.calendar.zone_at(shell.at)),
        waiting=tuple(waiting),
        decided=tuple(
            Decided(
                row,
                str(row.user),
                _which(row, centres),
                names.get(row.decided_by, row.decided_by.partition(":")[2] or row.decided_by),
            )
            for row in decided[:ROOM]
        ),
        number=number,
        more=len(decided) > ROOM,
        order=order,
    )


def all_requests(organisation: Organisation) -> list[Decided]:
    """Every request, the latest first, at most `MOST`, decided or not: three queries."""
    rows = LimitRequest.objects.filter(organisation=organisation).select_related("user")
    found = list(rows.order_by("-asked_at", "-pk")[:MOST])
    centres = dict(CostCentre.objects.filter(organisation=organisation).values_list("platform_id", "name"))
    names = names_of({row.decided_by for row in found})
    return [
        Decided(row, str(row.user), _which(row, centres), names.get(row.decided_by, row.decided_by))
        for row in found
    ]


def _which(row: LimitRequest, centres: dict[str, str]) -> str:
    period = _(PERIODS[row.period])
    if row.subject_type == limits.COST_CENTRE:
        name = centres.get(row.subject_key, row.subject_key)
        return _("limit of %(name)s %(period)s") % {"name": name, "period": period}
    return f"{_(SUBJECTS[row.subject_type])} {period}"


def _limits(
    organisation: Organisation, holding: Holding, rows: Sequence[LimitRequest], at: datetime
) -> list[Limit | None]:
    """The limit that each request is about, as it holds now."""
    if not rows:
        return []
    rules = rules_of(organisation.pk)
    roles = dict(
        Membership.objects.filter(
            organisation=organisation, ended_at=None, user__in=[row.user_id for row in rows]
        ).values_list("user_id", "role")
    )
    return [_limit(row, rules, holding, roles.get(row.user_id), at) for row in rows]


def _limit(
    row: LimitRequest, rules: Sequence[LimitRule], holding: Holding, role: str | None, at: datetime
) -> Limit | None:
    day, key = holding.calendar.day_of(at), row.user.platform_id
    centres = [row.subject_key] if row.subject_type == limits.COST_CENTRE else []
    found = limits.apply(
        rules,
        scope=holding.wallet_id,
        calendar=holding.calendar,
        day=day,
        member=key,
        role=role,
        cost_centres=centres,
    )
    personal = row.subject_type == limits.MEMBER
    kinds = (limits.MEMBER, limits.ROLE, limits.MEMBERS) if personal else (row.subject_type,)
    return next((n for n in found if n.rule.period == row.period and n.rule.subject_type in kinds), None)
