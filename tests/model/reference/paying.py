"""Who pays, and what the sources keep when a charge costs less (charging.md)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from tests.model.reference.state import (
    EARNED,
    ENDLESS,
    FREE,
    OWN,
    PURCHASED,
    BucketKey,
    Charge,
    Limit,
    Owner,
    OwnerKey,
    Part,
)

SPECIFICITY = ("personal", "member", "role", "members", "cost_centre", "organisation")
PERIODS = ("day", "week", "month", "total")


@dataclass
class Till:
    """What somebody may draw on: balances not held, and room by the owner whose limits ask for it."""

    user: Owner | None
    organisation: Owner | None
    shared: bool
    percent: int
    available: Callable[[Owner, BucketKey], int]
    rooms: dict[OwnerKey, dict[Limit, int]]
    same_book: bool
    limited: bool = True
    parts: list[Part] = field(default_factory=list)
    cutting: dict[Limit, int] = field(default_factory=dict)
    taken: dict[OwnerKey, int] = field(default_factory=dict)

    def afresh(self, *, limited: bool = True) -> Till:
        """The same sources with nothing drawn yet."""
        again = replace(self, limited=limited)
        again.parts, again.cutting, again.taken = [], {}, {}
        return again

    def within(self, scope: OwnerKey, wanted: int) -> int:
        """What the scope's limits leave of it."""
        if not self.limited:
            return wanted
        for limit, room in self.rooms.get(scope, {}).items():
            if room - self.taken.get(scope, 0) < wanted:
                self.cutting[limit] = room
        rooms = [room - self.taken.get(scope, 0) for room in self.rooms.get(scope, {}).values()]
        return max(min([wanted, *rooms]), 0)

    def take(self, owner: Owner, bucket: BucketKey, wanted: int, scope: OwnerKey) -> int:
        """Draw up to so much from the bucket."""
        endless = owner.unlimited and bucket == PURCHASED
        amount = wanted if endless else min(wanted, max(self.available(owner, bucket), 0))
        if amount:
            cycle = owner.cycle if bucket == FREE else None
            self.parts.append(Part(owner.key, bucket, amount, cycle))
            self.taken[scope] = self.taken.get(scope, 0) + amount
        return amount

    def has(self, owner: Owner, bucket: BucketKey, wanted: int) -> int:
        if owner.unlimited and bucket == PURCHASED:
            return wanted
        return min(wanted, max(self.available(owner, bucket), 0))

    def pay(self, amount: int) -> int:
        """Draw the amount in the order of the rules; answers what is missing."""
        if self.shared:
            return amount - self._organisation(amount)
        if not self.same_book:
            return amount - self._organisation(amount * self.percent // 10**8)
        left = amount - self._personal(FREE, amount)
        left -= self._organisation(left * self.percent // 10**8)
        left -= self._allocated(left)
        for bucket in (EARNED, PURCHASED):
            left -= self._personal(bucket, left)
        return left

    def _organisation(self, wanted: int) -> int:
        owner = self.organisation
        if owner is None or owner.frozen:
            return 0
        wanted = self.within(owner.key, wanted)
        paid = 0
        for bucket in OWN:
            paid += self.take(owner, bucket, wanted - paid, owner.key)
        return paid

    def _personal(self, bucket: BucketKey, wanted: int) -> int:
        owner = self.user
        if owner is None or owner.frozen:
            return 0
        there = self.has(owner, bucket, wanted)
        return self.take(owner, bucket, self.within(owner.key, there), owner.key)

    def _allocated(self, wanted: int) -> int:
        owner, paid = self.user, 0
        if owner is None or owner.frozen:
            return 0
        mine = self.organisation.key[1] if self.organisation else None
        buckets = [bucket for bucket in owner.buckets if bucket[0] == "allocated"]
        for bucket in sorted(buckets, key=lambda b: (b[1] != mine, owner.filled.get(b, -1))):
            scope = ("organisation", bucket[1])
            there = self.has(owner, bucket, wanted - paid)
            paid += self.take(owner, bucket, self.within(scope, there), scope)
        return paid


def refusal(till: Till, amount: int) -> tuple[str, Limit | None] | None:
    """Why the amount may not be charged; the till is left as drawn."""
    if till.pay(amount) == 0:
        return None
    pays_all = till.organisation is not None and (till.shared or till.percent == 10**8)
    if not till.same_book and not pays_all:
        return "price_book_mismatch", None
    if till.afresh(limited=False).pay(amount) > 0:
        return "insufficient_tokens", None
    named = min(
        till.cutting,
        key=lambda n: (max(till.cutting[n], 0), PERIODS.index(n[2]), SPECIFICITY.index(n[0])),
    )
    return "limit_reached", named


def largest(till: Till) -> int:
    """The largest charge that would not be denied, by trying."""
    bound = 1
    while bound < ENDLESS and till.afresh().pay(bound) == 0:
        bound *= 2
    low, high = bound // 2, bound
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if till.afresh().pay(middle) == 0 else (low, middle)
    return low


def keeps(charge: Charge, cost: int) -> list[int]:
    """What each part keeps when the charge costs so much."""
    user, organisation = charge.payer_keys

    free = [p for p in charge.parts if p.owner == user and p.bucket == FREE]
    given = [p for p in charge.parts if p.owner == organisation]
    rest = [p for p in charge.parts if p.owner == user and p.bucket != FREE]
    free.sort(key=lambda p: p.cycle or date.min)
    given.sort(key=lambda p: OWN.index(p.bucket))
    rest.sort(key=lambda p: ("allocated", "earned", "purchased").index(p.bucket[0]))
    kept: dict[int, int] = {}

    def keep(parts: list[Part], amount: int) -> int:
        for part in parts:
            kept[id(part)] = min(part.amount, amount)
            amount -= kept[id(part)]
        return amount

    beyond_free = keep(free, cost)
    share = beyond_free if charge.shared else beyond_free * charge.percent // 10**8
    share = min(share, sum(p.amount for p in given))
    missing = keep(rest, beyond_free - share)
    if keep(given, share + missing):
        raise AssertionError("A charge cannot keep more than it has drawn.")
    return [kept[id(part)] for part in charge.parts]


def merged(parts: Sequence[Part]) -> list[Part]:
    """Draws on the same bucket and cycle as one, where the first was."""
    found: list[Part] = []
    for part in parts:
        for place, known in enumerate(found):
            if (known.owner, known.bucket, known.cycle) == (part.owner, part.bucket, part.cycle):
                found[place] = replace(known, amount=known.amount + part.amount)
                break
        else:
            found.append(part)
    return found


def returning(parts: Sequence[Part], kept: Sequence[int]) -> list[tuple[Part, int]]:
    """What of each part goes back."""
    return [(part, part.amount - amount) for part, amount in zip(parts, kept, strict=True)]


def resized(parts: Sequence[Part], kept: Sequence[int]) -> list[Part]:
    """The parts with what they keep; those that keep nothing are gone."""
    return [replace(part, amount=amount) for part, amount in zip(parts, kept, strict=True) if amount]
