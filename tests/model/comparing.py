"""The same calls on the reference model and on the services, and everything there is compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

from tests.model.reference.state import Charge, Refused
from tests.model.reference.world import World
from tests.model.side import Answer, Side

STARTS = ("2026-01-29T22:00", "2026-03-27T11:00", "2026-10-23T03:00", "2026-12-30T13:30", "2028-02-27T20:00")


class Comparison:
    """One world twice; `pick` makes the choices, `seen` counts what happened."""

    def __init__(self, number: int, seen: Counter[str]) -> None:
        self.pick, self.seen = Random(number), seen
        start = datetime.fromisoformat(self.pick.choice(STARTS)).replace(tzinfo=UTC)
        self.world, self.side = World(start), Side(start)

    def move_clock(self, to: datetime) -> None:
        self.world.advance(to)
        self.side.now = to

    def both(self, call: str, *arguments: Any) -> Answer:
        """The same call on both sides."""
        return self.compare(
            call,
            arguments,
            lambda: getattr(self.world, call)(*arguments),
            lambda: getattr(self.side, call)(*arguments),
        )

    def compare(
        self, what: str, arguments: Any, model: Callable[[], Any], services: Callable[[], Any]
    ) -> Answer:
        """Both answers, which must be one."""
        expected, found = attempted(model), self.side.attempt(services)
        self.seen["denied"] += expected[0] == "refused"
        self.seen[f"{what}: {expected[1] if expected[0] == 'refused' else 'done'}"] += 1
        if expected != found:
            raise AssertionError(
                f"{what} {arguments} at {self.world.now}: {expected} expected, {found} found"
            )
        return expected

    def check(self, operation: str) -> None:
        """Everything there is must be the same on both sides."""
        expected, found = self.expected(), self.side.state()
        for line in ("expected", "found"):
            state = expected if line == "expected" else found
            state["lines"] = {owner: without_idle_months(lines) for owner, lines in state["lines"].items()}
        for part, value in expected.items():
            if value != found[part]:
                raise AssertionError(f"{part} after {operation}: {value} expected, {found[part]} found")

    def expected(self) -> dict[str, Any]:
        world = self.world
        buckets = {
            (owner.key, bucket): (balance, world.held(owner, bucket))
            for owner in world.owners.values()
            for bucket, balance in owner.buckets.items()
        }
        return {
            "buckets": {place: amounts for place, amounts in buckets.items() if any(amounts)},
            "charges": [self.shape(charge) for charge in world.charges],
            "lines": {owner.key: owner.lines for owner in world.owners.values()},
            "totals": world.totals(),
            "resets": {owner.key: owner.cycle_ends for owner in world.owners.values()},
        }

    def shape(self, charge: Charge) -> Answer:
        return (
            charge.status,
            charge.price,
            charge.uncollected,
            charge.refunded,
            charge.quantities,
            charge.used,
            self.world.funding(charge),
            charge.deadline if charge.status == "held" else None,
            charge.captured,
        )


def attempted(work: Callable[[], Any]) -> Answer:
    """The model's answer in the words of `Side.attempt`."""
    try:
        return ("done", *(work() or ()))
    except Refused as refusal:
        return "refused", refusal.code, refusal.limit


def without_idle_months(lines: list[Any]) -> list[Any]:
    """Without months in which the wallet was never touched: nobody need ever have carried them out."""
    found: list[Any] = []
    for line in lines:
        if found and line[0] == "lapse" and found[-1][0] == "grant" and found[-1][1] == -line[1]:
            found.pop()
        else:
            found.append(line)
    return found
