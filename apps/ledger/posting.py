"""The ledger's one primitive: write a list of transfers and the accounts they leave behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from apps.core import sql

APPEND_ONLY = ("ledger_transfer", "ledger_entry")


@dataclass(slots=True)
class EntryDraft:
    """One line: micro-tokens to (+) or from (−) an account, and for buckets its place and balance after."""

    account_id: int
    amount: int
    sequence: int | None = None
    balance_after: int | None = None


@dataclass(slots=True)
class TransferDraft:
    """A transfer that is decided but not written; its entries sum to zero."""

    kind: str
    at: datetime
    description: str
    actor: str
    charge_id: int | None = None
    note: str = ""
    number: int = 0
    bill_id: int | None = None
    entries: list[EntryDraft] = field(default_factory=list)


@dataclass(slots=True)
class AccountChange:
    """A bucket before and after, as its row stores it."""

    account_id: int
    old_balance: int
    old_held: int
    balance: int
    held: int
    sequence: int
    filled_at: datetime | None


class StaleAccount(Exception):
    """A bucket changed between loading and writing: its lock was not held."""


def write_transfers(transfers: Sequence[TransferDraft], recorded_at: datetime) -> None:
    """Append numbered transfers with their entries; ValueError if one does not sum to zero."""
    for transfer in transfers:
        if sum(entry.amount for entry in transfer.entries) != 0:
            raise ValueError(f"Transfer {transfer.number} ({transfer.kind}) does not sum to zero.")
    sql.insert(
        "ledger_transfer",
        ("number", "kind", "at", "recorded_at", "description", "actor", "charge_id", "bill_id", "note"),
        [
            (
                t.number,
                t.kind,
                t.at,
                recorded_at,
                t.description[:300],
                t.actor,
                t.charge_id,
                t.bill_id,
                t.note,
            )
            for t in transfers
        ],
    )
    sql.insert(
        "ledger_entry",
        ("transfer_id", "account_id", "amount", "sequence", "balance_after"),
        [
            (t.number, e.account_id, e.amount, e.sequence, e.balance_after)
            for t in transfers
            for e in t.entries
        ],
    )


def write_accounts(changes: Sequence[AccountChange]) -> None:
    """Store new balances; StaleAccount if a row is not as it was when the change was decided."""

    def check(touched: int) -> None:
        if touched != len(changes):
            raise StaleAccount(f"{len(changes) - touched} of {len(changes)} accounts changed meanwhile.")

    sql.update(
        "ledger_account",
        {
            "id": "bigint",
            "old_balance": "bigint",
            "old_held": "bigint",
            "balance": "bigint",
            "held": "bigint",
            "sequence": "bigint",
            "filled_at": "timestamptz",
        },
        [
            (c.account_id, c.old_balance, c.old_held, c.balance, c.held, c.sequence, c.filled_at)
            for c in changes
        ],
        key="id",
        guards=("old_balance", "old_held"),
        check=check,
    )
