"""Pay what can be paid: when tokens arrive, and by a sweep that misses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from apps.core import sql
from apps.events.outbox import emit
from apps.hosting.bills import load_unpaid, pay, write_awaited, write_settled
from apps.wallets.books import atomically, open_desk, write

AT_ONCE = 200
BILLS_UNPAID, BILLS_OVERDUE = "bills.unpaid", "bills.overdue"
"""Told of a payer's wallet: new bills could not be paid; bills were not paid in time."""


def settle_bills(wallet_ids: Sequence[int], *, at: datetime) -> int:
    """Settle what the payers can pay now, oldest first; answers how many bills."""

    def work() -> int:
        desk = open_desk(wallet_ids, at=at)
        payment = pay(desk, load_unpaid(sorted(wallet_ids)), at)
        payment.free_of_debt |= set(wallet_ids) - payment.owing

        def finish() -> None:
            write_settled(payment.settled)
            write_awaited(desk, payment)

        write(desk, at=at, finish=finish)
        return len(payment.settled)

    return atomically(work, at=at)


def on_credit(wallet_id: int, at: datetime) -> None:
    """Tokens arrived in a wallet that owes something."""
    settle_bills([wallet_id], at=at)


_ABLE = """
SELECT w.id FROM wallets_wallet w WHERE w.awaited AND NOT w.frozen AND w.id > %s
  AND (w.unlimited OR (SELECT SUM(a.balance - a.held) FROM ledger_account a
      WHERE a.holder_id = w.id AND a.kind <> 'allocated')
    >= (SELECT b.tokens_micro FROM hosting_bill b WHERE b.payer_id = w.id AND b.state IN ('open', 'overdue')
        ORDER BY b.month, b.id LIMIT 1))
ORDER BY w.id LIMIT %s
"""


def settle_due(*, at: datetime) -> int:
    """Settle whatever payers could pay and have not: the net under `on_credit`. Answers how many bills."""
    settled, last = 0, 0
    while True:
        able = [row[0] for row in sql.fetch(_ABLE, [last, AT_ONCE])]
        if not able:
            return settled
        settled += settle_bills(able, at=at)
        last = able[-1]


def mark_overdue(*, at: datetime) -> int:
    """Let open bills past their deadline be overdue, and their payers be told; answers how many bills.

    Reads know it before that.
    """
    with transaction.atomic():
        rows = sql.fetch(
            "UPDATE hosting_bill SET state = 'overdue' WHERE state = 'open' AND due_at <= %s "
            "RETURNING payer_id",
            [at],
        )
        emit(BILLS_OVERDUE, sorted({row[0] for row in rows}), at=at)
    return len(rows)
