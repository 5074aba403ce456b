"""The most recent movements of a wallet, with what an organisation paid for the same charge.

A charge that an organisation paid in whole moves nothing in the person's wallet; it is listed all the
same, because the person used it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.core import sql
from apps.portal.wallet_page.titles import charge_title
from apps.wallets.state import Desk, MovementDraft

MOST = 10
NAMES = {
    "grant": gettext_noop("Free tokens for the month"),
    "lapse": gettext_noop("Free tokens lapsed"),
    "promotion": gettext_noop("A gift"),
    "migration": gettext_noop("Brought along from an earlier system"),
    "adjustment": gettext_noop("Put right by support"),
}
KINDS = {
    "grant": gettext_noop("Grant"),
    "lapse": gettext_noop("Lapse"),
    "promotion": gettext_noop("Earned"),
    "migration": gettext_noop("Purchased earlier"),
    "adjustment": gettext_noop("Adjustment"),
    "allocation": gettext_noop("Allocation"),
    "reclaim": gettext_noop("Reclaim"),
    "refund": gettext_noop("Refund"),
}


@dataclass(frozen=True, slots=True)
class Transaction:
    """One line: signed micro-tokens of this wallet, the balance after it (None if it did not move), and
    what `payer`, an organisation, paid on top. `number` is None before it is written."""

    at: datetime
    number: int | None
    title: str
    kind: str
    amount: int
    balance_after: int | None
    payer: str
    paid: int

    @property
    def returned(self) -> int:
        """Micro-tokens that went back to the payer."""
        return max(-self.paid, 0)


Line = tuple[datetime, int, Transaction]
"""When, place in the wallet's order (0 outside it), what."""

_COLUMNS = """
       c.activity_label, c.operation, c.model, op.name, COALESCE(k.name, ''),
       COALESCE(g.name, NULLIF(u.name, ''), u.email, '')
"""
_JOINS = """
LEFT JOIN pricing_category k ON k.code = c.category
LEFT JOIN pricing_operation op ON op.code = c.operation AND op.price_book_id = %s
LEFT JOIN wallets_wallet x ON x.id = {other}
LEFT JOIN organisations_organisation g ON g.id = x.organisation_id
LEFT JOIN identity_user u ON u.id = x.user_id
"""
_MOVED = f"""
SELECT m.at, m.transfer_id, m.kind, m.amount, m.balance_after, m.sequence,
       (SELECT SUM(o.amount) FROM wallets_movement o
        WHERE o.transfer_id = m.transfer_id AND o.wallet_id <> m.wallet_id), {_COLUMNS}
FROM (SELECT * FROM wallets_movement WHERE wallet_id = %s ORDER BY sequence DESC LIMIT %s) m
JOIN ledger_transfer t ON t.number = m.transfer_id
LEFT JOIN usage_charge c ON c.id = t.charge_id
{{joins}}
"""
_OTHER = """COALESCE(CASE WHEN c.wallet_id = m.wallet_id THEN c.organisation_wallet_id ELSE c.wallet_id END,
    (SELECT MIN(o.wallet_id) FROM wallets_movement o
     WHERE o.transfer_id = m.transfer_id AND o.wallet_id <> m.wallet_id))"""
_PAID_FOR = f"""
SELECT t.at, t.number, t.kind, 0, NULL, NULL,
       (SELECT SUM(o.amount) FROM wallets_movement o WHERE o.transfer_id = t.number), {_COLUMNS}
FROM (SELECT * FROM usage_charge WHERE wallet_id = %s AND organisation_wallet_id IS NOT NULL
      ORDER BY id DESC LIMIT %s) c
JOIN ledger_transfer t ON t.charge_id = c.id AND t.kind = 'charge'
{{joins}}
WHERE NOT EXISTS (SELECT 1 FROM wallets_movement m
                  WHERE m.transfer_id = t.number AND m.wallet_id = c.wallet_id)
"""
_RECENT = (
    _MOVED.format(joins=_JOINS.format(other=_OTHER))
    + "UNION ALL"
    + _PAID_FOR.format(joins=_JOINS.format(other="c.organisation_wallet_id"))
)


def load_transactions(
    wallet_id: int, owner_type: str, price_book: str, desk: Desk
) -> tuple[Transaction, ...]:
    """The latest lines, newest first."""
    rows = sql.fetch(_RECENT, [wallet_id, MOST, price_book, wallet_id, MOST, price_book])
    lines = [(sql.instant(row[0]), row[5] or 0, _transaction(row, owner_type)) for row in rows]
    lines += _projected(wallet_id, desk)
    lines.sort(key=lambda line: line[:2], reverse=True)
    return tuple(line for _at, _sequence, line in lines)[:MOST]


def _projected(wallet_id: int, desk: Desk) -> list[Line]:
    """What the present instant brings about, such as a new cycle, before anybody wrote it."""
    return [
        (draft.transfer.at, draft.sequence, _drafted(draft))
        for draft in desk.movements
        if draft.wallet_id == wallet_id
    ]


def _drafted(draft: MovementDraft) -> Transaction:
    kind = draft.transfer.kind
    title = _(NAMES[kind]) if kind in NAMES else draft.transfer.description
    return Transaction(
        draft.transfer.at, None, title, _kind(kind, ""), draft.amount, draft.balance_after, "", 0
    )


def _transaction(row: Sequence[Any], owner_type: str) -> Transaction:
    at, number, kind, amount, after, _sequence, elsewhere, label, operation, model, name, category, other = (
        row
    )
    is_charge = kind in {"charge", "refund"}
    title = charge_title(label, name, operation, model) if operation else _title(kind, other, owner_type)
    pays = is_charge and owner_type == "user" and bool(elsewhere)
    return Transaction(
        at=sql.instant(at),
        number=number,
        title=title,
        kind=_second(kind, category, other if owner_type == "organisation" and operation else ""),
        amount=int(amount),
        balance_after=None if after is None else int(after),
        payer=other if pays else "",
        paid=-int(elsewhere) if pays else 0,
    )


def _title(kind: str, other: str, owner_type: str) -> str:
    from_organisation = (kind == "allocation") == (owner_type == "user")
    if kind in {"allocation", "reclaim"}:
        return (_("From %(name)s") if from_organisation else _("To %(name)s")) % {"name": other}
    return _(NAMES[kind]) if kind in NAMES else kind.capitalize()


def _kind(kind: str, category: str) -> str:
    return category if kind == "charge" else _(KINDS[kind]) if kind in KINDS else ""


def _second(kind: str, category: str, who: str) -> str:
    return " · ".join(filter(None, [_kind(kind, category), who]))
