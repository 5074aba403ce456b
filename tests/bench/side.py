"""One side of a comparison in a process of its own: `python -m tests.bench.side NAME` prints its speed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module

import django

from tests.bench.size import Size, chosen

SIDES = {
    "world": "tests.bench.world:prepare",
    "naive_world": "tests.bench.naive.wallets:prepare",
    "own_wallets": "tests.bench.batches:own_wallets",
    "shared_pool": "tests.bench.batches:shared_pool",
    "hot": "tests.bench.contention:hot",
    "spread": "tests.bench.contention:spread",
    "month_world": "tests.bench.month_end:prepare",
    "reset": "tests.bench.month_end:reset",
    "reset_by_two": "tests.bench.month_end:reset_by_two",
    "bills_by_two": "tests.bench.month_end:bills_by_two",
    "bare_reset": "tests.bench.month_end:bare_reset",
    "reset_memory": "tests.bench.month_end:memory",
    "bills": "tests.bench.month_end:bills",
    "bare_bills": "tests.bench.month_end:bare_bills",
    "peer_world": "tests.bench.peer:prepare",
    "peer_charge": "tests.bench.peer:charge",
    "peer_transfer": "tests.bench.peer:transfer",
}


def main() -> None:
    place, name = SIDES[sys.argv[1]].split(":")
    django.setup()
    act: Callable[[Size], int | None] = getattr(import_module(place), name)
    rate = act(chosen())
    sys.stdout.write(f"{rate or 0}\n")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main()
