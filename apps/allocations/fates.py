"""What became of allocated tokens: spent, left, or taken back. Pure; micro-tokens.

Spending uses what was given first first; a reclaim takes back what was given last, as an undo does. So
what is left lies in the latest allocations, and a reclaim can always be met from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(slots=True)
class Fate:
    """One allocation: `given` is `spent` + `left` + `reclaimed`."""

    given: int
    reclaimed: int = 0
    spent: int = 0

    @property
    def left(self) -> int:
        return self.given - self.reclaimed - self.spent


def fates(movements: Iterable[tuple[int, int]], balance: int) -> dict[int, Fate]:
    """By number, what became of each allocation to one member from one organisation.

    `movements` are (number, tokens) in the order of time, positive for an allocation and negative for a
    reclaim; `balance` is what the bucket has now, held tokens included.
    """
    found: dict[int, Fate] = {}
    for number, tokens in movements:
        if tokens >= 0:
            found[number] = Fate(tokens)
        else:
            _take_back(found, -tokens)
    spent = sum(fate.given - fate.reclaimed for fate in found.values()) - balance
    for fate in found.values():
        fate.spent = min(max(spent, 0), fate.given - fate.reclaimed)
        spent -= fate.spent
    return found


def _take_back(found: dict[int, Fate], tokens: int) -> None:
    for fate in reversed(found.values()):
        taken = min(tokens, fate.given - fate.reclaimed)
        fate.reclaimed += taken
        tokens -= taken
