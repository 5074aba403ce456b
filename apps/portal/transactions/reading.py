"""Reads a wallet's transactions, newest first, page by page, without counting what it does not show.

A charge that an organisation paid in whole moves nothing in the person's wallet; it is listed all the
same, at the time it was made, because the person used it. So two streams are read and put together by time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from heapq import merge
from typing import Any

from apps.core import figures, sql
from apps.portal.holdings import Holding
from apps.portal.transactions.conditions import Condition, on_movements, on_paid_charges
from apps.portal.transactions.lines import Line, line_drafted, line_of
from apps.portal.transactions.wanted import Cursor, Period, Wanted
from apps.wallets.places import Stretch
from apps.wallets.state import Desk

LAST, FAR = 10**17, datetime(9000, 1, 1, tzinfo=UTC)
_COLUMNS = """
       t.note, c.id, c.refunded_micro, c.activity_label, c.operation, c.model, op.name,
       COALESCE(k.name, ''), COALESCE(g.name, NULLIF(u.name, ''), u.email, ''), COALESCE(x.owner_key, ''),
       t.bill_id, t.description
"""
_JOINS = """
LEFT JOIN pricing_category k ON k.code = c.category
LEFT JOIN pricing_operation op ON op.code = c.operation AND op.price_book_id = %s
LEFT JOIN wallets_wallet x ON x.id = {other}
LEFT JOIN organisations_organisation g ON g.id = x.organisation_id
LEFT JOIN identity_user u ON u.id = x.user_id
"""
_WITH_CHARGE = """
JOIN ledger_transfer t ON t.number = m.transfer_id
LEFT JOIN usage_charge c ON c.id = t.charge_id
"""
_OTHER = """COALESCE(CASE WHEN c.wallet_id = m.wallet_id THEN c.organisation_wallet_id ELSE c.wallet_id END,
    (SELECT MIN(o.wallet_id) FROM wallets_movement o
     WHERE o.transfer_id = m.transfer_id AND o.wallet_id <> m.wallet_id))"""
_MOVED = """
SELECT m.at, m.transfer_id, m.kind, m.amount, m.balance_after, m.sequence,
       (SELECT SUM(o.amount) FROM wallets_movement o
        WHERE o.transfer_id = m.transfer_id AND o.wallet_id <> m.wallet_id), {columns}
FROM (SELECT m.* FROM wallets_movement m {inside} WHERE {where}
      ORDER BY m.sequence DESC LIMIT %s) m {outside} {joins}
"""
_PAID_FOR = """
SELECT p.created_at, p.number, p.kind, 0, NULL, NULL,
       (SELECT SUM(o.amount) FROM wallets_movement o WHERE o.transfer_id = p.number), {columns}
FROM (SELECT c.created_at, c.id, t.number, t.kind
      FROM usage_charge c JOIN ledger_transfer t ON t.charge_id = c.id AND t.kind = 'charge'
      WHERE {where} AND NOT EXISTS (SELECT 1 FROM wallets_movement m
                                    WHERE m.transfer_id = t.number AND m.wallet_id = c.wallet_id)
      ORDER BY c.created_at DESC, c.id DESC LIMIT %s) p
JOIN usage_charge c ON c.id = p.id JOIN ledger_transfer t ON t.number = p.number {joins}
"""
_SUMS = """
SELECT m.kind, COALESCE(SUM(CASE WHEN m.amount > 0 THEN m.amount ELSE 0 END), 0),
       COALESCE(SUM(CASE WHEN m.amount < 0 THEN m.amount ELSE 0 END), 0)
FROM wallets_movement m {inside} WHERE {where} GROUP BY m.kind
"""


@dataclass(frozen=True, slots=True)
class Page:
    """Lines newest first; `next` is where the page after goes on, None after the last."""

    lines: tuple[Line, ...]
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class Sums:
    """Micro-tokens that came in and that went out (both from zero up)."""

    came_in: int
    went_out: int

    @property
    def difference(self) -> int:
        return self.came_in - self.went_out

    @property
    def places(self) -> int:
        return figures.column_places([self.came_in, self.went_out])


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for in which wallet; `stretch` are the movements that may be meant."""

    holding: Holding
    wanted: Wanted
    period: Period
    stretch: Stretch
    desk: Desk

    def drafts(self) -> list[Line]:
        """What is projected but not yet written, as far as it is asked for."""
        narrow = replace(self.wanted, type="").is_narrow
        return [
            line_drafted(draft)
            for draft in self.desk.movements
            if not narrow
            and draft.wallet_id == self.holding.wallet_id
            and self.wanted.type in {"", draft.transfer.kind}
            and self.period.holds(draft.transfer.at)
        ]


def read_page(search: Search, cursor: Cursor | None, count: int) -> Page:
    """At most so many lines from the cursor on: one query."""
    found = [line_of(row, search.holding.owner_type) for row in _rows(search, cursor, count + 1)]
    found += [line for line in search.drafts() if cursor is None or line.sequence < cursor.sequence]
    moved = sorted((line for line in found if line.sequence), key=lambda line: -line.sequence)
    paid = sorted((line for line in found if not line.sequence), key=_made, reverse=True)
    lines = list(merge(moved, paid, key=lambda line: line.at, reverse=True))
    shown = tuple(lines[:count])
    return Page(shown, _after(shown, cursor) if len(lines) > count else None)


def _made(line: Line) -> tuple[datetime, int]:
    return line.at, line.charge_id or 0


def _after(shown: Sequence[Line], cursor: Cursor | None) -> Cursor:
    """Where each stream goes on after the lines shown."""
    start = cursor or Cursor(LAST, FAR, 0)
    moved = min((line.sequence for line in shown if line.sequence), default=start.sequence)
    paid = min((_made(line) for line in shown if not line.sequence), default=_place(start))
    return Cursor(moved, *paid)


def _place(cursor: Cursor) -> tuple[datetime, int]:
    return cursor.made_at, cursor.charge_id


def read_sums(search: Search) -> Sums:
    """What came in and went out over all that is looked for: one query."""
    where = on_movements(search.holding, search.wanted, search.period)
    _between(where, search.stretch, None)
    rows = sql.fetch(_SUMS.format(inside=_inside(search.wanted), where=where), where.values)
    drafts = [line.amount for line in search.drafts()]
    return Sums(
        sum(int(row[1]) for row in rows) + sum(amount for amount in drafts if amount > 0),
        -sum(int(row[2]) for row in rows) - sum(amount for amount in drafts if amount < 0),
    )


def _rows(search: Search, cursor: Cursor | None, count: int) -> list[tuple[Any, ...]]:
    holding = search.holding
    moved = on_movements(holding, search.wanted, search.period)
    _between(moved, search.stretch, cursor)
    statement = _MOVED.format(
        columns=_COLUMNS,
        inside=_inside(search.wanted),
        where=moved,
        outside=_WITH_CHARGE,
        joins=_JOINS.format(other=_OTHER),
    )
    values = [*moved.values, count, holding.price_book]
    paid = on_paid_charges(holding, search.wanted, search.period)
    if paid is not None:
        if cursor is not None:
            before = (cursor.made_at, cursor.made_at, cursor.charge_id)
            paid.add("(c.created_at < %s OR (c.created_at = %s AND c.id < %s))", *before)
        joins = _JOINS.format(other="c.organisation_wallet_id")
        statement += " UNION ALL " + _PAID_FOR.format(columns=_COLUMNS, where=paid, joins=joins)
        values += [*paid.values, count, holding.price_book]
    return sql.fetch(statement, values)


def _between(where: Condition, stretch: Stretch, cursor: Cursor | None) -> None:
    before = min(stretch.before, cursor.sequence) if cursor else stretch.before
    where.add("m.sequence > %s AND m.sequence < %s", stretch.after, before)


def _inside(wanted: Wanted) -> str:
    """The charge is joined before the cut only where it decides what is wanted."""
    return _WITH_CHARGE if wanted.number is None and wanted.is_narrow else ""
