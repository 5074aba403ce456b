"""A transfer explained: its entries, and what it did to each wallet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.core.errors import NotFound
from apps.ledger.models import Transfer
from apps.staff.entries import load_transfers
from apps.staff.wallet_page.state import owner_name
from apps.wallets.models import Movement


@dataclass(frozen=True, slots=True)
class MovementLine:
    """Signed micro-tokens, and the wallet's balance after them."""

    wallet_id: int
    owner: str
    amount: int
    balance_after: int
    sequence: int


def load_transfer_page(number: int) -> dict[str, Any]:
    """What the page of a transfer shows; NotFound if there is none. Four queries."""
    row = Transfer.objects.filter(pk=number).first()
    if row is None:
        raise NotFound(f"There is no transfer T-{number}.")
    rows = Movement.objects.filter(transfer=row).select_related("wallet__user", "wallet__organisation")
    movements = [
        MovementLine(m.wallet_id, owner_name(m.wallet), m.amount, m.balance_after, m.sequence)
        for m in rows.order_by("id")
    ]
    return {"title": str(row), "transfer": load_transfers([row])[0], "movements": movements}
