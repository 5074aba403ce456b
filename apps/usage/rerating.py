"""What a month's real charges would have cost at other prices: pure, by the function that prices charges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from apps.core.errors import Problem
from apps.pricing.rating import Rate

FIRST = 5
"""How many organisations and people are named."""


@dataclass(frozen=True, slots=True)
class PastCharge:
    """What was used and what it cost; `price` in micro-tokens, quantities in micro-units."""

    id: int
    wallet_id: int
    organisation_wallet_id: int | None
    version_id: int
    exchange_rate_id: int | None
    quantities: Mapping[str, int]
    options: Mapping[str, str]
    price: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """Micro-tokens of one charge, or of all charges of a wallet, before and after."""

    key: int
    charges: int
    before: int
    after: int

    @property
    def difference(self) -> int:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Rerated:
    """The same work at other prices. Sums and lists are over the charges that could be priced.

    `largest` is the single charge that changes most; `organisations` and `people` are those whose sums
    change most, by wallet. `unrated` counts the charges that have no price by the reason.
    """

    charges: int = 0
    before: int = 0
    after: int = 0
    dearer: int = 0
    cheaper: int = 0
    largest: Change | None = None
    largest_wallet_id: int | None = None
    organisations: tuple[Change, ...] = ()
    people: tuple[Change, ...] = ()
    unrated: tuple[tuple[str, int], ...] = ()

    @property
    def difference(self) -> int:
        return self.after - self.before

    @property
    def unrated_charges(self) -> int:
        return sum(number for _, number in self.unrated)


@dataclass(slots=True)
class _Sums:
    """What has been added up so far; sums by wallet are [charges, before, after]."""

    total: list[int] = field(default_factory=lambda: [0, 0, 0])
    dearer: int = 0
    cheaper: int = 0
    largest: tuple[PastCharge, int] | None = None
    organisations: dict[int, list[int]] = field(default_factory=dict)
    people: dict[int, list[int]] = field(default_factory=dict)

    def add(self, charge: PastCharge, after: int) -> None:
        self.dearer += after > charge.price
        self.cheaper += after < charge.price
        if self.largest is None or abs(after - charge.price) > abs(self.largest[1] - self.largest[0].price):
            self.largest = charge, after
        sums = [self.total, self.people.setdefault(charge.wallet_id, [0, 0, 0])]
        if charge.organisation_wallet_id is not None:
            sums.append(self.organisations.setdefault(charge.organisation_wallet_id, [0, 0, 0]))
        for one in sums:
            one[0] += 1
            one[1] += charge.price
            one[2] += after


def rerate(charges: Iterable[PastCharge], rate_of: Callable[[PastCharge], Rate]) -> Rerated:
    """Price each charge by the rate that would hold for it; a Problem of `rate_of` says why there is none."""
    sums, unrated = _Sums(), Counter[str]()
    for charge in charges:
        try:
            rate = rate_of(charge)
            options = rate.clean(charge.quantities, charge.options)
        except Problem as problem:
            unrated[problem.detail] += 1
            continue
        sums.add(charge, rate.price(charge.quantities, options).micro)
    return _result(sums, unrated)


def _result(sums: _Sums, unrated: Counter[str]) -> Rerated:
    found = sums.largest
    changed = found if found and found[0].price != found[1] else None
    return Rerated(
        charges=sums.total[0],
        before=sums.total[1],
        after=sums.total[2],
        dearer=sums.dearer,
        cheaper=sums.cheaper,
        largest=Change(changed[0].id, 1, changed[0].price, changed[1]) if changed else None,
        largest_wallet_id=changed[0].wallet_id if changed else None,
        organisations=_first(sums.organisations),
        people=_first(sums.people),
        unrated=tuple(unrated.most_common()),
    )


def _first(sums: Mapping[int, list[int]]) -> tuple[Change, ...]:
    changes = [Change(key, *one) for key, one in sums.items() if one[1] != one[2]]
    return tuple(sorted(changes, key=lambda change: (-abs(change.difference), change.key))[:FIRST])
