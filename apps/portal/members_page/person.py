"""One member on a page of their own: spending, limits and why those, allocations, requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from apps.allocations.limits import MEMBER, MEMBERS, ROLE, Limit, Tally
from apps.allocations.models import Allocation, FundingRule, LimitRequest
from apps.allocations.own_limits import Link, OwnLimits, Place, load_own_limits
from apps.allocations.selectors import state_of
from apps.allocations.spending import MemberSpending, Whose, members_spending
from apps.core import figures, sql
from apps.core.errors import NotFound
from apps.core.periods import PERIODS, Period, zone
from apps.organisations.models import CostCentre, Membership, Organisation, Role
from apps.portal.budget_page.standing import PERIODS as PERIOD_WORDS
from apps.portal.budget_page.standing import STATES, shared_title
from apps.portal.coverage_page.words import coverage_sentence
from apps.portal.holdings import Holding, Shell
from apps.portal.members_page.people import ROLES, usage_url

LATEST = 10


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A rule that could hold, in words; the one that does is `holds`, those after it are overruled."""

    name: str
    value: str
    holds: bool
    overruled: bool


@dataclass(frozen=True, slots=True)
class PeriodLimit:
    """What holds for one period, and through which rules. Micro-tokens; `tokens` None is no limit."""

    period: Period
    words: str
    chain: tuple[ChainLink, ...]
    tokens: int | None
    spent: int
    resets_at: datetime | None
    more: int

    @property
    def left(self) -> int:
        return max((self.tokens or 0) - self.spent, 0)

    @property
    def state(self) -> str:
        return state_of(self.tokens, self.spent)

    @property
    def width(self) -> str:
        return figures.filled(self.spent, self.tokens)


@dataclass(frozen=True, slots=True)
class Given:
    """An allocation or a reclaim of this member; `tokens` is signed."""

    number: int
    at: datetime
    tokens: int
    note: str
    by: str


@dataclass(frozen=True, slots=True)
class AskedFor:
    """A request of the member's; `shared` names a limit that is not the member's own."""

    row: LimitRequest
    shared: str

    @property
    def words(self) -> str:
        return _(STATES[self.row.state])

    @property
    def period(self) -> str:
        return _(PERIOD_WORDS[self.row.period])


@dataclass(frozen=True, slots=True)
class PersonPage:
    """A member; `bar` is their own word on allocations (None: the role's holds), `barred` what follows.

    `centres` are (key, name) of those they belong to.
    """

    holding: Holding
    at: datetime
    zone: ZoneInfo
    key: str
    name: str
    email: str
    role: str
    role_name: str
    joined_at: datetime
    spending: MemberSpending
    days: str
    last_month: str
    limits: tuple[PeriodLimit, ...]
    given: tuple[Given, ...]
    asked: tuple[AskedFor, ...]
    bar: bool | None
    barred: bool
    coverage: str
    centres: tuple[tuple[str, str], ...]
    usage_url: str
    is_last_owner: bool

    @property
    def roles(self) -> list[tuple[str, str]]:
        return [(role.value, _(name)) for role, name in ROLES.items()]


def load_person_page(organisation: Organisation, holding: Holding, shell: Shell, key: str) -> PersonPage:
    """One present member: at most ten queries beside the shell's. NotFound for somebody else."""
    members = Membership.objects.filter(organisation=organisation, ended_at=None)
    member = members.filter(user__platform_id=key).select_related("user").first()
    if member is None:
        raise NotFound("There is no such member.")
    whose = Whose(holding.wallet_id, holding.calendar, holding.calendar.day_of(shell.at))
    place = Place(holding.wallet_id, member.role, holding.calendar)
    found = members_spending(whose, keys=(key,), count=1)
    own = load_own_limits(key, [place], own=None, at=shell.at)
    said = said_of(organisation, member, member.role)
    bars = said.bars
    bar = bars.get(("member", key))
    rule = said.funding(key, member.role)
    owners = members.filter(role=Role.OWNER).count() if member.role == Role.OWNER else 0
    return PersonPage(
        holding=holding,
        at=shell.at,
        zone=zone(holding.calendar.zone_at(shell.at)),
        key=key,
        name=str(member.user),
        email=member.user.email,
        role=member.role,
        role_name=_(ROLES[Role(member.role)]),
        joined_at=member.joined_at,
        spending=found[0],
        days=figures.days_between(whose.month, whose.today),
        last_month=figures.month_name(whose.last_month),
        limits=_limits(own, holding, member.role),
        given=_given(organisation, key),
        asked=_asked(organisation, member),
        bar=bar,
        barred=bar if bar is not None else bars.get(("role", member.role), False),
        coverage=coverage_sentence(str(member.user), holding.name, rule, [n.rule for n in own.limits]),
        centres=tuple(sorted(said.centres, key=lambda centre: centre[1].casefold())),
        usage_url=usage_url(holding.slug, key, whose.month, whose.today),
        is_last_owner=owners == 1,
    )


@dataclass(slots=True)
class Said:
    """What was said about a member and the role: bars, who pays, cost centres as (key, name)."""

    bars: dict[tuple[str, str], bool] = field(default_factory=dict)
    rules: dict[str, FundingRule] = field(default_factory=dict)
    centres: list[tuple[str, str]] = field(default_factory=list)
    centre_keys: list[str] = field(default_factory=list)

    def funding(self, key: str, role: str) -> FundingRule:
        """The member's own rule, else the role's, else the organisation's, else nothing covered."""
        order = (self.rules.get(subject) for subject in ("member", "role", "organisation"))
        return next((rule for rule in order if rule), FundingRule(mode=FundingRule.Mode.MEMBER_WALLETS))


_SAID = """
SELECT 'bar', subject_type, subject_key, '', CASE WHEN barred THEN 1 ELSE 0 END
FROM allocations_allocationbar WHERE organisation_id = %s AND subject_key IN (%s, %s)
UNION ALL
SELECT 'funding', subject_type, subject_key, mode, coverage_micro_percent
FROM allocations_fundingrule WHERE organisation_id = %s AND subject_key IN (%s, %s, '')
UNION ALL
SELECT 'centre', '', c.platform_id, c.name, 0 FROM organisations_costcentremember p
JOIN organisations_costcentre c ON c.id = p.cost_centre_id WHERE c.organisation_id = %s AND p.user_id = %s
"""


def said_of(organisation: Organisation, member: Membership, role: str) -> Said:
    """What holds for the member in that role; one query for all of it."""
    key, pk = member.user.platform_id, organisation.pk
    found = Said()
    for kind, subject, name, text, number in sql.fetch(
        _SAID, [pk, key, role, pk, key, role, pk, member.user_id]
    ):
        if kind == "bar":
            found.bars[subject, name] = bool(number)
        elif kind == "centre":
            found.centres.append((name, text))
            found.centre_keys.append(name)
        elif (subject, name) in {("member", key), ("role", role), ("organisation", "")}:
            found.rules[subject] = FundingRule(mode=text, coverage_micro_percent=number)
    return found


def _limits(own: OwnLimits, holding: Holding, role: str) -> tuple[PeriodLimit, ...]:
    held = {
        limit.rule.period: limit for limit in own.limits if limit.rule.subject_type in (MEMBER, ROLE, MEMBERS)
    }
    found = []
    for period in PERIODS:
        chain = own.chains.get((holding.wallet_id, period), ())
        if not chain:
            continue
        limit = held.get(period)
        found.append(
            PeriodLimit(
                period,
                _(PERIOD_WORDS[period]),
                tuple(_link(link, role) for link in chain),
                limit.rule.tokens if limit else None,
                _spent(own.tally, limit),
                limit.resets_at if limit else None,
                chain[0].more,
            )
        )
    return tuple(found)


def _spent(tally: Tally, limit: Limit | None) -> int:
    return max(tally.spent(limit), 0) if limit else 0


def _link(link: Link, role: str) -> ChainLink:
    names = {
        MEMBER: _("own"),
        ROLE: _("role %(role)s") % {"role": _(ROLES[Role(role)])},
        MEMBERS: _("default"),
    }
    value = _("no limit") if link.tokens is None else str(figures.figure(link.tokens))
    return ChainLink(names[link.subject_type], value, link.holds, not link.holds)


def _asked(organisation: Organisation, member: Membership) -> tuple[AskedFor, ...]:
    centres = CostCentre.objects.filter(organisation=organisation, platform_id=OuterRef("subject_key"))
    rows = LimitRequest.objects.filter(organisation=organisation, user=member.user)
    rows = rows.annotate(centre=Subquery(centres.values("name")[:1]))
    return tuple(
        AskedFor(
            row,
            shared_title(organisation.name, row.centre or row.subject_key, row.period)
            if row.subject_type != MEMBER
            else "",
        )
        for row in rows.order_by("-asked_at", "-pk")[:LATEST]
    )


def _given(organisation: Organisation, key: str) -> tuple[Given, ...]:
    rows = Allocation.objects.filter(organisation=organisation, user__platform_id=key).order_by("-pk")
    return tuple(
        Given(
            row.number,
            row.at,
            row.tokens_micro if row.direction == Allocation.Direction.ALLOCATE else -row.tokens_micro,
            row.note,
            row.actor.partition(":")[2] or row.actor,
        )
        for row in rows[:LATEST]
    )
