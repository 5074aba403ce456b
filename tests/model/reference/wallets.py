"""Wallets: what moves in and out of them, what is held, and how their months follow each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime

from tests.model.reference.days import LocalDays, midnight, month_after
from tests.model.reference.paying import keeps
from tests.model.reference.state import (
    FREE,
    PURCHASED,
    BucketKey,
    Charge,
    Organisation,
    Owner,
    OwnerKey,
    Part,
    Refused,
)

GRANTS = {"learner": 200_000_000, "creator": 500_000_000, "teacher": 500_000_000}


class Wallets(ABC):
    """All owners and everything ever charged, at one instant."""

    def __init__(self, at: datetime) -> None:
        self.now = at
        self.owners: dict[OwnerKey, Owner] = {}
        self.organisations: dict[str, Organisation] = {}
        self.charges: list[Charge] = []
        self.fillings = 0

    def owner(self, key: OwnerKey) -> Owner:
        if key not in self.owners:
            raise Refused("not_found")
        return self.owners[key]

    def held(self, owner: Owner, bucket: BucketKey) -> int:
        """What open holds keep of a bucket."""
        open_ones = [charge for charge in self.charges if charge.status == "held"]
        parts = [part for charge in open_ones for part in charge.parts]
        return sum(p.amount for p in parts if (p.owner, p.bucket) == (owner.key, bucket))

    def available(self, owner: Owner, bucket: BucketKey) -> int:
        return owner.buckets.get(bucket, 0) - self.held(owner, bucket)

    def post(self, kind: str, at: datetime, moves: Iterable[tuple[OwnerKey, BucketKey, int]]) -> None:
        """One transfer: every wallet it touches gets one line."""
        sums: dict[OwnerKey, int] = {}
        for key, bucket, amount in moves:
            owner = self.owners[key]
            if amount:
                before = owner.buckets.get(bucket, 0)
                if before <= 0 < before + amount:
                    self.fillings += 1
                    owner.filled[bucket] = self.fillings
                owner.buckets[bucket] = before + amount
                sums[key] = sums.get(key, 0) + amount
        for key, amount in sums.items():
            owner = self.owners[key]
            owner.moved = owner.moved or bool(owner.lines) or kind != "grant"
            owner.lines.append((kind, amount, sum(owner.buckets.values()), at))

    def open_wallet(self, key: OwnerKey, *, book: str, zone: str, account_type: str | None) -> Owner:
        days = LocalDays(zone, self.now)
        cycle = days.day_of(self.now).replace(day=1)
        owner = Owner(key, book, days, cycle, midnight(month_after(cycle), zone))
        owner.grant = GRANTS[account_type] if account_type else 0
        self.owners[key] = owner
        self.post("grant", self.now, [(key, FREE, owner.grant)])
        return owner

    def advance(self, to: datetime) -> None:
        """Let time pass: cycles end and deadlines fall, each at its instant; a cycle before a deadline."""
        while True:
            due = [(owner.cycle_ends, 0, n) for n, owner in enumerate(self.owners.values())]
            due += [
                (charge.deadline, 1, n)
                for n, charge in enumerate(self.charges)
                if charge.status == "held" and charge.deadline
            ]
            at, kind, place = min(due, default=(to, 2, 0))
            if at > to or kind == 2:
                self.now = to
                return
            self.now = at
            if kind == 0:
                self._next_cycle(list(self.owners.values())[place])
            else:
                self.expire(self.charges[place])

    def _next_cycle(self, owner: Owner) -> None:
        at = owner.cycle_ends
        lapsing = max(self.available(owner, FREE), 0)
        self.post("lapse", at, [(owner.key, FREE, -lapsing)])
        owner.cycle = month_after(owner.cycle)
        owner.cycle_ends = midnight(month_after(owner.cycle), owner.days.zone_at(at))
        self.post("grant", at, [(owner.key, FREE, owner.grant)])

    @abstractmethod
    def expire(self, charge: Charge) -> None:
        """A deadline: captured at what was used, if anything was reported, else everything returns."""

    def give_back(self, charge: Charge, returned: Iterable[tuple[Part, int]]) -> None:
        """What returned and may not stay: free tokens of an earlier month, tokens of an organisation left."""
        for part, back in returned:
            owner = self.owners[part.owner]
            if not back:
                continue
            if part.bucket == FREE and part.cycle and part.cycle < owner.cycle:
                self.post("lapse", self.now, [(owner.key, FREE, -back)])
            source = part.bucket[1]
            if part.bucket[0] == "allocated" and charge.user not in self.organisations[source].roles:
                giver = ("organisation", source)
                self.post("reclaim", self.now, [(owner.key, part.bucket, -back), (giver, PURCHASED, back)])

    def kept(self, charge: Charge) -> list[int]:
        return keeps(charge, charge.cost())
