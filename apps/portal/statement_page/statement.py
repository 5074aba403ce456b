"""The figures of a month's statement, from the wallet's own movements: they equal the ledger.

A month is a calendar month in the wallet's zone. Amounts are micro-tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.core import figures, sql
from apps.core.periods import Calendar, month_start, next_month
from apps.wallets.places import stretch_between
from apps.wallets.state import Desk

IN_NAMES = {
    "grant": gettext_noop("Free tokens granted"),
    "allocation": gettext_noop("Allocated by an organisation"),
    "reclaim": gettext_noop("Reclaimed from members"),
    "promotion": gettext_noop("Earned"),
    "migration": gettext_noop("Balance carried over from the old platform"),
    "adjustment": gettext_noop("Corrected by support"),
    "payment": gettext_noop("Paid with money"),
    "refund": gettext_noop("Refunded charges"),
    "bill_refund": gettext_noop("Returned bills and corrections"),
}
OUT_NAMES = {
    "lapse": gettext_noop("Free tokens lapsed"),
    "allocation": gettext_noop("Allocated to members"),
    "reclaim": gettext_noop("Reclaimed by an organisation"),
    "adjustment": gettext_noop("Corrected by support"),
    "bill": gettext_noop("Hosting and storage"),
    "bill_refund": gettext_noop("Corrections taken back"),
}
_MOVED = """
SELECT CASE WHEN m.at < %s THEN 1 ELSE 0 END, m.kind, COALESCE(c.category, ''), COALESCE(k.name, ''),
       CASE WHEN m.amount > 0 THEN 1 ELSE 0 END, SUM(m.amount), COUNT(*)
FROM wallets_movement m
LEFT JOIN ledger_transfer t ON t.number = m.transfer_id AND t.charge_id IS NOT NULL
LEFT JOIN usage_charge c ON c.id = t.charge_id
LEFT JOIN pricing_category k ON k.code = c.category
WHERE m.wallet_id = %s AND m.sequence > %s AND m.sequence < %s AND m.at < %s
GROUP BY 1, 2, 3, 4, 5
"""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line: what it was, how many movements, and micro-tokens (always from zero up)."""

    label: str
    count: int
    amount: int

    @property
    def taken(self) -> int:
        return -self.amount


@dataclass(frozen=True, slots=True)
class MonthStatement:
    """opening + all of `came_in` − all of `went_out` = closing, exactly.

    `until` is when it ends: the month's end, or now while the month is under way.
    """

    month: date
    starts_at: datetime
    until: datetime
    is_whole: bool
    opening: int
    came_in: tuple[StatementLine, ...]
    went_out: tuple[StatementLine, ...]

    @property
    def total_in(self) -> int:
        return sum(line.amount for line in self.came_in)

    @property
    def total_out(self) -> int:
        return sum(line.amount for line in self.went_out)

    @property
    def closing(self) -> int:
        return self.opening + self.total_in - self.total_out

    @property
    def places(self) -> int:
        """So many decimals that the lines, as shown, add up to the closing balance."""
        signed = [*(line.amount for line in self.came_in), *(line.taken for line in self.went_out)]
        return figures.sum_places([self.opening, *signed], self.closing)


def months_of(calendar: Calendar, created_at: datetime, at: datetime) -> list[date]:
    """The months a wallet has a statement for, the latest first."""
    month, last = month_start(calendar.day_of(created_at)), month_start(calendar.day_of(at))
    found = []
    while month <= last:
        found.append(month)
        month = next_month(month)
    return found[::-1]


def load_statement(
    wallet_id: int, calendar: Calendar, month: date, desk: Desk, at: datetime
) -> MonthStatement:
    """The statement of a month: three queries. What the desk has decided but nobody wrote yet is in it, so
    that the month under way ends at the balance shown."""
    starts_at, ends_at = calendar.start_of(month), calendar.start_of(next_month(month))
    stretch = stretch_between(wallet_id, starts_at, ends_at if ends_at <= at else None)
    before = sql.fetch(
        "SELECT balance_after FROM wallets_movement WHERE wallet_id = %s AND sequence = %s",
        [wallet_id, stretch.after],
    )
    opening = int(before[0][0]) if before else 0
    rows = sql.fetch(_MOVED, [starts_at, wallet_id, stretch.after, stretch.before, ends_at])
    opening += sum(int(row[5]) for row in rows if row[0])
    moved = [(row[1], row[3], bool(row[4]), int(row[5]), int(row[6])) for row in rows if not row[0]]
    moved += [
        (draft.transfer.kind, "", draft.amount > 0, draft.amount, 1)
        for draft in desk.movements
        if draft.wallet_id == wallet_id and starts_at <= draft.transfer.at < ends_at
    ]
    opening += sum(
        draft.amount
        for draft in desk.movements
        if draft.wallet_id == wallet_id and draft.transfer.at < starts_at
    )
    return MonthStatement(
        month=month,
        starts_at=starts_at,
        until=min(ends_at, at),
        is_whole=ends_at <= at,
        opening=opening,
        came_in=_gathered((_in_name(kind), count, amount) for kind, _n, up, amount, count in moved if up),
        went_out=_gathered(
            (_out_name(kind, name), count, -amount) for kind, name, up, amount, count in moved if not up
        ),
    )


def _in_name(kind: str) -> str:
    return _(IN_NAMES[kind]) if kind in IN_NAMES else _("Other")


def _out_name(kind: str, category: str) -> str:
    if kind == "charge":
        return category or _("Other charges")
    return _(OUT_NAMES[kind]) if kind in OUT_NAMES else _("Other")


def _gathered(lines: Iterable[tuple[str, int, int]]) -> tuple[StatementLine, ...]:
    """Lines of one name together, the largest first."""
    found: dict[str, tuple[int, int]] = {}
    for label, count, amount in lines:
        before = found.get(label, (0, 0))
        found[label] = (before[0] + count, before[1] + amount)
    made = [StatementLine(label, count, amount) for label, (count, amount) in found.items()]
    return tuple(sorted(made, key=lambda line: (-line.amount, line.label)))


def neighbours(months: Sequence[date], month: date) -> tuple[date | None, date | None]:
    """The month before and the month after, as far as there are statements."""
    place = months.index(month)
    earlier = months[place + 1] if place + 1 < len(months) else None
    return earlier, months[place - 1] if place else None
