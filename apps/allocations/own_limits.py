"""The limits that hold for one person, in every organisation they belong to, and why those: one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from apps.allocations import limits
from apps.allocations.limits import Limit, LimitRule, Tally
from apps.allocations.tallying import TABLE
from apps.core import sql
from apps.core.periods import PERIODS, Calendar, Period


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody belongs: the organisation's wallet, the role, the organisation's calendar."""

    wallet_id: int
    role: str
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Link:
    """One of the rules that could hold, the most specific first: member, role, members.

    `tokens` None is explicitly no limit. `holds` for the first there is; `more` are what was granted on
    top until the period ends.
    """

    subject_type: str
    tokens: int | None
    set_at: datetime | None
    holds: bool
    more: int = 0


@dataclass(frozen=True, slots=True)
class OwnLimits:
    """Limits with what they have spent; `chains` say by organisation wallet and period which rules there
    are; `personal` is the person's own budget; `shared` are the organisation wallets whose members a
    limit holds for together, which is neither told nor counted here."""

    limits: tuple[Limit, ...]
    personal: Limit | None
    tally: Tally
    chains: Mapping[tuple[int, Period], tuple[Link, ...]] = field(default_factory=dict)
    shared: frozenset[int] = frozenset()


_RULES = """
SELECT 'limit', w.id, l.subject_type, l.period, l.tokens_micro, l.set_at, NULL, NULL
FROM allocations_spendinglimit l JOIN wallets_wallet w ON w.organisation_id = l.organisation_id
WHERE {here} AND (l.subject_type IN ('members', 'organisation')
    OR (l.subject_type = 'member' AND l.subject_key = %s) OR (l.subject_type = 'role' AND l.subject_key IN (
        SELECT m.role FROM organisations_membership m JOIN wallets_wallet u ON u.user_id = m.user_id
        WHERE m.organisation_id = l.organisation_id AND m.ended_at IS NULL
        AND u.owner_type = 'user' AND u.owner_key = %s)))
UNION ALL
SELECT 'raise', w.id, l.subject_type, l.period, l.tokens_micro, l.at, CAST(l.first_on AS varchar(10)),
       CAST(l.until_on AS varchar(10))
FROM allocations_limitraise l JOIN wallets_wallet w ON w.organisation_id = l.organisation_id
WHERE {here} AND l.subject_type = 'member' AND l.subject_key = %s
UNION ALL
SELECT 'personal', w.id, CASE WHEN b.blocks THEN 'blocks' ELSE 'warns' END, 'month', b.tokens_micro, NULL,
       NULL, NULL
FROM allocations_personalbudget b JOIN wallets_wallet w ON w.user_id = b.user_id
WHERE w.owner_type = 'user' AND w.owner_key = %s
"""


def load_own_limits(key: str, places: Sequence[Place], *, own: Place | None, at: datetime) -> OwnLimits:
    """What holds for the person with the platform's id in these places; `own` is their own wallet, asked
    for where the personal budget is wanted too."""
    here, values = sql.among("w.id", [place.wallet_id for place in places] or [0])
    spans = [*_spans(key, places, at), *([_own_month(own, at)] if own else [])]
    rows = sql.fetch(
        " UNION ALL ".join([_RULES.format(here=here), *[_SPENT] * len(spans)]),
        [*values, key, key, *values, key, key, *(value for span in spans for value in _bounds(span))],
    )
    rows = [
        (*row[:4], None if row[4] is None else int(row[4]), *row[5:]) for row in rows
    ]  # sums are decimals
    tally, shared = _tally(rows, spans), _shared(rows)
    rows = [row for row in rows if row[0] != "spent" and row[2] != limits.ORGANISATION]
    found: list[Limit] = []
    chains: dict[tuple[int, Period], tuple[Link, ...]] = {}
    for place in places:
        of_place = [row for row in rows if row[1] == place.wallet_id and row[0] != "personal"]
        rules = [_rule(row, key, place.role) for row in of_place]
        found += limits.apply(
            rules,
            scope=place.wallet_id,
            calendar=place.calendar,
            day=place.calendar.day_of(at),
            member=key,
            role=place.role,
        )
        chains |= _chains(place, of_place, place.calendar.day_of(at))
    personal = _personal([row for row in rows if row[0] == "personal"], own, at)
    return OwnLimits(tuple(found), personal, tally, chains, shared)


_SPENT = f"""
SELECT 'spent', scope_id, subject_type, %s, COALESCE(SUM(spent_micro), 0), NULL, NULL, NULL
FROM {TABLE} WHERE scope_id = %s AND subject_type = %s AND subject_key = %s AND day >= %s AND day < %s
GROUP BY scope_id, subject_type
"""


def _spans(key: str, places: Sequence[Place], at: datetime) -> list[Limit]:
    """Every period that a limit on the person could count, whether or not there is one."""
    return [
        limits.on_day(
            LimitRule(limits.MEMBER, key, period, None),
            (place.wallet_id, limits.MEMBER, key),
            place.calendar,
            place.calendar.day_of(at),
        )
        for place in places
        for period in PERIODS
    ]


def _own_month(own: Place, at: datetime) -> Limit:
    rule = LimitRule(limits.PERSONAL, "", "month", None)
    total = (own.wallet_id, limits.PERSONAL, "")
    return limits.on_day(rule, total, own.calendar, own.calendar.day_of(at))


def _bounds(span: Limit) -> list[Any]:
    return [span.rule.period, *span.total, span.first, span.end or date.max]


def _tally(rows: Sequence[Sequence[Any]], spans: Sequence[Limit]) -> Tally:
    spent = {(row[1], row[2], row[3]): int(row[4]) for row in rows if row[0] == "spent"}
    loaded = {
        (span.total, span.first, span.end): spent.get((span.total[0], span.total[1], span.rule.period), 0)
        for span in spans
    }
    return Tally(loaded)


def _shared(rows: Sequence[Sequence[Any]]) -> frozenset[int]:
    """The wallets of organisations that all members together have a limit in."""
    return frozenset(
        row[1] for row in rows if (row[0], row[2]) == ("limit", limits.ORGANISATION) and row[4] is not None
    )


def _rule(row: Sequence[Any], key: str, role: str) -> LimitRule:
    kind, _wallet, subject, period, tokens, _set_at, first, until = row
    names = {limits.MEMBER: key, limits.ROLE: role, limits.MEMBERS: ""}
    days = (date.fromisoformat(first), date.fromisoformat(until)) if kind == "raise" else (None, None)
    return LimitRule(subject, names[subject], _period(period), tokens, *days)


def _chains(
    place: Place, rows: Sequence[Sequence[Any]], today: date
) -> dict[tuple[int, Period], tuple[Link, ...]]:
    """By period, the rules there are, the most specific first, and which of them holds."""
    found: dict[tuple[int, Period], tuple[Link, ...]] = {}
    for period in PERIODS:
        kept = {row[2]: row for row in rows if row[0] == "limit" and row[3] == period}
        more = sum(
            row[4]
            for row in rows
            if row[0] == "raise"
            and row[3] == period
            and date.fromisoformat(row[6]) <= today < date.fromisoformat(row[7])
        )
        order = [subject for subject in (limits.MEMBER, limits.ROLE, limits.MEMBERS) if subject in kept]
        if order:
            found[place.wallet_id, period] = tuple(
                Link(
                    subject,
                    kept[subject][4],
                    sql.instant(kept[subject][5]),
                    holds=place_in == 0,
                    more=more if place_in == 0 and kept[subject][4] is not None else 0,
                )
                for place_in, subject in enumerate(order)
            )
    return found


def _personal(rows: Sequence[Sequence[Any]], own: Place | None, at: datetime) -> Limit | None:
    if not rows or own is None:
        return None
    (row,) = rows
    rule = LimitRule(limits.PERSONAL, "", "month", row[4])
    total = (own.wallet_id, limits.PERSONAL, "")
    day = own.calendar.day_of(at)
    return limits.on_day(rule, total, own.calendar, day, warns_only=row[2] == "warns")


def _period(text: str) -> Period:
    return next(period for period in PERIODS if period == text)
