"""What must be so of bills: one per resource, payer and month, each the sum of its lines, each paid once."""

from __future__ import annotations

from collections.abc import Iterator

from apps.core import sql
from apps.core.proof import QueryRule, Rule, SearchRule
from apps.core.units import MICRO, format_tokens
from apps.ledger.platform import BILLED

TABLES = ("hosting_resource", "hosting_report", "hosting_payer", "hosting_closedmonth", "hosting_bill")


def _sums() -> Iterator[tuple[str, str]]:
    """Bills whose lines are not their sum."""
    last = 0
    while True:
        rows = sql.fetch(
            "SELECT id, tokens_micro, lines FROM hosting_bill WHERE id > %s ORDER BY id LIMIT 5000", [last]
        )
        if not rows:
            return
        for number, tokens, text in rows:
            added = sum(int(line["tokens"]) for line in sql.from_json(text)) * MICRO
            if added != tokens:
                yield (
                    f"bill B-{number}",
                    f"it says {format_tokens(tokens)} tokens, its lines {format_tokens(added)}",
                )
        last = rows[-1][0]


RULES: tuple[Rule, ...] = (
    QueryRule(
        "There is one bill per resource, payer and month",
        "SELECT resource_id, payer_id, month, COUNT(*) FROM hosting_bill WHERE state <> 'void' "
        "GROUP BY resource_id, payer_id, month HAVING COUNT(*) > 1",
        "resource {0} of wallet {1}",
        "{3} bills for {2}",
    ),
    SearchRule("A bill is the sum of its lines", _sums),
    QueryRule(
        "A settled bill moved exactly its tokens, an unpaid one none",
        f"""
        SELECT b.id, b.state, b.tokens_micro, COALESCE(SUM(e.amount), 0) FROM hosting_bill b
        LEFT JOIN ledger_entry e ON e.transfer_id = b.transfer_id AND e.account_id = {BILLED}
        GROUP BY b.id, b.state, b.tokens_micro, b.transfer_id
        HAVING (b.state = 'settled' AND COALESCE(SUM(e.amount), 0) <> b.tokens_micro)
            OR (b.state IN ('open', 'overdue') AND b.transfer_id IS NOT NULL)
        """,
        "bill B-{0}",
        "it is {1} over {2:tokens} tokens, and {3:tokens} moved",
    ),
    QueryRule(
        "A voided bill has returned what it took",
        f"""
        SELECT b.id, b.tokens_micro, SUM(e.amount) FROM hosting_bill b
        JOIN ledger_entry e ON e.transfer_id IN (b.transfer_id, b.refund_id) AND e.account_id = {BILLED}
        WHERE b.state = 'void' GROUP BY b.id, b.tokens_micro HAVING SUM(e.amount) <> 0
        """,
        "bill B-{0}",
        "{2:tokens} tokens of {1:tokens} are still taken",
    ),
    QueryRule(
        "What bills take and give belongs to one bill",
        f"""
        SELECT t.number, t.kind, t.bill_id FROM ledger_transfer t
        LEFT JOIN hosting_bill b ON b.id = t.bill_id AND (b.transfer_id = t.number OR b.refund_id = t.number)
        WHERE t.kind IN ('bill', 'bill_refund') AND b.id IS NULL
        UNION ALL
        SELECT t.number, t.kind, t.bill_id FROM ledger_entry e
        JOIN ledger_transfer t ON t.number = e.transfer_id
        WHERE e.account_id = {BILLED} AND t.kind NOT IN ('bill', 'bill_refund')
        """,
        "transfer T-{0}",
        "it is of kind {1} and no bill ({2}) knows it",
    ),
    QueryRule(
        "Bills never take allocated tokens",
        "SELECT t.number, a.id FROM ledger_transfer t JOIN ledger_entry e ON e.transfer_id = t.number "
        "JOIN ledger_account a ON a.id = e.account_id WHERE t.kind = 'bill' AND a.kind = 'allocated'",
        "transfer T-{0}",
        "it takes from account {1}",
    ),
    QueryRule(
        "A bill belongs to a closed month of its payer",
        "SELECT b.id, b.month FROM hosting_bill b LEFT JOIN hosting_closedmonth c "
        "ON c.payer_id = b.payer_id AND c.month = b.month WHERE c.id IS NULL",
        "bill B-{0}",
        "{1} is not closed",
    ),
    QueryRule(
        "A wallet that owes bills is told of tokens that arrive",
        "SELECT b.payer_id, MIN(b.id) FROM hosting_bill b JOIN wallets_wallet w ON w.id = b.payer_id "
        "WHERE b.state IN ('open', 'overdue') AND NOT w.awaited GROUP BY b.payer_id",
        "wallet {0}",
        "it owes B-{1} and nobody waits for tokens",
    ),
    QueryRule(
        "Closed months of a payer follow each other without a gap or an overlap",
        """
        SELECT payer_id, month, before, starts_at FROM (
            SELECT payer_id, month, starts_at, LAG(ends_at) OVER own AS before FROM hosting_closedmonth
            WINDOW own AS (PARTITION BY payer_id ORDER BY month)) AS running
        WHERE before IS NOT NULL AND before <> starts_at
        """,
        "wallet {0}",
        "the month {1} begins at {3}, the one before ended at {2}",
    ),
)
