"""How much is measured: enough for steady figures, or (BENCH_QUICK=1) just enough to try it."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Wallets, events in a batch and in a run, charges of the slower sides, people and payers at the end
    of a month, runs of each side."""

    wallets: int = 10_000
    batch: int = 1_000
    events: int = 20_000
    peer_transfers: int = 1_000
    charges: int = 1_600
    requests: int = 1_600
    people: int = 1_000_000
    payers: int = 10_000
    runs: int = 3


QUICK = Size(
    wallets=2_000,
    events=5_000,
    peer_transfers=300,
    charges=600,
    requests=400,
    people=20_000,
    payers=500,
    runs=2,
)


def chosen() -> Size:
    """The size that the environment asks for."""
    return QUICK if os.environ.get("BENCH_QUICK") == "1" else Size()
