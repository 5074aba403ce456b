"""What members have spent of an organisation's tokens, from the daily totals behind its limits.

So open holds count, and refunds reduce the day the use was made on. Amounts are micro-tokens, days those
of the organisation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from apps.allocations import limits
from apps.allocations.limits import Limit, LimitRule, Tally, Total
from apps.allocations.models import SpendingTotal
from apps.allocations.selectors import rules_of_wallet, state_of
from apps.allocations.tallying import TABLE
from apps.core import sql
from apps.core.periods import PERIODS, Calendar, Period, first_day, following

Order = Literal["spent", "-spent", "name", "-name", "left", "-left"]
PER_PERSON = (limits.MEMBERS, limits.ROLE, limits.MEMBER)


@dataclass(frozen=True, slots=True)
class MemberSpending:
    """A member: allocated tokens that are left, spent this month and last. `role` is empty for somebody
    who has left."""

    key: str
    name: str
    email: str
    role: str
    left: int
    spent: int
    last: int


@dataclass(frozen=True, slots=True)
class MonthTotals:
    """What all members, former ones too, have spent this month and last."""

    spent: int
    last: int


@dataclass(frozen=True, slots=True)
class MemberLimit:
    """The limit of a member that is used up most, and the subject whose rule it is; micro-tokens."""

    period: Period
    tokens: int
    spent: int
    resets_at: datetime | None
    subject: str

    @property
    def state(self) -> str:
        return state_of(self.tokens, self.spent)

    @property
    def left(self) -> int:
        return max(self.tokens - self.spent, 0)

    @property
    def used(self) -> int:
        """Ten thousandths used; a limit of nothing is wholly used."""
        return self.spent * 10_000 // self.tokens if self.tokens else 10_000


@dataclass(frozen=True, slots=True)
class Whose:
    """An organisation's wallet and the day that it is there."""

    wallet_id: int
    calendar: Calendar
    today: date

    @property
    def month(self) -> date:
        return first_day("month", self.today)

    @property
    def last_month(self) -> date:
        return first_day("month", date.fromordinal(self.month.toordinal() - 1))


def spent_by_day(total: Total, first: date, last: date) -> dict[date, int]:
    """What a total came to on each day from `first` to `last`, both included; days without any are absent."""
    scope, subject, key = total
    rows = SpendingTotal.objects.filter(
        scope=scope, subject_type=subject, subject_key=key, day__gte=first, day__lte=last
    )
    return dict(rows.values_list("day", "spent_micro"))


def members_spending(
    whose: Whose,
    *,
    search: str = "",
    order: Order = "-spent",
    offset: int = 0,
    count: int,
    role: str = "",
    keys: Sequence[str] = (),
    centre: str = "",
) -> list[MemberSpending]:
    """So many present members whose name, e-mail or id holds `search`, in this order; one query.

    `role` leaves those of one role, `keys` those with these ids of the platform's, `centre` those who
    belong to the cost centre with this id.
    """
    condition, values = _matching(whose, search, role, keys, centre)
    rows = sql.fetch(
        f"{_SPENT} SELECT u.platform_id, u.name, u.email, m.role, {_LEFT}, {_THIS}, COALESCE(s.last, 0) "
        f"{_MEMBERS} WHERE {condition} ORDER BY {_ORDERS[order]}, u.id LIMIT %s OFFSET %s",
        [*_spent_values(whose), whose.wallet_id, *values, count, offset],
    )
    return [_member(row) for row in rows]


def count_members(whose: Whose, *, search: str = "", role: str = "", centre: str = "") -> int:
    """How many present members `search` finds, of one role or cost centre if it is given."""
    condition, values = _matching(whose, search, role, centre=centre)
    rows = sql.fetch(
        "SELECT COUNT(*) FROM organisations_membership m JOIN identity_user u ON u.id = m.user_id "
        f"WHERE {condition}",
        values,
    )
    return int(rows[0][0])


def month_totals(whose: Whose) -> MonthTotals:
    """This month's and last month's spending of all members together."""
    rows = sql.fetch(
        f"{_SPENT} SELECT COALESCE(SUM(spent), 0), COALESCE(SUM(last), 0) FROM s", _spent_values(whose)
    )
    return MonthTotals(int(rows[0][0]), int(rows[0][1]))


def person_rules(wallet_id: int) -> list[LimitRule]:
    """The organisation's limits that hold for single persons, and what they were granted on top."""
    return per_person(rules_of_wallet(wallet_id))


def per_person(rules: Iterable[LimitRule]) -> list[LimitRule]:
    """Those of an organisation's limits that hold for single persons."""
    return [rule for rule in rules if rule.subject_type in PER_PERSON]


def limits_of_member(whose: Whose, rules: Sequence[LimitRule], key: str, role: str) -> tuple[Limit, ...]:
    """The limits that hold for one member today."""
    return limits.apply(
        rules, scope=whose.wallet_id, calendar=whose.calendar, day=whose.today, member=key, role=role
    )


def most_used(held: Iterable[Limit], tally: Tally) -> MemberLimit | None:
    """The limit that is used up most, on a tie the longer period; None without any."""
    found = [
        MemberLimit(
            limit.rule.period,
            limit.rule.tokens,
            max(tally.spent(limit), 0),
            limit.resets_at,
            limit.rule.subject_type,
        )
        for limit in held
        if limit.rule.tokens is not None
    ]
    return max(found, key=lambda limit: (limit.used, PERIODS.index(limit.period)), default=None)


@dataclass(frozen=True, slots=True)
class Spender:
    """Somebody who has spent in one of the periods asked for or is stopped without having spent, and
    their limit that is used up most."""

    member: MemberSpending
    limit: MemberLimit | None


def spenders(whose: Whose, rules: Sequence[LimitRule]) -> list[Spender]:
    """Everybody who has spent in a period that some rule or this month counts, most of this month first;
    where a rule allows nothing, those too who have not.

    One query; `left` and `last` are not looked up.
    """
    periods = _periods(rules)
    columns = ", ".join(["SUM(CASE WHEN day >= %s THEN spent_micro ELSE 0 END)"] * len(periods))
    firsts = [first_day(period, whose.today) for period in periods]
    span = [whose.wallet_id, min(firsts), whose.today]
    idle, of_idle = _idle(whose, periods, span) if any(map(_allows_nothing, rules)) else ("", [])
    rows = sql.fetch(
        f"SELECT u.platform_id, u.name, u.email, m.role, t.* FROM (SELECT subject_key, {columns} "
        f"FROM {TABLE} WHERE scope_id = %s AND subject_type = 'member' AND day >= %s AND day <= %s "
        f"GROUP BY subject_key{idle}) t "
        "JOIN identity_user u ON u.platform_id = t.subject_key "
        "LEFT JOIN organisations_membership m ON m.user_id = u.id AND m.ended_at IS NULL "
        "AND m.organisation_id = (SELECT organisation_id FROM wallets_wallet WHERE id = %s)",
        [*firsts, *span, *of_idle, whose.wallet_id],
    )
    found = [_spender(whose, rules, row, periods) for row in rows]
    return sorted(found, key=lambda spender: (-spender.member.spent, spender.member.key))


def _allows_nothing(rule: LimitRule) -> bool:
    return rule.tokens == 0 and not rule.is_raise


def _idle(whose: Whose, periods: Sequence[Period], span: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """Present members who have spent nothing on the days of the span."""
    nothing = ", 0" * len(periods)
    present, values = _matching(whose, "")
    sums = (
        f" UNION ALL SELECT u.platform_id{nothing} FROM organisations_membership m "
        f"JOIN identity_user u ON u.id = m.user_id WHERE {present} AND NOT EXISTS (SELECT 1 FROM {TABLE} "
        "WHERE scope_id = %s AND subject_type = 'member' AND subject_key = u.platform_id "
        "AND day >= %s AND day <= %s)"
    )
    return sums, [*values, *span]


IN_CENTRE = """
EXISTS (
    SELECT 1 FROM organisations_costcentremember p JOIN organisations_costcentre c ON c.id = p.cost_centre_id
    WHERE p.user_id = m.user_id AND c.organisation_id = m.organisation_id AND c.platform_id = %s)
"""
"""Of a membership `m`: whether that person belongs to a cost centre, by the platform's id."""
_LEFT = "COALESCE(a.balance - a.held, 0)"
_THIS = "COALESCE(s.spent, 0)"
_NAME = "LOWER(COALESCE(NULLIF(u.name, ''), NULLIF(u.email, ''), u.platform_id))"
_ORDERS: dict[Order, str] = {
    "spent": f"{_THIS}, {_NAME}",
    "-spent": f"{_THIS} DESC, {_NAME}",
    "name": _NAME,
    "-name": f"{_NAME} DESC",
    "left": f"{_LEFT}, {_NAME}",
    "-left": f"{_LEFT} DESC, {_NAME}",
}
_SPENT = f"""
WITH s AS (
    SELECT subject_key, SUM(CASE WHEN day >= %s THEN spent_micro ELSE 0 END) AS spent,
           SUM(CASE WHEN day < %s THEN spent_micro ELSE 0 END) AS last
    FROM {TABLE} WHERE scope_id = %s AND subject_type = 'member' AND day >= %s AND day < %s
    GROUP BY subject_key)
"""
_MEMBERS = """
FROM organisations_membership m JOIN identity_user u ON u.id = m.user_id
LEFT JOIN wallets_wallet w ON w.user_id = u.id
LEFT JOIN ledger_account a ON a.holder_id = w.id AND a.kind = 'allocated' AND a.source_id = %s
LEFT JOIN s ON s.subject_key = u.platform_id
"""


def _spent_values(whose: Whose) -> list[Any]:
    end = following("month", whose.today)
    return [whose.month, whose.month, whose.wallet_id, whose.last_month, end]


def _matching(
    whose: Whose, search: str, role: str = "", keys: Sequence[str] = (), centre: str = ""
) -> tuple[str, list[Any]]:
    present = "m.ended_at IS NULL AND m.organisation_id = "
    condition = f"{present}(SELECT organisation_id FROM wallets_wallet WHERE id = %s)"
    values: list[Any] = [whose.wallet_id]
    if role:
        condition, values = f"{condition} AND m.role = %s", [*values, role]
    if keys:
        named, of_names = sql.among("u.platform_id", list(keys))
        condition, values = f"{condition} AND {named}", [*values, *of_names]
    if centre:
        condition, values = f"{condition} AND {IN_CENTRE}", [*values, centre]
    if not search:
        return condition, values
    wild = "%" + search.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"
    texts = " OR ".join(
        f"LOWER({name}) LIKE %s ESCAPE '!'" for name in ("u.name", "u.email", "u.platform_id")
    )
    return f"{condition} AND ({texts})", [*values, wild, wild, wild]


def _member(row: Sequence[Any]) -> MemberSpending:
    key, name, email, role, left, spent, last = row
    return MemberSpending(key, name or email or key, email, role or "", int(left), int(spent), int(last))


def _spender(
    whose: Whose, rules: Sequence[LimitRule], row: Sequence[Any], periods: Sequence[Period]
) -> Spender:
    key, name, email, role, _key, *sums = row
    spent: Mapping[Period, int] = dict(zip(periods, map(int, sums), strict=True))
    member = MemberSpending(key, name or email or key, email, role or "", 0, spent["month"], 0)
    total: Total = (whose.wallet_id, limits.MEMBER, key)
    tally, held = Tally(), limits_of_member(whose, rules, key, role or "")
    for limit in held:
        tally.loaded[total, limit.first, limit.end] = spent[limit.rule.period]
    return Spender(member, most_used(held, tally) if role else None)


def _periods(rules: Sequence[LimitRule]) -> list[Period]:
    """Those that have to be summed up: all of time only where some rule wants it."""
    wanted = {rule.period for rule in rules} | {"month"}
    return [period for period in PERIODS if period in wanted]
