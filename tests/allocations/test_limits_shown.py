"""How limits read: their states at the edges."""

from __future__ import annotations

import pytest

from apps.allocations.selectors import state_of


@pytest.mark.parametrize(
    ("tokens", "spent", "state"),
    [
        (None, 10**15, "within"),
        (100, 0, "within"),
        (100, 79, "within"),
        (100, 80, "near"),
        (100, 99, "near"),
        (100, 100, "reached"),
        (100, 101, "reached"),
        (0, 0, "reached"),
        (1, 0, "within"),
    ],
)
def test_a_limit_is_near_from_80_percent_and_reached_at_100(
    tokens: int | None, spent: int, state: str
) -> None:
    assert state_of(tokens, spent) == state
