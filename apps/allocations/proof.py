"""What must be so in allocations: each is a movement of the member's wallet, and the other way round."""

from __future__ import annotations

from apps.core.proof import QueryRule, Rule, reference

TABLES = ("allocations_allocation", "allocations_spendingtotal")

RULES: tuple[Rule, ...] = (
    reference(
        "An allocation belongs to a transfer",
        table="allocations_allocation",
        column="transfer_id",
        to="ledger_transfer",
        key="number",
    ),
    QueryRule(
        "An allocation is what its transfer moved",
        """
        SELECT l.id, l.transfer_id, l.tokens_micro, COALESCE(m.amount, 0) FROM allocations_allocation l
        JOIN wallets_wallet w ON w.user_id = l.user_id
        LEFT JOIN wallets_movement m ON m.transfer_id = l.transfer_id AND m.wallet_id = w.id
        WHERE COALESCE(m.amount, 0)
              <> CASE WHEN l.direction = 'allocate' THEN l.tokens_micro ELSE -l.tokens_micro END
        """,
        "allocation {0} (transfer T-{1})",
        "it says {2:tokens} tokens, the wallet moved by {3:tokens}",
    ),
    QueryRule(
        "Allocated tokens are recorded with who gave them",
        """
        SELECT t.number FROM ledger_transfer t
        LEFT JOIN allocations_allocation l ON l.transfer_id = t.number
        WHERE t.kind = 'allocation' AND l.id IS NULL
        """,
        "transfer T-{0}",
        "no allocation says who made it",
    ),
)
