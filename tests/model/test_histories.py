"""Any history of operations comes out the same in the services and in the reference model."""

from __future__ import annotations

import os
import secrets
import sys
from collections import Counter

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from apps.core.proof import verify_ledger
from tests.conftest import LONG
from tests.model.books import load_books
from tests.model.histories import DECK, OPERATIONS, History

SEED = int(os.environ.get("SCRIP_SEED", "0")) or secrets.randbits(32)
STEPS = 2 * len(DECK)
NUMBERS = st.integers(0, 2**32 - 1)
"""What happens in a step follows from its number; 0 leaves the step out, so that failures shrink."""


@pytest.mark.django_db
def test_a_history_is_the_same_in_the_model() -> None:
    load_books()
    seen: Counter[str] = Counter()

    @seed(SEED)
    @settings(max_examples=1000 if LONG else 60, suppress_health_check=list(HealthCheck))
    @given(
        start=NUMBERS,
        order=st.tuples(st.permutations(DECK), st.permutations(DECK)),
        numbers=st.lists(NUMBERS, min_size=STEPS, max_size=STEPS),
    )
    def live(start: int, order: tuple[list[str], list[str]], numbers: list[int]) -> None:
        with transaction.atomic():
            history = History(start, seen)
            for operation, number in zip([*order[0], *order[1]], numbers, strict=True):
                if number:
                    history.step(operation, number)
            assert verify_ledger().differences == ()
            transaction.set_rollback(True)

    sys.stderr.write(f"SCRIP_SEED={SEED}\n")
    live()
    steps = sum(seen[operation] for operation in OPERATIONS)
    assert all(seen[operation] * 20 >= steps for operation in OPERATIONS), seen
    assert seen["denied"] * 5 >= steps, seen
    assert seen["clock moved to an edge"] * 40 >= steps, seen
