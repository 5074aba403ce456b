"""What must be so in wallets: movements mirror the ledger, holds are covered, grants come once."""

from __future__ import annotations

from apps.core.proof import QueryRule, Rule, TriggerRule, reference
from apps.ledger.platform import ADJUSTED
from apps.wallets.books import APPEND_ONLY

TABLES = ("wallets_wallet", "wallets_movement", "wallets_hold", "wallets_grant")

RULES: tuple[Rule, ...] = (
    TriggerRule("Movements are append-only", APPEND_ONLY),
    reference(
        "A movement belongs to a transfer",
        table="wallets_movement",
        column="transfer_id",
        to="ledger_transfer",
        key="number",
    ),
    reference(
        "A movement belongs to a wallet", table="wallets_movement", column="wallet_id", to="wallets_wallet"
    ),
    reference(
        "A bucket belongs to a wallet", table="ledger_account", column="holder_id", to="wallets_wallet"
    ),
    reference("A held part belongs to a hold", table="wallets_holdpart", column="hold_id", to="wallets_hold"),
    reference(
        "A held part belongs to a bucket", table="wallets_holdpart", column="account_id", to="ledger_account"
    ),
    QueryRule(
        "Allocated tokens come from an organisation",
        """
        SELECT a.id, a.holder_id, a.source_id FROM ledger_account a
        LEFT JOIN wallets_wallet w ON w.id = a.source_id AND w.owner_type = 'organisation'
        WHERE a.kind = 'allocated' AND w.id IS NULL
        """,
        "account {0} (allocated of wallet {1})",
        "wallet {2} is not an organisation's",
    ),
    QueryRule(
        "A movement is the sum of its transfer's entries on the wallet",
        """
        SELECT transfer_id, wallet_id, SUM(of_entries), SUM(of_movements) FROM (
            SELECT e.transfer_id, a.holder_id AS wallet_id, e.amount AS of_entries, 0 AS of_movements
            FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id WHERE a.holder_id IS NOT NULL
            UNION ALL
            SELECT transfer_id, wallet_id, 0, amount FROM wallets_movement) AS both_sides
        GROUP BY transfer_id, wallet_id HAVING SUM(of_entries) <> SUM(of_movements)
        """,
        "transfer T-{0} on wallet {1}",
        "its entries are {2:tokens} tokens, the movement says {3:tokens}",
    ),
    QueryRule(
        "A movement has its transfer's time and kind",
        """
        SELECT m.transfer_id, m.wallet_id, m.kind, t.kind AS wanted FROM wallets_movement m
        JOIN ledger_transfer t ON t.number = m.transfer_id WHERE m.at <> t.at OR m.kind <> t.kind
        """,
        "transfer T-{0} on wallet {1}",
        "the movement says {2}, the transfer {3}, or at another time",
    ),
    QueryRule(
        "Movements of a wallet are numbered without a gap and carry the balance after them",
        """
        SELECT wallet_id, id, sequence, balance_after, before + amount FROM (
            SELECT m.wallet_id, m.id, m.sequence, m.amount, m.balance_after,
                   COALESCE(LAG(m.balance_after) OVER own, 0) AS before,
                   COALESCE(LAG(m.sequence) OVER own, 0) AS place
            FROM wallets_movement m
            WINDOW own AS (PARTITION BY m.wallet_id ORDER BY m.sequence)) AS running
        WHERE sequence <> place + 1 OR balance_after <> before + amount
        """,
        "wallet {0}",
        "movement {1} is number {2} and says {3:tokens} tokens after it; {4:tokens} follow from the last",
    ),
    QueryRule(
        "A wallet counts all of its movements",
        """
        SELECT w.id, w.owner_type, w.owner_key, w.sequence, COALESCE(m.number, 0) FROM wallets_wallet w
        LEFT JOIN (SELECT wallet_id, COUNT(*) AS number FROM wallets_movement GROUP BY wallet_id) m
            ON m.wallet_id = w.id
        WHERE w.sequence <> COALESCE(m.number, 0)
        """,
        "wallet {0} ({1} {2})",
        "{3} movements are counted, {4} are there",
    ),
    QueryRule(
        "What is held is the sum of open holds' parts",
        """
        SELECT a.id, a.kind, a.holder_id, a.held, COALESCE(p.total, 0) FROM ledger_account a
        LEFT JOIN (SELECT account_id, SUM(amount) AS total FROM wallets_holdpart GROUP BY account_id) p
            ON p.account_id = a.id
        WHERE a.held <> COALESCE(p.total, 0)
        """,
        "account {0} ({1} of wallet {2})",
        "{3:tokens} tokens are held, open holds are {4:tokens}",
    ),
    QueryRule(
        "Held free tokens know their cycle, others have none",
        """
        SELECT p.hold_id, a.id, a.kind, p.cycle_month FROM wallets_holdpart p
        JOIN ledger_account a ON a.id = p.account_id
        JOIN wallets_wallet w ON w.id = a.holder_id
        WHERE (a.kind = 'free' AND (p.cycle_month IS NULL OR p.cycle_month > w.cycle_month))
           OR (a.kind <> 'free' AND p.cycle_month IS NOT NULL)
        """,
        "hold {0} on account {1} ({2})",
        "its cycle is {3}",
    ),
    QueryRule(
        "No bucket is below zero unless its wallet is unlimited",
        """
        SELECT a.id, a.kind, w.owner_type, w.owner_key, a.balance FROM ledger_account a
        JOIN wallets_wallet w ON w.id = a.holder_id WHERE a.balance < 0 AND NOT w.unlimited
        """,
        "account {0} ({1} of {2} {3})",
        "it stands at {4:tokens} tokens",
    ),
    QueryRule(
        "A wallet gets one grant a cycle",
        "SELECT wallet_id, cycle_month, COUNT(*) FROM wallets_grant GROUP BY wallet_id, cycle_month "
        "HAVING COUNT(*) > 1",
        "wallet {0}",
        "{2} grants for the cycle {1}",
    ),
    QueryRule(
        "Every grant is a transfer, and every such transfer a grant",
        """
        SELECT wallet_id, SUM(granted), SUM(moved), SUM(grants), SUM(movements) FROM (
            SELECT wallet_id, tokens_micro AS granted, 0 AS moved, 1 AS grants, 0 AS movements
            FROM wallets_grant
            UNION ALL
            SELECT wallet_id, 0, amount, 0, 1 FROM wallets_movement WHERE kind = 'grant') AS both_sides
        GROUP BY wallet_id HAVING SUM(granted) <> SUM(moved) OR SUM(grants) <> SUM(movements)
        """,
        "wallet {0}",
        "{3} grants of {1:tokens} tokens, {4} movements of {2:tokens}",
    ),
    QueryRule(
        "An adjustment says why and moves tokens of one bucket that is its owner's own",
        f"""
        SELECT number, kind FROM ledger_transfer WHERE kind = 'adjustment' AND note = ''
        UNION ALL
        SELECT t.number, t.kind FROM ledger_entry e JOIN ledger_transfer t ON t.number = e.transfer_id
        WHERE e.account_id = {ADJUSTED} AND t.kind <> 'adjustment'
        UNION ALL
        SELECT t.number, t.kind FROM ledger_transfer t JOIN ledger_entry e ON e.transfer_id = t.number
        JOIN ledger_account a ON a.id = e.account_id WHERE t.kind = 'adjustment'
        GROUP BY t.number, t.kind
        HAVING COUNT(*) <> 2 OR SUM(CASE WHEN a.id = {ADJUSTED} THEN 1 ELSE 0 END) <> 1
            OR SUM(CASE WHEN a.kind = 'allocated' THEN 1 ELSE 0 END) <> 0
        """,
        "transfer T-{0}",
        "it is of kind {1}, and its entries or its note do not fit",
    ),
    QueryRule(
        "No tokens go from user to user",
        """
        SELECT m.transfer_id, COUNT(DISTINCT m.wallet_id) FROM wallets_movement m
        JOIN wallets_wallet w ON w.id = m.wallet_id WHERE w.owner_type = 'user'
        GROUP BY m.transfer_id HAVING COUNT(DISTINCT m.wallet_id) > 1
        """,
        "transfer T-{0}",
        "it moves tokens of {1} users",
    ),
    QueryRule(
        "No tokens cross price books",
        """
        SELECT m.transfer_id, COUNT(DISTINCT w.price_book_id) FROM wallets_movement m
        JOIN wallets_wallet w ON w.id = m.wallet_id
        GROUP BY m.transfer_id HAVING COUNT(DISTINCT w.price_book_id) > 1
        """,
        "transfer T-{0}",
        "it touches {1} price books",
    ),
    QueryRule(
        "Free tokens never turn into lasting ones",
        """
        SELECT e.transfer_id FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
        WHERE a.holder_id IS NOT NULL GROUP BY e.transfer_id
        HAVING SUM(CASE WHEN a.kind = 'free' AND e.amount < 0 THEN 1 ELSE 0 END) > 0
           AND SUM(CASE WHEN a.kind <> 'free' AND e.amount > 0 THEN 1 ELSE 0 END) > 0
        """,
        "transfer T-{0}",
        "it moves tokens from free into another bucket",
    ),
)
