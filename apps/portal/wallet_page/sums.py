"""What moved in a wallet this month, in the same stretch of the last one, today and lately, summed up.

What is projected but not yet written is added, so that a statement always ends at the balance shown.
Amounts are signed micro-tokens.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from apps.core import sql
from apps.portal.wallet_page.span import Span
from apps.wallets.places import stretch_between
from apps.wallets.state import Desk

SPENDING = ("charge", "refund")


@dataclass(slots=True)
class Sums:
    """Sums of movements by (this month?, kind, category code), with the names of the categories.

    `today` and `lately` are what charges took, less refunds. Of what they took this month, `earlier` is of
    charges made before it, and `settling` of holds that have ended and are not written yet. `began_at` is
    when the wallet first moved, if that is not long ago.
    """

    amounts: dict[tuple[bool, str, str], int] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    today: int = 0
    lately: int = 0
    earlier: int = 0
    settling: int = 0
    began_at: datetime | None = None

    def of(self, *, this: bool, kinds: Iterable[str], category: str | None = None) -> int:
        wanted = set(kinds)
        return sum(
            amount
            for (is_this, kind, code), amount in self.amounts.items()
            if is_this == this and kind in wanted and category in (None, code)
        )

    def categories(self) -> set[str]:
        return {code for _this, kind, code in self.amounts if kind in SPENDING}

    def kinds(self) -> set[str]:
        return {kind for is_this, kind, _code in self.amounts if is_this}

    def add(self, at: datetime, kind: str, category: str, amount: int, span: Span) -> None:
        """Count what moved at an instant."""
        if at >= span.start or at < span.before_until:
            key = (at >= span.start, kind, category)
            self.amounts[key] = self.amounts.get(key, 0) + amount
        if kind in SPENDING:
            self.today -= amount if at >= span.today_from else 0
            self.lately -= amount if at >= span.lately else 0


_SUMS = """
SELECT MIN(m.at), m.kind, COALESCE(c.category, ''), COALESCE(k.name, ''), SUM(m.amount), MIN(c.created_at)
FROM wallets_movement m
JOIN ledger_transfer t ON t.number = m.transfer_id
LEFT JOIN usage_charge c ON c.id = t.charge_id
LEFT JOIN pricing_category k ON k.code = c.category
WHERE m.wallet_id = %s AND m.sequence > %s AND m.at >= %s
GROUP BY m.kind, COALESCE(c.category, ''), COALESCE(k.name, ''),
         m.at >= %s, m.at >= %s, m.at >= %s, m.at >= %s, c.created_at < %s
"""
"""Between two of the instants it is grouped by every movement counts alike, so the first stands for all."""


def load_sums(wallet_id: int, desk: Desk, span: Span) -> Sums:
    """The wallet's movements since the beginning of last month: two queries."""
    sums = Sums()
    after = stretch_between(wallet_id, span.before, None).after
    edges = [span.before_until, span.start, span.lately, span.today_from]
    rows = sql.fetch(_SUMS, [wallet_id, after, span.before, *edges, span.start])
    for first, kind, code, name, amount, made in rows:
        sums.add(sql.instant(first), kind, code, int(amount), span)
        sums.names[code] = name
        if kind in SPENDING and made and sql.instant(made) < span.start <= sql.instant(first):
            sums.earlier -= int(amount)
    if after == 0:
        sums.began_at = min((sql.instant(row[0]) for row in rows), default=None)
    charges = desk.notes.get("charges", {})
    for draft in desk.movements:
        if draft.wallet_id == wallet_id:
            charge = charges.get(draft.transfer.charge_id)
            category = charge.category if charge else ""
            sums.add(draft.transfer.at, draft.transfer.kind, category, draft.amount, span)
            if draft.transfer.kind in SPENDING and draft.transfer.at >= span.start:
                sums.settling -= draft.amount
    return sums
