"""What hosting and storage cost: pure and exact, used by the monthly bills and by the calculator alike.

Averages are exact (fractions, or whole numbers where they are whole), rates whole micro-tokens; nothing is
rounded before a payer's month is whole. Source of the rules: clockwork.md, "Bills".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import lcm

from apps.core.units import MICRO

GIGABYTE = 10**9
KINDS = ("campus", "course", "session", "task")
OWNERS = ("organisation", "user")
_TICK = timedelta(microseconds=1)
Exact = Fraction | int
"""A number without any rounding; whole ones are computed with faster as they are."""


@dataclass(frozen=True, slots=True)
class KindRate:
    """What a member of a resource costs a month; a payer's first `free` ones of the kind cost nothing."""

    micro_per_member: int
    free: int


@dataclass(frozen=True, slots=True)
class HostingRates:
    """The hosting and storage rates of one price book from an instant on.

    `free_bytes` is the pool of each kind of payer; a bill is overdue `grace_days` after it was due.
    """

    version_id: int
    effective_from: datetime
    kinds: Mapping[str, KindRate]
    micro_per_gigabyte: int
    free_bytes: Mapping[str, int]
    grace_days: int

    def kind(self, name: str) -> KindRate:
        """The rate of a kind; what is not priced costs nothing."""
        return self.kinds.get(name, KindRate(0, 0))

    @property
    def is_free(self) -> bool:
        """Whether neither hosting nor storage costs anything."""
        return not self.micro_per_gigabyte and not any(rate.micro_per_member for rate in self.kinds.values())


@dataclass(frozen=True, slots=True)
class Hosted:
    """`count` resources of a kind that are alike: one on a bill, many in a plan.

    `members` and `stored_bytes` are the payer's part of each one's average over the month.
    """

    kind: str
    members: Exact
    stored_bytes: Exact = 0
    count: int = 1


@dataclass(frozen=True, slots=True)
class HostingLine:
    """What hosting costs for one `Hosted`, exactly, and the whole `tokens` it bears of the total."""

    hosted: Hosted
    rate: KindRate
    free: int
    exact_micro: Exact
    tokens: int

    @property
    def exact(self) -> Fraction:
        """Tokens before any rounding."""
        return Fraction(self.exact_micro) / MICRO

    @property
    def billable(self) -> int:
        """How many of the resources are beyond the free ones."""
        return self.hosted.count - self.free


@dataclass(frozen=True, slots=True)
class HostingCost:
    """A payer's hosting of one month: `tokens` is `exact` rounded, and the sum of the lines."""

    lines: tuple[HostingLine, ...]
    exact: Fraction
    tokens: int


@dataclass(frozen=True, slots=True)
class StorageCost:
    """A payer's storage of one month in average bytes; `shares` are the whole tokens of each `Hosted`."""

    stored: Exact
    free: int
    billable: Exact
    micro_per_gigabyte: int
    exact: Fraction
    tokens: int
    shares: tuple[int, ...]


def time_weighted(
    changes: Iterable[tuple[datetime, int | Fraction]], start: datetime, end: datetime
) -> Fraction:
    """The average of a quantity over [start, end); a change holds from its instant on, before it is 0.

    `changes` may stand in any order; of several at one instant the last one counts.
    """
    total, since, value = Fraction(0), start, Fraction(0)
    for instant, quantity in sorted(changes, key=lambda change: change[0]):
        if instant >= end:
            break
        if instant > since:
            total += value * ((instant - since) // _TICK)
            since = instant
        value = Fraction(quantity)
    total += value * ((end - since) // _TICK)
    return total / ((end - start) // _TICK)


def share_of(quantity: Fraction, weight: int, weights: Iterable[int]) -> Fraction:
    """A payer's part of a resource that several share, by the payers' weights."""
    return quantity * Fraction(weight, sum(weights))


def cost_hosting(hosted: Sequence[Hosted], rates: HostingRates) -> HostingCost:
    """What a payer's hosting costs a month; `hosted` in order of creation, then id: the first are free."""
    left = {name: rate.free for name, rate in rates.kinds.items()}
    drafts: list[tuple[Hosted, KindRate, int, Exact]] = []
    for each in hosted:
        rate = rates.kind(each.kind)
        free = min(left.get(each.kind, 0), each.count)
        left[each.kind] = left.get(each.kind, 0) - free
        drafts.append((each, rate, free, (each.count - free) * each.members * rate.micro_per_member))
    exact_micro = [draft[3] for draft in drafts]
    exact = Fraction(sum(exact_micro)) / MICRO
    tokens = round_half_up(exact)
    shares = share_out(tokens, exact_micro)
    lines = tuple(HostingLine(*draft, share) for draft, share in zip(drafts, shares, strict=True))
    return HostingCost(lines, exact, tokens)


def cost_storage(hosted: Sequence[Hosted], rates: HostingRates, payer: str) -> StorageCost:
    """What a payer's storage costs a month above its free pool; `payer`: ``organisation`` or ``user``."""
    held = [each.count * each.stored_bytes for each in hosted]
    stored = sum(held)
    free = rates.free_bytes.get(payer, 0)
    billable = max(stored - free, 0)
    exact = Fraction(billable * rates.micro_per_gigabyte) / (GIGABYTE * MICRO)
    tokens = round_half_up(exact)
    shares = tuple(share_out(tokens, held))
    return StorageCost(stored, free, billable, rates.micro_per_gigabyte, exact, tokens, shares)


def round_half_up(exact: Exact) -> int:
    """The nearest whole number of what is not negative; a half goes up."""
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def share_out(total: int, weights: Sequence[Exact]) -> list[int]:
    """Split a whole number in proportion to the weights by largest remainder; of equal ones the first gains.

    The parts add up to `total`; where nothing weighs anything, all parts are 0 and so must `total` be.
    """
    scale = lcm(*(weight.denominator for weight in weights))
    scaled = [weight.numerator * (scale // weight.denominator) for weight in weights]
    whole = sum(scaled)
    if not whole:
        if total:
            raise ValueError("There is nothing to share the total out over.")
        return [0] * len(weights)
    parts, remainders = [], []
    for weight in scaled:
        part, remainder = divmod(total * weight, whole)
        parts.append(part)
        remainders.append(remainder)
    by_remainder = sorted(range(len(parts)), key=remainders.__getitem__, reverse=True)
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts
