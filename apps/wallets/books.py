"""From rows to a desk and back: load wallets under their locks, let something decide, write set-based.

The order is always the same, so that nothing deadlocks and nothing is decided on stale rows: lock the
wallets in id order, read what belongs to them, settle what is due, decide, write.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextvars import ContextVar
from datetime import datetime
from typing import Protocol, TypeVar

from django.db import OperationalError, connection, transaction

from apps.core import sql
from apps.events.outbox import emit
from apps.ledger import numbers
from apps.ledger.posting import AccountChange, write_accounts, write_transfers
from apps.wallets.loading import load
from apps.wallets.state import Desk, HoldState

ATTEMPTS = 5
APPEND_ONLY = ("wallets_movement",)
CREDITED = "wallet.credited"
"""Told of a wallet that something waits for when its owner's tokens have become more."""
LOW = "wallet.low"
"""Told of a wallet whose balance fell below what is watched."""
Result = TypeVar("Result")


class Settler(Protocol):
    """Ends due holds of one purpose on a desk."""

    def scope(self, hold_ids: Sequence[int]) -> set[int]:
        """The wallets that the holds' end may touch."""
        ...

    def settle(self, desk: Desk, hold_ids: Sequence[int]) -> None:
        """End the holds as of their deadlines."""
        ...


settlers: dict[str, Settler] = {}
"""Who knows how a hold of a purpose ends: the app that places such holds registers itself."""


class DueElsewhere(Exception):
    """A due hold also touches wallets that are not at hand: settle it by itself, then begin again."""

    def __init__(self, wallet_ids: Collection[int]) -> None:
        super().__init__(f"Holds are due on wallets {sorted(wallet_ids)}")
        self.wallet_ids = frozenset(wallet_ids)


_working: ContextVar[bool] = ContextVar("working", default=False)


def atomically(work: Callable[[], Result], *, at: datetime) -> Result:
    """Run the work in a transaction; begin again when a due hold or a deadlock came between.

    Inside of another `atomically` the work is part of that one, and it is that one which begins again.
    """
    if _working.get():
        return work()
    token = _working.set(True)
    try:
        return _run_again(work, at)
    finally:
        _working.reset(token)


def _run_again(work: Callable[[], Result], at: datetime) -> Result:
    for _ in range(ATTEMPTS):
        outermost = not connection.in_atomic_block
        try:
            with transaction.atomic():
                return work()
        except DueElsewhere as due:
            settle_apart(due.wallet_ids, at)
        except OperationalError as error:
            if not (outermost and is_deadlock(error)):
                raise
    raise OperationalError(f"Gave up after {ATTEMPTS} attempts.")


def settle_apart(wallet_ids: frozenset[int], at: datetime) -> None:
    """Carry out what is due on the wallets in a transaction of its own."""
    for _ in range(ATTEMPTS):
        try:
            with transaction.atomic():
                write(open_desk(wallet_ids, at=at), at=at)
                return
        except DueElsewhere as further:
            wallet_ids |= further.wallet_ids


def is_deadlock(error: OperationalError) -> bool:
    """Whether PostgreSQL ended the transaction to break a circle of waiting ones."""
    return getattr(error.__cause__, "sqlstate", "") in {"40P01", "40001"}


def settle_wallets(wallet_ids: Iterable[int], *, at: datetime) -> None:
    """Carry out what is due on the wallets: holds past their deadline, cycles past their end."""
    wanted = set(wallet_ids)
    atomically(lambda: write(open_desk(wanted, at=at), at=at), at=at)


def open_desk(wallet_ids: Iterable[int], *, at: datetime, along: Callable[[], None] | None = None) -> Desk:
    """The wallets as they are at the instant, locked against other writers until the transaction ends.

    Due holds are settled and cycles begun on the desk; DueElsewhere if that needs further wallets. What
    `along` asks for (`sql.ask`) is read under the lock, in the same round trip.
    """
    wanted = sorted(set(wallet_ids))
    with sql.together():
        sql.lock_rows("wallets_wallet", wanted)
        if along is not None:
            along()
        return _at_hand(wanted, at)


def project(wallet_ids: Iterable[int], *, at: datetime) -> Desk:
    """The wallets as a write at the instant would find them; nothing is locked or written."""
    wanted = set(wallet_ids)
    for _ in range(ATTEMPTS):
        try:
            return _at_hand(sorted(wanted), at)
        except DueElsewhere as due:
            wanted |= due.wallet_ids
    return _at_hand(sorted(wanted), at)


def _at_hand(wallet_ids: Sequence[int], at: datetime) -> Desk:
    desk = load(wallet_ids, at=at)
    due = _due_holds(desk, at)
    for purpose in sorted({hold.purpose for hold in due}):
        _settle(desk, purpose, [hold.id for hold in due if hold.purpose == purpose])
    for wallet in desk.wallets.values():
        desk.roll_over(wallet, at)
    return desk


def _due_holds(desk: Desk, at: datetime) -> list[HoldState]:
    due = [hold for hold in desk.holds.values() if hold.expires_at <= at]
    return sorted(due, key=lambda hold: (hold.expires_at, hold.id))


def _settle(desk: Desk, purpose: str, hold_ids: list[int]) -> None:
    settler = settlers[purpose]
    scope = settler.scope(hold_ids)
    if not scope <= desk.wallets.keys():
        raise DueElsewhere(scope | desk.wallets.keys())
    settler.settle(desk, hold_ids)


def write(
    desk: Desk, *, at: datetime, finish: Callable[[], None] | None = None, taken: Sequence[int] = ()
) -> None:
    """Write everything decided on the desk, set-based, in the running transaction.

    `finish` writes what belongs to it (by `apps.core.sql` only) in the same round trip. `taken` are
    numbers that the caller has at hand for the transfers.
    """
    missing = max(len(desk.transfers) - len(taken), 0)
    for transfer, number in zip(desk.transfers, [*taken, *numbers.take(missing)], strict=False):
        transfer.number = number
    with sql.together():
        _write_accounts(desk)
        _write_wallets(desk)
        write_transfers(desk.transfers, at)
        _write_movements(desk)
        sql.insert("wallets_grant", ("wallet_id", "cycle_month", "tokens_micro", "at"), desk.grants)
        _write_holds(desk)
        emit(LOW, [w.id for w in desk.wallets.values() if w.fell_low], at=at)
        emit(CREDITED, [w.id for w in desk.wallets.values() if w.awaited and w.gained], at=at)
        for also in (*desk.writes, *filter(None, [finish])):
            also()


def _write_movements(desk: Desk) -> None:
    sql.insert(
        "wallets_movement",
        ("wallet_id", "sequence", "transfer_id", "at", "kind", "amount", "balance_after"),
        [
            (m.wallet_id, m.sequence, t.number, t.at, t.kind, m.amount, m.balance_after)
            for m in desk.movements
            for t in (m.transfer,)
        ],
    )


def _write_accounts(desk: Desk) -> None:
    write_accounts(
        [
            AccountChange(
                b.account_id, b.loaded_balance, b.loaded_held, b.balance, b.held, b.sequence, b.filled_at
            )
            for b in desk.accounts.values()
            if b.changed
        ]
    )


def _write_wallets(desk: Desk) -> None:
    sql.update(
        "wallets_wallet",
        {
            "id": "bigint",
            "sequence": "bigint",
            "cycle_month": "date",
            "cycle_ends_at": "timestamptz",
            "cycle_basis": "bigint",
        },
        [
            (w.id, w.sequence, w.cycle_month, w.cycle_ends_at, w.cycle_basis)
            for w in desk.wallets.values()
            if w.changed
        ],
        key="id",
    )


def _write_holds(desk: Desk) -> None:
    gone = sorted(desk.ended)
    if gone:
        for table, column in (("wallets_holdpart", "hold_id"), ("wallets_hold", "id")):
            condition, values = sql.among(column, gone)
            sql.put(f"DELETE FROM {table} WHERE {condition}", values)
    placed = list(desk.placed.values())
    sql.insert(
        "wallets_hold",
        ("id", "purpose", "expires_at", "created_at", "home_id"),
        [(h.id, h.purpose, h.expires_at, h.created_at, h.home) for h in placed],
    )
    sql.insert(
        "wallets_holdpart",
        ("hold_id", "account_id", "amount", "cycle_month"),
        [(h.id, p.account_id, p.amount, p.cycle_month) for h in placed for p in h.parts],
    )
    for hold_id, expires_at in desk.moved_deadlines.items():
        if hold_id not in desk.ended and hold_id not in desk.placed:
            sql.put("UPDATE wallets_hold SET expires_at = %s WHERE id = %s", [expires_at, hold_id])
