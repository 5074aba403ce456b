"""What is promised and not yet spent: open holds on a wallet with their deadlines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.core import sql
from apps.portal.titles import charge_title

MOST = 6


@dataclass(frozen=True, slots=True)
class Held:
    """Micro-tokens of this wallet promised to one charge until the deadline."""

    number: str
    title: str
    who: str
    amount: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Holds:
    """The first open holds of a wallet. Of what its limits count this month, `open` is held, and `due` is
    of holds that are over and not written yet; tokens it has allocated are among these."""

    listed: tuple[Held, ...]
    open: int
    due: int


_HELD = """
SELECT * FROM (SELECT h.id, h.expires_at, SUM(p.amount), c.activity_label, c.operation, c.model, op.name,
       COALESCE(NULLIF(u.name, ''), u.email, '')
FROM wallets_holdpart p
JOIN ledger_account a ON a.id = p.account_id
JOIN wallets_hold h ON h.id = p.hold_id
LEFT JOIN usage_charge c ON c.id = h.id
LEFT JOIN wallets_wallet w ON w.id = c.wallet_id
LEFT JOIN identity_user u ON u.id = w.user_id
LEFT JOIN pricing_operation op ON op.code = c.operation AND op.price_book_id = %s
WHERE a.holder_id = %s AND h.expires_at > %s
GROUP BY h.id, h.expires_at, c.activity_label, c.operation, c.model, op.name, u.name, u.email
ORDER BY h.expires_at LIMIT %s) listed
UNION ALL
SELECT 0, MIN(expires_at), SUM(amount), '', '', '', '', '' FROM (
    SELECT h.expires_at, p.amount FROM wallets_holdpart p
    JOIN ledger_account a ON a.id = p.account_id JOIN wallets_hold h ON h.id = p.hold_id
    JOIN usage_charge c ON c.id = h.id
    WHERE a.holder_id = %s AND a.kind <> 'allocated' AND c.created_at >= %s
    UNION ALL
    SELECT h.expires_at, p.amount FROM wallets_holdpart p
    JOIN ledger_account a ON a.id = p.account_id JOIN wallets_hold h ON h.id = p.hold_id
    JOIN usage_charge c ON c.id = h.id
    WHERE a.source_id = %s AND a.kind = 'allocated' AND c.created_at >= %s
) counted GROUP BY expires_at > %s
"""


def load_holds(wallet_id: int, price_book: str, at: datetime, since: datetime) -> Holds:
    """The open holds on the wallet, the first to end first; those past their deadline are over. What is
    counted is so of charges made since an instant."""
    rows = sql.fetch(_HELD, [price_book, wallet_id, at, MOST, wallet_id, since, wallet_id, since, at])
    listed = tuple(
        Held(f"C-{number}", charge_title(label, name, operation, model), who, int(amount), sql.instant(ends))
        for number, ends, amount, label, operation, model, name, who in rows
        if number
    )
    counted = {sql.instant(row[1]) > at: int(row[2]) for row in rows if not row[0]}
    return Holds(listed, counted.get(True, 0), counted.get(False, 0))
