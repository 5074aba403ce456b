"""What became of allocated tokens: spending uses the first, a reclaim takes back the last."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.allocations.fates import fates


@pytest.mark.parametrize(
    ("movements", "balance", "expected"),
    [
        ([(1, 100)], 100, {1: (0, 100, 0)}),
        ([(1, 100)], 30, {1: (70, 30, 0)}),
        ([(1, 100), (2, 50)], 60, {1: (90, 10, 0), 2: (0, 50, 0)}),
        ([(1, 100), (2, 50), (3, -60)], 90, {1: (0, 90, 10), 2: (0, 0, 50)}),
        ([(1, 100), (2, -50), (3, 100)], 30, {1: (50, 0, 50), 3: (70, 30, 0)}),
        ([], 0, {}),
    ],
)
def test_each_allocation_says_what_was_spent_is_left_and_came_back(
    movements: list[tuple[int, int]], balance: int, expected: dict[int, tuple[int, int, int]]
) -> None:
    found = fates(movements, balance)
    assert {number: (f.spent, f.left, f.reclaimed) for number, f in found.items()} == expected


@given(st.lists(st.tuples(st.sampled_from(["give", "take", "spend"]), st.integers(1, 100)), max_size=30))
def test_the_parts_add_up_to_what_was_given_and_to_the_balance(steps: list[tuple[str, int]]) -> None:
    movements, balance, given_in_all, back = [], 0, 0, 0
    for number, (kind, wanted) in enumerate(steps):
        amount = wanted if kind == "give" else min(wanted, balance)
        if kind == "give":
            movements.append((number, amount))
            given_in_all += amount
        elif kind == "take" and amount:
            movements.append((number, -amount))
            back += amount
        balance += amount if kind == "give" else -amount
    found = fates(movements, balance).values()
    assert sum(f.given for f in found) == given_in_all
    assert sum(f.left for f in found) == balance
    assert sum(f.reclaimed for f in found) == back
    assert all(min(f.spent, f.left, f.reclaimed) >= 0 for f in found)
