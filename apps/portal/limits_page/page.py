"""The limits of an organisation by whom they are about, with how they stand. Micro-tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.allocations import limits
from apps.allocations.limits import LimitRule
from apps.allocations.models import SpendingLimit
from apps.allocations.selectors import NEAR, REACHED, rules_of, state_of
from apps.allocations.spending import Spender, Whose, spenders
from apps.allocations.tallying import load_together
from apps.core import figures
from apps.core.periods import PERIODS, Period, zone
from apps.organisations.models import CostCentre, Membership, Organisation, Role
from apps.portal.holdings import Holding, Shell
from apps.portal.members_page.people import ROLES, Person, show

OWN = 50
PRESSING = 20


@dataclass(frozen=True, slots=True)
class Cell:
    """A limit of one period: None where none is set; `tokens` None is explicitly none. So many `more` are
    granted until the period ends."""

    period: Period
    tokens: int | None
    set: bool
    more: int = 0

    @property
    def text(self) -> str:
        granted = f"+{figures.figure(self.more)}" if self.more else ""
        if not self.set:
            return granted or "\N{EN DASH}"
        own = _("no limit") if self.tokens is None else str(figures.figure(self.tokens))
        return f"{own} {granted}".rstrip()


@dataclass(frozen=True, slots=True)
class Standing:
    """How a limit that is shared stands in its period."""

    tokens: int
    spent: int
    resets_at: datetime | None

    @property
    def state(self) -> str:
        return state_of(self.tokens, self.spent)

    @property
    def width(self) -> str:
        return figures.filled(self.spent, self.tokens)


@dataclass(frozen=True, slots=True)
class RuleLine:
    """Whom limits are about, with a cell for each period, and the tightest where it is shared by all."""

    type: str
    key: str
    name: str
    second: str
    cells: tuple[Cell, ...]
    standing: Standing | None
    state: str
    words: str


@dataclass(frozen=True, slots=True)
class LimitsPage:
    holding: Holding
    at: datetime
    zone: ZoneInfo
    rules: tuple[RuleLine, ...]
    own: tuple[RuleLine, ...]
    own_count: int
    number: int
    pressing: tuple[Person, ...]
    reached: int
    near: int

    @property
    def more(self) -> bool:
        """Whether limits of further members stand on the next page."""
        return self.number * OWN < self.own_count

    @property
    def sentence(self) -> str:
        """What the page has to say first."""
        if not self.reached and not self.near:
            return _("Nobody is near a limit.")
        said = []
        if self.reached:
            words = {"count": self.reached}
            said.append(
                ngettext(
                    "%(count)d member has reached a limit",
                    "%(count)d members have reached a limit",
                    self.reached,
                )
                % words
            )
        if self.near:
            said.append(
                ngettext("%(count)d is near one", "%(count)d are near one", self.near) % {"count": self.near}
            )
        return ", ".join(said) + "."


def load_limits_page(
    organisation: Organisation, holding: Holding, shell: Shell, *, number: int
) -> LimitsPage:
    """All rules, how they stand, and a page of members' own: seven queries beside the shell's."""
    whose = Whose(holding.wallet_id, holding.calendar, holding.calendar.day_of(shell.at))
    rules = rules_of(organisation.pk)
    roles: dict[str, int] = {}
    for role in Membership.objects.filter(organisation=organisation, ended_at=None).values_list(
        "role", flat=True
    ):
        roles[role] = roles.get(role, 0) + 1
    found = spenders(whose, [rule for rule in rules if rule.subject_type in _PERSONS])
    pressing = sorted(
        (one for one in found if one.limit and one.limit.state in (NEAR, REACHED)),
        key=lambda one: (-(one.limit.used if one.limit else 0), one.member.name),
    )
    shown = [_show(one, whose, holding.slug) for one in pressing[:PRESSING]]
    own = _own_people(organisation, rules, whose.today)
    first = (number - 1) * OWN
    return LimitsPage(
        holding=holding,
        at=shell.at,
        zone=zone(holding.calendar.zone_at(shell.at)),
        rules=_rule_lines(organisation, rules, roles, whose, pressing),
        own=tuple(_own_line(rules, person, whose.today) for person in own[first : first + OWN]),
        own_count=len(own),
        number=number,
        pressing=tuple(shown),
        reached=sum(1 for one in pressing if one.limit and one.limit.state == REACHED),
        near=sum(1 for one in pressing if one.limit and one.limit.state == NEAR),
    )


_PERSONS = (limits.MEMBERS, limits.ROLE, limits.MEMBER)


def _show(one: Spender, whose: Whose, slug: str) -> Person:
    return show(one.member, one.limit, slug, whose.month, whose.today)


def _cells(rules: Sequence[LimitRule], kind: str, key: str, today: date) -> tuple[Cell, ...]:
    about = [rule for rule in rules if (rule.subject_type, rule.subject_key) == (kind, key)]
    kept = {rule.period: rule.tokens for rule in about if not rule.is_raise}
    more = dict.fromkeys(PERIODS, 0)
    for rule in about:
        more[rule.period] += (rule.tokens or 0) if rule.raises_on(today) else 0
    return tuple(Cell(period, kept.get(period), period in kept, more[period]) for period in PERIODS)


def _rule_lines(
    organisation: Organisation,
    rules: Sequence[LimitRule],
    roles: Mapping[str, int],
    whose: Whose,
    pressing: Sequence[Spender],
) -> tuple[RuleLine, ...]:
    """The organisation, members by default, each role that has a limit or members, cost centres with one."""
    members = sum(roles.values())
    lines = [
        _shared(rules, whose, limits.ORGANISATION, "", _("The organisation"), _("All spending it pays for")),
        _personal(rules, whose, (limits.MEMBERS, ""), (_("Members, by default"), _people(members)), pressing),
    ]
    for role in Role:
        if role.value in roles or any(rule.subject_key == role.value for rule in rules):
            names = (_("Role %(role)s") % {"role": _(ROLES[role])}, _people(roles.get(role.value, 0)))
            lines.append(_personal(rules, whose, (limits.ROLE, role.value), names, pressing))
    keys = {rule.subject_key for rule in rules if rule.subject_type == limits.COST_CENTRE}
    centres = CostCentre.objects.filter(organisation=organisation, platform_id__in=keys) if keys else []
    lines += [
        _shared(rules, whose, limits.COST_CENTRE, centre.platform_id, centre.name, _("Cost centre"))
        for centre in sorted(centres, key=lambda centre: centre.name.casefold())
    ]
    return tuple(_with_standing(lines, rules, whose))


def _people(count: int) -> str:
    return ngettext("%(count)s member", "%(count)s members", count) % {"count": figures.count(count)}


def _shared(
    rules: Sequence[LimitRule], whose: Whose, kind: str, key: str, name: str, second: str
) -> RuleLine:
    return RuleLine(kind, key, name, second, _cells(rules, kind, key, whose.today), None, "", "")


def _personal(
    rules: Sequence[LimitRule],
    whose: Whose,
    subject: tuple[str, str],
    names: tuple[str, str],
    pressing: Sequence[Spender],
) -> RuleLine:
    """A rule for persons, with who comes closest to it of those for whom it is the one used most."""
    words, state = "", ""
    kind, key = subject
    near = (one for one in pressing if one.limit and one.limit.subject == kind)
    first = next((one for one in near if not key or one.member.role == key), None)
    if first is not None:
        state = first.limit.state if first.limit else ""
        words = _("Closest: %(name)s") % {"name": first.member.name}
    return RuleLine(kind, key, *names, _cells(rules, kind, key, whose.today), None, state, words)


def _with_standing(lines: Sequence[RuleLine], rules: Sequence[LimitRule], whose: Whose) -> list[RuleLine]:
    """The tightest limit of each line that is shared by all, in one query."""
    asked = {
        (line.type, line.key): [
            limit
            for limit in limits.apply_shared(
                rules,
                scope=whose.wallet_id,
                calendar=whose.calendar,
                day=whose.today,
                cost_centres=[line.key] if line.type == limits.COST_CENTRE else [],
            )
            if (limit.rule.subject_type, limit.rule.subject_key) == (line.type, line.key)
        ]
        for line in lines
        if line.type in (limits.ORGANISATION, limits.COST_CENTRE)
    }
    tally = load_together([limit for held in asked.values() for limit in held])
    found = []
    for line in lines:
        held = asked.get((line.type, line.key), [])
        tight = limits.tightest(held, tally)
        if tight is None or tight.rule.tokens is None:
            found.append(line)
            continue
        standing = Standing(tight.rule.tokens, max(tally.spent(tight), 0), tight.resets_at)
        found.append(
            RuleLine(line.type, line.key, line.name, line.second, line.cells, standing, standing.state, "")
        )
    return found


def _own_people(
    organisation: Organisation, rules: Sequence[LimitRule], today: date
) -> list[tuple[str, str, str]]:
    """Everybody for whom a limit is set or more is granted: name, role or that they have left, and id; by
    name."""
    about = [rule for rule in rules if rule.subject_type == limits.MEMBER]
    keys = {rule.subject_key for rule in about if not rule.is_raise or rule.raises_on(today)}
    members = Membership.objects.filter(organisation=organisation, user__platform_id__in=list(keys))
    known = {
        member.user.platform_id: (
            str(member.user),
            _("Has left") if member.ended_at else _(ROLES[Role(member.role)]),
        )
        for member in members.select_related("user").order_by(F("ended_at").asc(nulls_last=True))
    }
    people = [(*known.get(key, (key, "")), key) for key in keys]
    return sorted(people, key=lambda person: (person[0].casefold(), person[2]))


def _own_line(rules: Sequence[LimitRule], person: tuple[str, str, str], today: date) -> RuleLine:
    name, second, key = person
    cells = _cells(rules, limits.MEMBER, key, today)
    return RuleLine(limits.MEMBER, key, name, second, cells, None, "", "")


def limit_of(organisation: Organisation, kind: str, key: str, period: str) -> SpendingLimit | None:
    """The limit that is set for exactly this subject and period."""
    return SpendingLimit.objects.filter(
        organisation=organisation, subject_type=kind, subject_key=key, period=period
    ).first()
