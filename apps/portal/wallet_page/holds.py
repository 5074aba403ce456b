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


_HELD = """
SELECT h.id, h.expires_at, SUM(p.amount), c.activity_label, c.operation, c.model, op.name,
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
ORDER BY h.expires_at LIMIT %s
"""


def load_holds(wallet_id: int, price_book: str, at: datetime) -> tuple[Held, ...]:
    """The open holds on the wallet, the first to end first; those past their deadline are over."""
    rows = sql.fetch(_HELD, [price_book, wallet_id, at, MOST])
    return tuple(
        Held(f"C-{number}", charge_title(label, name, operation, model), who, int(amount), sql.instant(ends))
        for number, ends, amount, label, operation, model, name, who in rows
    )
