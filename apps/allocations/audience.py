"""Whom an allocation is for: members with what each has been given and may still spend.

A member's room is what the limits on the person still allow; None is no limit. Amounts are micro-tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from apps.allocations.bars import bars_of, is_barred
from apps.allocations.limits import MEMBER, LimitRule, Tally, least_room
from apps.allocations.spending import IN_CENTRE, Whose, limits_of_member, per_person, person_rules
from apps.allocations.tallying import TABLE
from apps.core import sql
from apps.core.periods import PERIODS, first_day
from apps.organisations.models import Organisation
from apps.wallets.models import Wallet

To = Literal["all", "role", "cost_centre", "people"]


@dataclass(frozen=True, slots=True)
class Audience:
    """All members, those of a role or of a cost centre (`key`), or those named by the platform's ids."""

    to: To
    key: str = ""
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member who may be given tokens: what is `left` of those given, not held; `room` under limits."""

    key: str
    name: str
    email: str
    role: str
    left: int
    room: int | None
    barred: bool = False
    other_book: bool = False
    frozen: bool = False


def candidates(
    organisation: Organisation,
    audience: Audience,
    *,
    at: datetime,
    known: Sequence[LimitRule] | None = None,
) -> list[Candidate]:
    """Present members of the audience by name, with bars and limits looked up: at most five queries.

    `known` are the organisation's limits, where the caller has read them.
    """
    wallet = Wallet.objects.get(organisation=organisation)
    whose = Whose(wallet.pk, wallet.calendar, wallet.calendar.day_of(at))
    condition, values = _condition(audience)
    rows = sql.fetch(
        "SELECT u.platform_id, u.name, u.email, m.role, COALESCE(a.balance - a.held, 0), w.price_book_id, "
        "w.frozen FROM organisations_membership m JOIN identity_user u ON u.id = m.user_id "
        "JOIN wallets_wallet w ON w.user_id = u.id "
        "LEFT JOIN ledger_account a ON a.holder_id = w.id AND a.kind = 'allocated' AND a.source_id = %s "
        f"WHERE m.organisation_id = %s AND m.ended_at IS NULL {condition} "
        "ORDER BY LOWER(COALESCE(NULLIF(u.name, ''), NULLIF(u.email, ''), u.platform_id)), u.id",
        [wallet.pk, organisation.pk, *values],
    )
    rules = person_rules(wallet.pk) if known is None else per_person(known)
    bars = bars_of(organisation)
    spent = _spent(whose, rules) if rules else {}
    return [
        Candidate(
            key,
            name or email or key,
            email,
            role,
            int(left),
            _room(whose, rules, spent, key, role),
            is_barred(bars, member=key, role=role),
            book != wallet.price_book_id,
            bool(frozen),
        )
        for key, name, email, role, left, book, frozen in rows
    ]


def _condition(audience: Audience) -> tuple[str, Sequence[Any]]:
    if audience.to == "role":
        return "AND m.role = %s", [audience.key]
    if audience.to == "cost_centre":
        return f"AND {IN_CENTRE}", [audience.key]
    if audience.to == "people":
        condition, values = sql.among("u.platform_id", list(audience.people) or [""])
        return f"AND {condition}", values
    return "", []


def _spent(whose: Whose, rules: Sequence[LimitRule]) -> Mapping[tuple[str, str], int]:
    """What each member spent in each period that some rule counts, by member and period."""
    wanted = [period for period in PERIODS if any(rule.period == period for rule in rules)]
    firsts = [first_day(period, whose.today) for period in wanted]
    sums = ", ".join(["SUM(CASE WHEN day >= %s THEN spent_micro ELSE 0 END)"] * len(wanted))
    rows = sql.fetch(
        f"SELECT subject_key, {sums} FROM {TABLE} WHERE scope_id = %s AND subject_type = 'member' "
        "AND day >= %s AND day <= %s GROUP BY subject_key",
        [*firsts, whose.wallet_id, min(firsts), whose.today],
    )
    return {
        (key, period): int(amount)
        for key, *amounts in rows
        for period, amount in zip(wanted, amounts, strict=True)
    }


def _room(
    whose: Whose,
    rules: Sequence[LimitRule],
    spent: Mapping[tuple[str, str], int],
    key: str,
    role: str,
) -> int | None:
    held = limits_of_member(whose, rules, key, role) if rules else ()
    if not held:
        return None
    tally = Tally()
    for limit in held:
        tally.loaded[(whose.wallet_id, MEMBER, key), limit.first, limit.end] = spent.get(
            (key, limit.rule.period), 0
        )
    return least_room(held, tally)
