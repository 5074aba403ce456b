"""Histories: steps in any order, the clock between them, and everything compared after every one."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from random import Random

from tests.model.charge_steps import ChargeSteps
from tests.model.reference.days import midnight
from tests.model.reference.rules import ROLES
from tests.model.reference.wallets import GRANTS
from tests.model.rule_steps import MICRO, ORGANISATIONS, PERCENTS, USERS, ZONES

OPERATIONS = (
    *("sync", "member", "credit", "allocate", "reclaim", "funding", "limits", "budget", "freeze"),
    *("hold", "charge", "capture", "extend", "release", "refund", "usage", "clock"),
)
DECK = (*OPERATIONS, "hold")
"""Dealt in any order, again and again: every operation is at least a twentieth of the steps."""


class History(ChargeSteps):
    """One world twice. A step is an operation and a number from which everything in it follows."""

    def __init__(self, number: int, seen: Counter[str]) -> None:
        super().__init__(number, seen)
        self._found()

    def _found(self) -> None:
        """Everybody there is, most of them members somewhere, with something to spend."""
        for place, user in enumerate(USERS):
            book = "beta" if place == 2 and self.pick.random() < 0.5 else "alpha"
            fields = {"price_book": book, "time_zone": self.pick.choice(ZONES)}
            self.both("sync", ("user", user), fields | {"account_type": self.pick.choice(sorted(GRANTS))})
        for name in ORGANISATIONS:
            fields = {"name": name, "price_book": "alpha", "time_zone": self.pick.choice(ZONES)}
            self.both("sync", ("organisation", name), fields | {"unlimited": self.pick.random() < 0.15})
            for kind in ("migration", "promotion"):
                self.both("credit", ("organisation", name), self.pick.randint(1, 900) * MICRO, kind)
            self.both("set_centre", name, "campus", None)
            self.both("set_centre", name, "course", "campus")
            self.both("set_member", name, "ada", "owner")
        for user in ("bob", "cem"):
            self.both("set_member", "red", user, self.pick.choice(ROLES[1:]))
        self.both("set_member", "blue", "bob", "member")
        for name in ORGANISATIONS:
            mode = self.pick.choice(("member_wallets", "member_wallets", "shared_pool"))
            self.both("set_funding", name, ("organisation", ""), mode, self.pick.choice(PERCENTS))
        self.check("founding")

    def step(self, operation: str, number: int) -> None:
        """Let a moment pass, then do it on both sides and compare everything."""
        self.pick = Random(number)
        self.move_clock(self.world.now + timedelta(seconds=self.pick.choice((1, 30, 400))))
        self.seen[operation] += 1
        getattr(self, f"do_{operation}")()
        self.check(operation)

    def do_clock(self) -> None:
        """To a deadline, a midnight, a Monday, the end of a cycle or hours before it, or some months on."""
        now, owner = self.world.now, self.pick.choice(list(self.world.owners.values()))
        to = now + timedelta(days=self.pick.randint(1, 70))
        kinds = (
            "deadline",
            "deadline",
            "midnight",
            "midnight",
            "week",
            "cycle",
            "cycle",
            "eve",
            "eve",
            "far",
        )
        kind = self.pick.choice(kinds)
        deadlines = [c.deadline for c in self.world.charges if c.status == "held" and c.deadline]
        if kind == "deadline" and deadlines:
            to = self.pick.choice(deadlines)
        elif kind == "midnight":
            to = owner.days.next_day(now)
        elif kind == "week":
            day = owner.days.day_of(now)
            to = midnight(day + timedelta(days=7 - day.weekday()), owner.days.zone_at(now))
        elif kind in ("cycle", "eve"):
            to = owner.cycle_ends - timedelta(hours=self.pick.randint(1, 20) if kind == "eve" else 0)
        self.seen[f"clock: {kind}"] += 1
        self.seen["clock moved to an edge"] += kind != "far"
        self.move_clock(max(to - timedelta(seconds=self.pick.choice((0, 0, 1))), now))
        if self.pick.random() < 0.4:
            self.side.run_jobs()
