"""What a payer had of a resource in a month: averages over the time it was there. Pure and exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from apps.pricing.hosting import Exact, share_of, time_weighted


@dataclass(frozen=True, slots=True)
class Step:
    """What a resource held from an instant until the next step; `weights` by payer's wallet."""

    since: datetime
    there: bool
    members: int
    stored_bytes: int
    weights: Mapping[int, int]

    def part_of(self, payer: int, quantity: int) -> Exact:
        """The payer's part of a quantity, by the payers' weights."""
        weight = self.weights.get(payer, 0) if self.there else 0
        if not weight:
            return 0
        if len(self.weights) == 1:
            return quantity
        return share_of(Fraction(quantity), weight, self.weights.values())


@dataclass(frozen=True, slots=True)
class History:
    """A resource with its steps in order of time; of several at one instant the last one counts."""

    resource_id: int
    kind: str
    platform_id: str
    name: str
    created_at: datetime
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class Use:
    """A payer's part of a resource over a month: average members and bytes, and the share that held last.

    `share` is (weight, sum of weights), None where the payer bears all of it.
    """

    resource: History
    members: Exact
    stored_bytes: Exact
    share: tuple[int, int] | None


def use_of(history: History, payer: int, start: datetime, end: datetime, until: datetime) -> Use | None:
    """The payer's part in the month [start, end), as far as `until`; None if there was none at all.

    What comes after `until` counts as nothing: so the month so far is the month's own formula.
    """
    steps = _effective(history.steps, start, min(end, until))
    ours = [step for step in steps if step.there and step.weights.get(payer)]
    if not ours:
        return None
    last = ours[-1]
    share = None if len(last.weights) == 1 else (last.weights[payer], sum(last.weights.values()))
    if len(steps) == 1 and steps[0].since <= start and until >= end:
        return Use(history, last.part_of(payer, last.members), last.part_of(payer, last.stored_bytes), share)
    return Use(
        history,
        _average([(step.since, step.part_of(payer, step.members)) for step in steps], start, end, until),
        _average([(step.since, step.part_of(payer, step.stored_bytes)) for step in steps], start, end, until),
        share,
    )


def _average(
    changes: Sequence[tuple[datetime, Exact]], start: datetime, end: datetime, until: datetime
) -> Fraction:
    stopped = [] if until >= end else [(until, 0)]
    return time_weighted([*changes, *stopped], start, end)


def _effective(steps: Sequence[Step], start: datetime, end: datetime) -> list[Step]:
    """The steps that hold at some instant of [start, end)."""
    found: list[Step] = []
    for step in steps:
        if step.since >= end:
            break
        if found and (step.since <= start or step.since == found[-1].since):
            found.pop()
        found.append(step)
    return found


def in_order(uses: Sequence[Use]) -> list[Use]:
    """By creation, then id: the order in which the first ones are free (clockwork.md, "Bills")."""
    return sorted(uses, key=lambda use: (use.resource.created_at, use.resource.platform_id))
