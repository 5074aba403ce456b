"""Transfers with their entries: which account of whom, how much, and what was there then."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.core import figures
from apps.ledger.models import Entry, Transfer
from apps.staff.wallet_page.state import owner_name
from apps.staff.wording import bucket_name, kind_name
from apps.wallets.models import Wallet


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry: signed micro-tokens; platform accounts have no owner and store no balance."""

    id: int
    account_id: int
    bucket: str
    owner: str
    wallet_id: int | None
    amount: int
    balance_after: int | None


@dataclass(frozen=True, slots=True)
class TransferLine:
    """A transfer with all its entries; they sum to zero."""

    number: int
    kind: str
    at: datetime
    recorded_at: datetime
    description: str
    note: str
    actor: str
    charge_id: int | None
    bill_id: int | None
    entries: tuple[EntryLine, ...]

    @property
    def places(self) -> int:
        return figures.places_for([line.amount for line in self.entries])

    @property
    def sum(self) -> int:
        return sum(line.amount for line in self.entries)

    @property
    def was_late(self) -> bool:
        """Whether it counts at another time than it was written."""
        return abs((self.recorded_at - self.at).total_seconds()) >= 1


def load_transfers(rows: Collection[Transfer]) -> tuple[TransferLine, ...]:
    """The transfers with their entries and whose accounts those are; two queries."""
    found = Entry.objects.filter(transfer__in=[row.pk for row in rows]).select_related("account")
    entries = list(found.order_by("transfer_id", "id"))
    owners = wallets_by_id(entry.account.holder_id for entry in entries)
    return tuple(_transfer(row, [e for e in entries if e.transfer_id == row.pk], owners) for row in rows)


def wallets_by_id(ids: Iterable[int | None]) -> dict[int, Wallet]:
    """Wallets with their owners' rows."""
    wanted = {number for number in ids if number}
    rows = Wallet.objects.filter(pk__in=wanted).select_related("user", "organisation")
    return {row.pk: row for row in rows}


def _transfer(row: Transfer, entries: Iterable[Entry], owners: Mapping[int, Wallet]) -> TransferLine:
    return TransferLine(
        number=row.pk,
        kind=kind_name(row.kind),
        at=row.at,
        recorded_at=row.recorded_at,
        description=row.description,
        note=row.note,
        actor=row.actor,
        charge_id=row.charge_id,
        bill_id=row.bill_id,
        entries=tuple(_entry(entry, owners) for entry in entries),
    )


def _entry(entry: Entry, owners: Mapping[int, Wallet]) -> EntryLine:
    holder = owners.get(entry.account.holder_id or 0)
    return EntryLine(
        id=entry.pk,
        account_id=entry.account_id,
        bucket=bucket_name(entry.account.kind),
        owner=owner_name(holder) if holder else "",
        wallet_id=entry.account.holder_id,
        amount=entry.amount,
        balance_after=entry.balance_after,
    )
