"""Any history of operations comes out the same in the services and in the reference model."""

from __future__ import annotations

import os
import secrets
import sys
from collections import Counter
from random import Random

import pytest
from django.db import transaction
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

from apps.core.proof import verify_ledger
from tests.conftest import LONG
from tests.model.books import load_books
from tests.model.histories import DECK, OPERATIONS, History

SEED = int(os.environ.get("SCRIP_SEED", "0")) or secrets.randbits(32)
DEALS = 2
Step = tuple[str, int]


def dealt(number: int) -> list[Step]:
    """The deck in some order, and again; what happens in a step follows from its own number."""
    pick = Random(number)
    return [
        (operation, pick.getrandbits(32)) for _ in range(DEALS) for operation in pick.sample(DECK, len(DECK))
    ]


def live(number: int, steps: list[Step], seen: Counter[str]) -> None:
    """Live through a history and leave no trace of it; an exception at the first difference."""
    with transaction.atomic():
        history = History(number, seen)
        for operation, choice in steps:
            history.step(operation, choice)
        assert verify_ledger().differences == ()
        transaction.set_rollback(True)


def fails(number: int, steps: list[Step]) -> bool:
    try:
        live(number, steps, Counter())
    except Exception:
        return True
    return False


def shortest(number: int, steps: list[Step]) -> list[Step]:
    """A failing history without the steps that it fails without."""
    for place in reversed(range(len(steps))):
        fewer = [*steps[:place], *steps[place + 1 :]]
        if fails(number, fewer):
            steps = fewer
    return steps


@pytest.mark.django_db
def test_a_history_is_the_same_in_the_model() -> None:
    load_books()
    seen: Counter[str] = Counter()

    @seed(SEED)
    @settings(max_examples=1000 if LONG else 25, phases=[Phase.generate], database=None)
    @given(st.integers(0, 2**64 - 1))
    def run(number: int) -> None:
        steps = dealt(number)
        try:
            live(number, steps, seen)
        except Exception as failure:
            failure.add_note(f"History {number}, shortened: {shortest(number, steps)}")
            raise

    sys.stderr.write(f"SCRIP_SEED={SEED}\n")
    run()
    steps = sum(seen[operation] for operation in OPERATIONS)
    assert all(seen[operation] * 20 >= steps for operation in OPERATIONS), seen
    assert seen["denied"] * 5 >= steps, seen
    assert seen["clock moved to an edge"] * 40 >= steps, seen
