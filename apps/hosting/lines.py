"""A payer's month as lines of bills: pure, by the functions that the calculator uses too.

A line is a JSON object that explains itself. All have ``kind``, ``month`` (``2026-10``) and whole ``tokens``.

hosting     ``members`` (the payer's average, in millionths), ``rate`` (micro-tokens per member and month),
            ``free`` (one of the first of its kind), ``exact`` (micro-tokens before rounding)
storage     ``stored`` (the payer's average, bytes), and of all the payer's resources together ``all_stored``,
            ``pool`` (free bytes), ``rate`` (micro-tokens per GB and month), ``all_tokens``
correction  ``of`` (hosting or storage), ``was`` and ``now`` (whole tokens): what an earlier month should
            have cost by what has been reported since
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from apps.core.units import MICRO
from apps.hosting.measuring import Use, in_order
from apps.pricing.hosting import (
    Exact,
    Hosted,
    HostingCost,
    HostingLine,
    HostingRates,
    StorageCost,
    cost_hosting,
    cost_storage,
    round_half_up,
)

HOSTING, STORAGE, CORRECTION = "hosting", "storage", "correction"
Line = dict[str, Any]
Costs = Mapping[tuple[int, str], int]
"""Whole tokens by resource and kind (hosting, storage)."""


@dataclass(frozen=True, slots=True)
class MonthCost:
    """A payer's month: each use with its lines, in the order of the free tier."""

    month: date
    uses: tuple[Use, ...]
    hosting: HostingCost
    storage: StorageCost

    @property
    def tokens(self) -> int:
        """Whole tokens."""
        return self.hosting.tokens + self.storage.tokens

    def by_resource(self) -> dict[tuple[int, str], int]:
        """Whole tokens by resource and kind."""
        found = {}
        for use, line, share in zip(self.uses, self.hosting.lines, self.storage.shares, strict=True):
            found[use.resource.resource_id, HOSTING] = line.tokens
            found[use.resource.resource_id, STORAGE] = share
        return found

    def lines(self) -> dict[int, list[Line]]:
        """The lines of each resource's bill."""
        return {
            use.resource.resource_id: [
                self._hosting(use, line),
                *([self._storage(use, share)] if use.stored_bytes or share else []),
            ]
            for use, line, share in zip(self.uses, self.hosting.lines, self.storage.shares, strict=True)
        }

    def _hosting(self, use: Use, line: HostingLine) -> Line:
        return {
            "kind": HOSTING,
            "month": f"{self.month:%Y-%m}",
            "tokens": line.tokens,
            "members": millionths(use.members),
            "rate": line.rate.micro_per_member,
            "free": line.free > 0,
            "exact": round_half_up(line.exact_micro),
        } | _share(use)

    def _storage(self, use: Use, tokens: int) -> Line:
        return {
            "kind": STORAGE,
            "month": f"{self.month:%Y-%m}",
            "tokens": tokens,
            "stored": round_half_up(use.stored_bytes),
            "all_stored": round_half_up(self.storage.stored),
            "pool": self.storage.free,
            "rate": self.storage.micro_per_gigabyte,
            "all_tokens": self.storage.tokens,
        } | _share(use)


def _share(use: Use) -> Line:
    return {} if use.share is None else {"share": list(use.share)}


def millionths(exact: Exact) -> int:
    """A fraction that is not negative in whole millionths, a half rounded up."""
    return round_half_up(exact * MICRO)


def cost_month(month: date, uses: Sequence[Use], rates: HostingRates, payer_type: str) -> MonthCost:
    """What a payer's month costs; `payer_type` is ``user`` or ``organisation``."""
    ordered = tuple(in_order(uses))
    hosted = [Hosted(use.resource.kind, use.members, use.stored_bytes) for use in ordered]
    return MonthCost(month, ordered, cost_hosting(hosted, rates), cost_storage(hosted, rates, payer_type))


def corrections(month: date, now: Costs, billed: Costs) -> dict[int, list[Line]]:
    """The lines that put an earlier month right, by resource: what it costs now and what was billed."""
    found: dict[int, list[Line]] = {}
    for resource, kind in sorted(now.keys() | billed.keys()):
        was, is_now = billed.get((resource, kind), 0), now.get((resource, kind), 0)
        if was != is_now:
            found.setdefault(resource, []).append(
                {
                    "kind": CORRECTION,
                    "of": kind,
                    "month": f"{month:%Y-%m}",
                    "tokens": is_now - was,
                    "was": was,
                    "now": is_now,
                }
            )
    return found


def total(lines: Sequence[Line]) -> int:
    """Whole tokens of a bill."""
    return sum(int(line["tokens"]) for line in lines)


def add_billed(
    billed: dict[str, dict[tuple[int, str], int]], resource_id: int, lines: Sequence[Line]
) -> None:
    """Add a bill's lines to what was billed, by month, resource and kind."""
    for line in lines:
        kind = line["of"] if line["kind"] == CORRECTION else line["kind"]
        of_month = billed.setdefault(line["month"], {})
        of_month[resource_id, kind] = of_month.get((resource_id, kind), 0) + int(line["tokens"])
