"""Bills in memory: paid from a desk, read from rows and written to them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from apps.core import sql
from apps.core.units import MICRO
from apps.hosting.lines import Line, total
from apps.ledger import platform
from apps.ledger.posting import TransferDraft
from apps.wallets.state import BURN_ORDER, EARNED, PURCHASED, Bucket, Desk, WalletState

OPEN, OVERDUE, SETTLED, VOID = "open", "overdue", "settled", "void"
UNPAID = (OPEN, OVERDUE)
BILL, BILL_REFUND = "bill", "bill_refund"
"""Kinds of transfers: a bill paid, and tokens of a bill that return."""
_COLUMNS = (
    "id",
    "resource_id",
    "payer_id",
    "month",
    "state",
    "tokens_micro",
    "lines",
    "issued_at",
    "due_at",
    "settled_at",
    "transfer_id",
    "void_reason",
)
_encode = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode


@dataclass(slots=True)
class BillState:
    """A bill as stored or as decided; `tokens` are micro-tokens, `title` names its resource."""

    id: int
    resource_id: int
    payer_id: int
    month: date
    state: str
    tokens: int
    title: str
    issued_at: datetime
    due_at: datetime
    lines: Sequence[Line] = ()
    settled_at: datetime | None = None
    transfer: TransferDraft | None = None


@dataclass(slots=True)
class Payment:
    """What came of an attempt to pay: bills that changed, and payers that still owe something."""

    settled: list[BillState] = field(default_factory=list)
    owing: set[int] = field(default_factory=set)
    free_of_debt: set[int] = field(default_factory=set)


def draft(
    number: int,
    *,
    resource_id: int,
    payer_id: int,
    month: date,
    title: str,
    lines: Sequence[Line],
    at: datetime,
    due_at: datetime,
) -> BillState:
    """A new bill, open."""
    tokens = total(lines) * MICRO
    return BillState(number, resource_id, payer_id, month, OPEN, tokens, title, at, due_at, lines)


def pay(desk: Desk, bills: Iterable[BillState], at: datetime) -> Payment:
    """Settle what the payers' wallets can: oldest first, each in full, the first that cannot be paid stops
    the rest. From free, earned and purchased tokens, never from allocated ones (clockwork.md, "Bills").

    What returns tokens does so first, into the earned ones; a frozen wallet pays nothing.
    """
    done = Payment()
    by_payer: dict[int, list[BillState]] = {}
    for bill in bills:
        by_payer.setdefault(bill.payer_id, []).append(bill)
    for payer_id, of_payer in by_payer.items():
        _pay_one(desk, desk.wallets[payer_id], of_payer, at, done)
    return done


def _pay_one(desk: Desk, wallet: WalletState, bills: list[BillState], at: datetime, done: Payment) -> None:
    bills.sort(key=lambda bill: (bill.tokens > 0, bill.month, bill.id))
    for bill in bills:
        moves = _moves(wallet, bill.tokens)
        if moves is None:
            done.owing.add(wallet.id)
            return
        kind = BILL if bill.tokens > 0 else BILL_REFUND
        bill.transfer = desk.post(
            kind,
            at,
            moves,
            against=platform.BILLED,
            description=f"{bill.title}, {bill.month:%Y-%m}",
            bill_id=bill.id,
            credit=bill.tokens < 0,
        )
        bill.state, bill.settled_at = SETTLED, at
        done.settled.append(bill)
    done.free_of_debt.add(wallet.id)


def _moves(wallet: WalletState, tokens: int) -> list[tuple[Bucket, int]] | None:
    """What each bucket gives (−) or gets (+); None where it is not enough."""
    if tokens <= 0:
        return [(wallet.bucket(EARNED), -tokens)] if tokens else []
    if wallet.frozen:
        return None
    moves: list[tuple[Bucket, int]] = []
    for kind in BURN_ORDER:
        bucket = wallet.bucket(kind)
        drawn = min(max(bucket.available, 0), tokens)
        if kind == PURCHASED and wallet.unlimited:
            drawn = tokens
        if drawn:
            moves.append((bucket, -drawn))
            tokens -= drawn
    return None if tokens else moves


def load_unpaid(payers: Sequence[int]) -> list[BillState]:
    """The bills that the payers still owe."""
    condition, values = sql.among("b.payer_id", payers)
    rows = sql.fetch(
        "SELECT b.id, b.resource_id, b.payer_id, b.month, b.state, b.tokens_micro, r.name, r.kind, "
        "r.platform_id, b.issued_at, b.due_at "
        "FROM hosting_bill b JOIN hosting_resource r ON r.id = b.resource_id "
        f"WHERE {condition} AND b.state IN ('open', 'overdue') ORDER BY b.payer_id, b.month, b.id",
        values,
    )
    return [
        BillState(
            row[0],
            row[1],
            row[2],
            sql.day(row[3]),
            row[4],
            row[5],
            title_of(row[6], row[7], row[8]),
            sql.instant(row[9]),
            sql.instant(row[10]),
        )
        for row in rows
    ]


def title_of(name: str, kind: str, key: str) -> str:
    """How a resource is called in the books."""
    return name or f"{kind} {key}"


def write_new(bills: Sequence[BillState]) -> None:
    """Insert bills, paid or not."""
    sql.insert("hosting_bill", _COLUMNS, [_row(bill) for bill in bills])


def _row(bill: BillState) -> tuple[Any, ...]:
    return (
        bill.id,
        bill.resource_id,
        bill.payer_id,
        bill.month,
        bill.state,
        bill.tokens,
        _encode(bill.lines),
        bill.issued_at,
        bill.due_at,
        bill.settled_at,
        bill.transfer.number if bill.transfer else None,
        "",
    )


def write_settled(bills: Sequence[BillState]) -> None:
    """Store that bills were paid."""
    sql.update(
        "hosting_bill",
        {"id": "bigint", "state": "text", "settled_at": "timestamptz", "transfer_id": "bigint"},
        [(b.id, b.state, b.settled_at, b.transfer.number if b.transfer else None) for b in bills],
        key="id",
    )


def write_awaited(desk: Desk, payment: Payment) -> None:
    """Let wallets that owe something be told of tokens that arrive, and the others no longer."""
    for awaited, wallets in ((True, payment.owing), (False, payment.free_of_debt)):
        changed = sorted(number for number in wallets if desk.wallets[number].awaited != awaited)
        if changed:
            condition, values = sql.among("id", changed)
            sql.put(f"UPDATE wallets_wallet SET awaited = %s WHERE {condition}", [awaited, *values])
