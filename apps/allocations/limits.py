"""What spending limits still allow: which of them hold for a person, and how much room each has left.

Pure. Amounts are micro-tokens; `spent` of a period is the sum of its daily totals, open holds included.
Rules: charging.md (limits, fine print), organisations.md (limits and budgets).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from apps.core.periods import PERIODS, Calendar, Period, first_day, following

ORGANISATION, MEMBERS, ROLE, MEMBER, COST_CENTRE, PERSONAL = (
    "organisation",
    "members",
    "role",
    "member",
    "cost_centre",
    "personal",
)
SPECIFICITY = (PERSONAL, MEMBER, ROLE, MEMBERS, COST_CENTRE, ORGANISATION)
"""The most specific subject first: it names the refusal when two limits are equally tight."""

Total = tuple[int, str, str]
"""A running total: scope wallet id, subject type (member, cost_centre, organisation, personal), key."""
NEAR_PERCENT = 80
NO_LIMIT = 2**80
"""More than any wallet can hold."""


@dataclass(frozen=True, slots=True)
class LimitRule:
    """One row: subject, period and cap in micro-tokens; None is explicitly no limit.

    With `first_on` it is a raise instead: so many more on the days until before `until_on`, under
    whichever limit holds for the subject in this period.
    """

    subject_type: str
    subject_key: str
    period: Period
    tokens: int | None
    first_on: date | None = None
    until_on: date | None = None

    @property
    def is_raise(self) -> bool:
        return self.first_on is not None

    def raises_on(self, day: date) -> bool:
        return (
            self.first_on is not None and self.first_on <= day and (not self.until_on or day < self.until_on)
        )


@dataclass(frozen=True, slots=True)
class Limit:
    """A rule applied to somebody: which total it caps, over which days.

    Its room is never more than `at_most` micro-tokens, whatever is returned.
    """

    rule: LimitRule
    total: Total
    first: date
    end: date | None
    resets_at: datetime | None
    warns_only: bool = False
    at_most: int | None = None

    @property
    def rank(self) -> tuple[int, int]:
        """Shorter periods first, then the more specific subject."""
        return PERIODS.index(self.rule.period), SPECIFICITY.index(self.rule.subject_type)


@dataclass(slots=True)
class Tally:
    """What totals have spent, as loaded per period, and what has been decided on top per day."""

    loaded: dict[tuple[Total, date, date | None], int] = field(default_factory=dict)
    added: dict[Total, dict[date, int]] = field(default_factory=dict)

    def spent(self, limit: Limit) -> int:
        """Micro-tokens spent in the limit's period so far."""
        so_far = self.loaded.get((limit.total, limit.first, limit.end), 0)
        for day, amount in self.added.get(limit.total, {}).items():
            if limit.first <= day and (limit.end is None or day < limit.end):
                so_far += amount
        return so_far

    def add(self, total: Total, day: date, amount: int) -> None:
        """Count micro-tokens (negative: returned) for a total on a day."""
        if amount:
            days = self.added.setdefault(total, {})
            days[day] = days.get(day, 0) + amount


def likely(spent: int, first: date, end: date | None, today: date) -> int | None:
    """What will have been spent by the end if every day is like those so far, today included.

    None for a period without an end.
    """
    if end is None:
        return None
    days, gone = (end - first).days, (today - first).days + 1
    return spent * days // gone


def room(limit: Limit, tally: Tally) -> int:
    """Micro-tokens that the limit still allows; never below zero."""
    if limit.rule.tokens is None or limit.warns_only:
        return NO_LIMIT
    left = max(limit.rule.tokens - tally.spent(limit), 0)
    return left if limit.at_most is None else min(left, limit.at_most)


def tightest(limits: Iterable[Limit], tally: Tally) -> Limit | None:
    """The limit with the least room; on a tie the shorter period, then the more specific subject."""
    return min(limits, key=lambda limit: (room(limit, tally), limit.rank), default=None)


def least_room(limits: Iterable[Limit], tally: Tally) -> int:
    """How much all the limits together still allow."""
    return min((room(limit, tally) for limit in limits), default=NO_LIMIT)


def is_near(limit: Limit, tally: Tally) -> bool:
    """Whether the limit stands at 80 % or more."""
    tokens = limit.rule.tokens
    return tokens is not None and tally.spent(limit) * 100 >= tokens * NEAR_PERCENT


def for_person(rules: Sequence[LimitRule], *, member: str, role: str) -> list[LimitRule]:
    """The rules that hold for one person: per period the most specific of member, role, members."""
    found: dict[Period, LimitRule] = {}
    wanted = ((MEMBER, member), (ROLE, role), (MEMBERS, ""))
    for subject in wanted:
        for rule in rules:
            if (rule.subject_type, rule.subject_key) == subject and not rule.is_raise:
                found.setdefault(rule.period, rule)
    return [rule for rule in found.values() if rule.tokens is not None]


def for_shared(rules: Sequence[LimitRule], cost_centres: Sequence[str]) -> list[LimitRule]:
    """The rules of the cost centres named, in their order, and of the organisation: none is per person."""
    wanted = [*((COST_CENTRE, key) for key in cost_centres), (ORGANISATION, "")]
    return [
        rule
        for subject in wanted
        for rule in rules
        if rule.tokens is not None and not rule.is_raise and (rule.subject_type, rule.subject_key) == subject
    ]


def raised(rule: LimitRule, rules: Sequence[LimitRule], subject: tuple[str, str], day: date) -> LimitRule:
    """The rule with what the subject was granted on top of it for the day."""
    more = sum(
        other.tokens or 0
        for other in rules
        if other.period == rule.period
        and (other.subject_type, other.subject_key) == subject
        and other.raises_on(day)
    )
    return replace(rule, tokens=(rule.tokens or 0) + more) if more and rule.tokens is not None else rule


def apply(
    rules: Sequence[LimitRule],
    *,
    scope: int,
    calendar: Calendar,
    day: date,
    member: str,
    role: str | None,
    cost_centres: Sequence[str] = (),
) -> tuple[Limit, ...]:
    """The limits on what one member spends of an organisation's tokens on a local day of its calendar.

    For somebody who has left no role's limit holds, all others do. A centre comes before its parents, so
    that a refusal names the nearer one when both are equally tight.
    """
    if not rules:
        return ()
    held = tuple(
        on_day(raised(rule, rules, (MEMBER, member), day), (scope, MEMBER, member), calendar, day)
        for rule in for_person(rules, member=member, role=role or "")
    )
    return held + apply_shared(rules, scope=scope, calendar=calendar, day=day, cost_centres=cost_centres)


def apply_shared(
    rules: Sequence[LimitRule],
    *,
    scope: int,
    calendar: Calendar,
    day: date,
    cost_centres: Sequence[str] = (),
) -> tuple[Limit, ...]:
    """The limits of the cost centres named and of the organisation on a local day."""
    found = []
    for rule in for_shared(rules, cost_centres):
        subject = (rule.subject_type, rule.subject_key)
        found.append(on_day(raised(rule, rules, subject, day), (scope, *subject), calendar, day))
    return tuple(found)


def on_day(rule: LimitRule, total: Total, calendar: Calendar, day: date, warns_only: bool = False) -> Limit:
    """The rule over the period that holds the day."""
    end = following(rule.period, day)
    resets_at = None if end is None else calendar.start_of(end)
    return Limit(rule, total, first_day(rule.period, day), end, resets_at, warns_only)


def totals_of(*, scope: int, member: str, cost_centres: Sequence[str] = ()) -> tuple[Total, ...]:
    """The running totals that organisation-funded spending counts for."""
    return (
        (scope, ORGANISATION, ""),
        (scope, MEMBER, member),
        *((scope, COST_CENTRE, key) for key in cost_centres),
    )
