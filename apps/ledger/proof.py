"""What must be so in the ledger: everything sums to zero, and every balance is the sum of its entries."""

from __future__ import annotations

from apps.core.proof import QueryRule, Rule, TriggerRule, reference
from apps.ledger.platform import NAMES
from apps.ledger.posting import APPEND_ONLY

TABLES = ("ledger_account", "ledger_transfer", "ledger_entry")

_PLATFORM = ", ".join(str(number) for number in NAMES)

# SQLite sums in 64 bits. A bucket or a transfer stays within them, the platform's accounts need not: no
# rule may sum the entries of one of those.
RULES: tuple[Rule, ...] = (
    TriggerRule("Transfers and entries are append-only", APPEND_ONLY),
    QueryRule(
        "All entries sum to zero",
        """
        SELECT total FROM (SELECT SUM(part) AS total FROM (
            SELECT SUM(amount) AS part FROM ledger_entry GROUP BY transfer_id) AS parts) AS whole
        WHERE total <> 0
        """,
        "the ledger",
        "all entries sum to {0:tokens} tokens",
    ),
    QueryRule(
        "The entries of a transfer sum to zero",
        "SELECT transfer_id, SUM(amount) FROM ledger_entry GROUP BY transfer_id HAVING SUM(amount) <> 0",
        "transfer T-{0}",
        "its entries sum to {1:tokens} tokens",
    ),
    QueryRule(
        "A transfer has entries",
        "SELECT t.number FROM ledger_transfer t LEFT JOIN ledger_entry e ON e.transfer_id = t.number "
        "WHERE e.id IS NULL",
        "transfer T-{0}",
        "it has no entry",
    ),
    reference(
        "An entry belongs to a transfer",
        table="ledger_entry",
        column="transfer_id",
        to="ledger_transfer",
        key="number",
    ),
    reference(
        "An entry belongs to an account", table="ledger_entry", column="account_id", to="ledger_account"
    ),
    QueryRule(
        "A bucket's balance is the sum of its entries",
        """
        SELECT a.id, a.kind, a.holder_id, a.balance, COALESCE(e.total, 0), a.sequence, COALESCE(e.number, 0)
        FROM ledger_account a
        LEFT JOIN (SELECT account_id, SUM(amount) AS total, COUNT(*) AS number FROM ledger_entry
                   WHERE account_id > 0 GROUP BY account_id) e ON e.account_id = a.id
        WHERE a.holder_id IS NOT NULL
          AND (a.balance <> COALESCE(e.total, 0) OR a.sequence <> COALESCE(e.number, 0))
        """,
        "account {0} ({1} of wallet {2})",
        "{3:tokens} tokens and {5} entries are stored, its entries are {4:tokens} tokens and {6} in number",
    ),
    QueryRule(
        "Entries of a bucket are numbered without a gap and carry the balance after them",
        """
        SELECT account_id, id, sequence, balance_after, before + amount FROM (
            SELECT e.account_id, e.id, e.sequence, e.amount, e.balance_after,
                   COALESCE(LAG(e.balance_after) OVER bucket, 0) AS before,
                   COALESCE(LAG(e.sequence) OVER bucket, 0) AS place
            FROM ledger_entry e WHERE e.account_id > 0
            WINDOW bucket AS (PARTITION BY e.account_id ORDER BY e.sequence)) AS running
        WHERE sequence IS NULL OR sequence <> place + 1
           OR balance_after IS NULL OR balance_after <> before + amount
        """,
        "account {0}",
        "entry {1} is number {2} and says {3:tokens} tokens after it; {4:tokens} follow from the last",
    ),
    QueryRule(
        "No bucket is below what is held, unless its wallet is unlimited",
        "SELECT id, kind, holder_id, balance, held FROM ledger_account "
        "WHERE held < 0 OR (NOT overdraft AND balance < held)",
        "account {0} ({1} of wallet {2})",
        "{3:tokens} tokens, of which {4:tokens} are held",
    ),
    QueryRule(
        "The platform's accounts are there and store no balance",
        f"""
        SELECT number FROM (
            SELECT COUNT(*) AS number FROM ledger_account WHERE id IN ({_PLATFORM})
               AND holder_id IS NULL AND balance = 0 AND held = 0 AND sequence = 0) AS present
        WHERE number <> {len(NAMES)}
        """,
        "the platform's accounts",
        f"{{0}} of {len(NAMES)} are as they should be",
    ),
)
