"""Wallets in memory while something is decided about them: no database, no clock.

A `Desk` holds the wallets that a decision may touch. Deciding moves tokens between their buckets and
collects what must be written; `apps.wallets.books` loads a desk and writes it. A read decides in the same
way and writes nothing: that is how a balance shown is projected past a deadline or the end of a cycle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from apps.core.errors import ValidationError
from apps.core.periods import Calendar, day_start, next_month
from apps.core.units import STORABLE
from apps.ledger import platform
from apps.ledger.posting import EntryDraft, TransferDraft

FREE, ALLOCATED, EARNED, PURCHASED = "free", "allocated", "earned", "purchased"
BURN_ORDER = (FREE, EARNED, PURCHASED)
"""How an organisation's own tokens are spent, and what is kept first when some return."""
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Bucket:
    """A bucket's account: balance and held in micro-tokens, as loaded and as decided so far."""

    account_id: int
    wallet_id: int
    kind: str
    source_id: int
    balance: int
    held: int
    sequence: int
    overdraft: bool
    filled_at: datetime | None
    loaded_balance: int = 0
    loaded_held: int = 0
    loaded_sequence: int = 0

    def __post_init__(self) -> None:
        self.loaded_balance, self.loaded_held, self.loaded_sequence = self.balance, self.held, self.sequence

    @property
    def available(self) -> int:
        return self.balance - self.held

    @property
    def changed(self) -> bool:
        return (
            self.balance != self.loaded_balance
            or self.held != self.loaded_held
            or self.sequence != self.loaded_sequence
        )


@dataclass(slots=True)
class WalletState:
    """A wallet with its buckets; `grants` are (from, micro-tokens a month), the latest first.

    Somebody wants to know when the balance falls below one of `watch`, the greatest first.
    """

    id: int
    owner_type: str
    owner_key: str
    price_book: str
    unlimited: bool
    frozen: bool
    sequence: int
    calendar: Calendar
    cycle_month: date
    cycle_ends_at: datetime
    cycle_basis: int
    grants: tuple[tuple[datetime, int], ...] = ()
    awaited: bool = False
    watch: tuple[int, ...] = ()
    buckets: dict[tuple[str, int], Bucket] = field(default_factory=dict)
    changed: bool = False

    @property
    def balance(self) -> int:
        return sum(bucket.balance for bucket in self.buckets.values())

    @property
    def held(self) -> int:
        return sum(bucket.held for bucket in self.buckets.values())

    @property
    def available(self) -> int:
        return self.balance - self.held

    @property
    def owed(self) -> int:
        """Micro-tokens used beyond what was there; 0 but in a wallet that is paid for afterwards."""
        return max(-self.balance, 0)

    @property
    def fell_low(self) -> bool:
        """Whether the balance has fallen below a threshold since it was loaded: once per crossing.

        Held tokens count as there: a hold that is released must not tell anybody twice.
        """
        if not self.watch or self.balance >= self.watch[0]:
            return False
        loaded = sum(bucket.loaded_balance for bucket in self.buckets.values())
        return any(self.balance < below <= loaded for below in self.watch)

    @property
    def gained(self) -> bool:
        """Whether more of its own tokens are available than when it was loaded."""
        own = [bucket for bucket in self.buckets.values() if bucket.kind != ALLOCATED]
        return sum(b.available for b in own) > sum(b.loaded_balance - b.loaded_held for b in own)

    def bucket(self, kind: str, source_id: int = 0) -> Bucket:
        return self.buckets[kind, source_id]

    def allocated(self, first: int = 0) -> list[Bucket]:
        """Allocated buckets in the order they are spent: that of `first`, then the longest filled."""
        found = [bucket for (kind, _), bucket in self.buckets.items() if kind == ALLOCATED]
        found.sort(
            key=lambda b: (
                b.source_id != first,
                b.filled_at is not None,
                b.filled_at or LONG_AGO,
                b.account_id,
            )
        )
        return found

    def grant_at(self, at: datetime) -> int:
        """The monthly grant that holds for a cycle beginning at the instant."""
        return next((tokens for from_at, tokens in self.grants if from_at <= at), 0)


@dataclass(slots=True)
class MovementDraft:
    """What a transfer did to a wallet: its place in the wallet's order and the balance after it."""

    wallet_id: int
    sequence: int
    transfer: TransferDraft
    amount: int
    balance_after: int


@dataclass(frozen=True, slots=True)
class HeldPart:
    """So many micro-tokens of one bucket; for free tokens the cycle they belong to."""

    account_id: int
    amount: int
    cycle_month: date | None = None


@dataclass(slots=True)
class HoldState:
    """An open hold as stored, or as decided. `home` is the wallet that settles one without parts."""

    id: int
    purpose: str
    expires_at: datetime
    created_at: datetime
    parts: tuple[HeldPart, ...]
    stored: bool = False
    home: int | None = None


@dataclass(slots=True)
class Desk:
    """The wallets at hand, and what has been decided about them so far."""

    wallets: dict[int, WalletState] = field(default_factory=dict)
    holds: dict[int, HoldState] = field(default_factory=dict)
    transfers: list[TransferDraft] = field(default_factory=list)
    movements: list[MovementDraft] = field(default_factory=list)
    grants: list[tuple[int, date, int, datetime]] = field(default_factory=list)
    placed: dict[int, HoldState] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)
    moved_deadlines: dict[int, datetime] = field(default_factory=dict)
    writes: list[Callable[[], None]] = field(default_factory=list)
    accounts: dict[int, Bucket] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    """What apps above keep with the desk, by their own names."""

    def add(self, wallets: Iterable[WalletState]) -> None:
        for wallet in wallets:
            self.wallets[wallet.id] = wallet
            for bucket in wallet.buckets.values():
                self.accounts[bucket.account_id] = bucket

    def post(
        self,
        kind: str,
        at: datetime,
        moves: Iterable[tuple[Bucket, int]],
        *,
        against: int | None = None,
        description: str = "",
        actor: str = "clock",
        charge_id: int | None = None,
        bill_id: int | None = None,
        note: str = "",
        credit: bool = False,
    ) -> TransferDraft | None:
        """Move micro-tokens into (+) or out of (−) buckets; `against` is the platform account that
        takes the other side. Answers None if nothing moves. `credit` raises the cycle's basis."""
        transfer = TransferDraft(kind, at, description, actor, charge_id, note, bill_id=bill_id)
        touched: dict[int, int] = {}
        for bucket, amount in moves:
            if amount:
                self._move(transfer, bucket, amount, at)
                touched[bucket.wallet_id] = touched.get(bucket.wallet_id, 0) + amount
        if not transfer.entries:
            return None
        if against is not None:
            transfer.entries.append(EntryDraft(against, -sum(touched.values())))
        self.transfers.append(transfer)
        for wallet_id, amount in touched.items():
            self._record(self.wallets[wallet_id], transfer, amount, credit)
        return transfer

    def _move(self, transfer: TransferDraft, bucket: Bucket, amount: int, at: datetime) -> None:
        if bucket.balance <= 0 < bucket.balance + amount:
            bucket.filled_at = at
        bucket.balance += amount
        bucket.sequence += 1
        if not -STORABLE <= bucket.balance <= STORABLE:
            raise ValidationError({"tokens": ["A wallet cannot hold so many tokens."]})
        transfer.entries.append(EntryDraft(bucket.account_id, amount, bucket.sequence, bucket.balance))

    def _record(self, wallet: WalletState, transfer: TransferDraft, amount: int, credit: bool) -> None:
        wallet.sequence += 1
        wallet.changed = True
        if credit and amount > 0:
            wallet.cycle_basis += amount
        balance = wallet.balance
        if not -STORABLE <= balance <= STORABLE or wallet.cycle_basis > STORABLE:
            raise ValidationError({"tokens": ["A wallet cannot hold so many tokens."]})
        self.movements.append(MovementDraft(wallet.id, wallet.sequence, transfer, amount, balance))

    def hold(self, hold: HoldState) -> None:
        """Promise the parts to a hold."""
        for part in hold.parts:
            self.accounts[part.account_id].held += part.amount
        self.placed[hold.id] = self.holds[hold.id] = hold

    def end_hold(self, hold_id: int) -> HoldState:
        """Give a hold's parts back to their buckets; what is to be spent is posted afterwards."""
        hold = self.holds.pop(hold_id)
        for part in hold.parts:
            self.accounts[part.account_id].held -= part.amount
        self.placed.pop(hold_id, None)
        if hold.stored:
            self.ended.add(hold_id)
        return hold

    def move_deadline(self, hold_id: int, expires_at: datetime) -> None:
        """Let an open hold end at another time."""
        self.holds[hold_id].expires_at = expires_at
        self.moved_deadlines[hold_id] = expires_at

    def roll_over(self, wallet: WalletState, at: datetime) -> None:
        """Begin the cycle that holds the instant: what is left of the last grant lapses, dated at its
        end, and the new one arrives. Held free tokens stay until their hold ends (clockwork.md)."""
        if at < wallet.cycle_ends_at:
            return
        ended_at = wallet.cycle_ends_at
        free = wallet.bucket(FREE)
        lapsing = max(free.available, 0)
        self.post(
            "lapse", ended_at, [(free, -lapsing)], against=platform.LAPSED, description="Free tokens lapsed"
        )
        began_at = begin_cycle(wallet, at)
        wallet.changed = True
        wallet.cycle_basis = max(wallet.balance, 0)
        self.grant(wallet, wallet.grant_at(began_at), began_at)

    def grant(self, wallet: WalletState, tokens: int, at: datetime) -> None:
        """Give the free tokens of the wallet's present cycle."""
        if tokens:
            self.grants.append((wallet.id, wallet.cycle_month, tokens, at))
            self.post(
                "grant",
                at,
                [(wallet.bucket(FREE), tokens)],
                against=platform.ISSUED,
                description="Free tokens for the month",
                credit=True,
            )


def begin_cycle(wallet: WalletState, at: datetime) -> datetime:
    """Move the wallet to the cycle that holds the instant; answers when that cycle began.

    A cycle begins where the one before ended, and ends with its calendar month in the zone that holds
    when it begins: a changed zone leaves no gap and no overlap between two cycles (clockwork.md).
    """
    while True:
        began_at = wallet.cycle_ends_at
        wallet.cycle_month = next_month(wallet.cycle_month)
        wallet.cycle_ends_at = day_start(next_month(wallet.cycle_month), wallet.calendar.zone_at(began_at))
        if at < wallet.cycle_ends_at:
            return began_at
