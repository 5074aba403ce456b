"""What an allocation or a reclaim would do to each member, before anything moves. Pure; micro-tokens.

Rules: organisations.md, allocations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from apps.allocations.audience import Candidate

How = Literal["each", "top_up", "rows", "all"]
"""The same for each, top up to an amount, an amount per row; for a reclaim all that is left."""


@dataclass(frozen=True, slots=True)
class Step:
    """One member before and after; `moves` is signed. `blocked` says why nothing can move, `little_room`
    that limits let the person spend less than they would then have."""

    member: Candidate
    moves: int
    blocked: str = ""
    little_room: bool = False

    @property
    def before(self) -> int:
        return self.member.left

    @property
    def after(self) -> int:
        return self.member.left + self.moves


@dataclass(frozen=True, slots=True)
class Move:
    """All of it: the steps in their order, those that move something, and micro-tokens in all (signed)."""

    steps: tuple[Step, ...]

    @property
    def moving(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.moves)

    @property
    def total(self) -> int:
        return sum(step.moves for step in self.steps)

    @property
    def blocked(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.blocked)

    @property
    def little_room(self) -> int:
        return sum(step.little_room for step in self.steps)


def plan_allocation(
    members: Sequence[Candidate], how: How, tokens: int, rows: Mapping[str, int] | None = None
) -> Move:
    """What each member gets: `tokens` each, up to `tokens`, or their own row's."""
    return Move(tuple(_give(member, _wanted(member, how, tokens, rows or {})) for member in members))


def plan_reclaim(
    members: Sequence[Candidate], how: How, tokens: int, rows: Mapping[str, int] | None = None
) -> Move:
    """What each member gives back: at most what is left."""
    return Move(
        tuple(
            Step(member, -min(_wanted_back(member, how, tokens, rows or {}), member.left), _frozen(member))
            if not member.frozen
            else Step(member, 0, "frozen")
            for member in members
        )
    )


def _frozen(member: Candidate) -> str:
    return "frozen" if member.frozen else ""


def _wanted(member: Candidate, how: How, tokens: int, rows: Mapping[str, int]) -> int:
    if how == "top_up":
        return max(tokens - member.left, 0)
    return rows.get(member.key, 0) if how == "rows" else tokens


def _wanted_back(member: Candidate, how: How, tokens: int, rows: Mapping[str, int]) -> int:
    if how == "all":
        return member.left
    return rows.get(member.key, 0) if how == "rows" else tokens


def _give(member: Candidate, wanted: int) -> Step:
    blocked = _blocked(member)
    if blocked:
        return Step(member, 0, blocked)
    after = member.left + wanted
    return Step(member, wanted, little_room=bool(wanted) and member.room is not None and after > member.room)


def _blocked(member: Candidate) -> str:
    if member.frozen:
        return "frozen"
    if member.other_book:
        return "other_book"
    return "barred" if member.barred else ""
