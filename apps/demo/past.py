"""The steps of the demo's past, gone through in the order of time, and the ways a use can go."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from random import Random

from django.db import transaction

from apps.core.errors import Problem
from apps.core.units import MICRO
from apps.demo.clients import PLATFORM
from apps.demo.houses import House, Person
from apps.demo.work import Desk, scaled
from apps.usage.batch import charge_events
from apps.usage.changing import capture_charge, extend_charge, refund_charge, release_charge
from apps.usage.denials import record_denials
from apps.usage.rows import load_charge
from apps.usage.services import create_charge
from apps.usage.state import ChargeRequest, ChargeState

Step = Callable[[datetime], None]
REASONS = ("The answer was cut off", "Charged for a test", "The file was empty", "The wrong course")


@dataclass(slots=True)
class Past:
    """The steps still to come, by time; a step may add later ones. Nothing happens after `now`."""

    random: Random
    desk: Desk
    client_id: int
    now: datetime
    steps: list[tuple[datetime, int, Step]] = field(default_factory=list)
    order: count[int] = field(default_factory=count)
    quiet: set[str] = field(default_factory=set)
    """Users who do not work with it any more, for a reason that the story tells."""
    short: set[tuple[str, int]] = field(default_factory=set)
    """Users who ran out of tokens, with the month: others work then."""

    def plan(self, at: datetime, step: Step) -> None:
        """Let something happen at an instant, unless that is still to come."""
        if at <= self.now:
            heapq.heappush(self.steps, (at, next(self.order), step))

    def live(self) -> None:
        """Go through everything planned, the earliest first, a day in each transaction.

        In one for all PostgreSQL would keep every state that a balance ever had, and read past them all.
        """
        while self.steps:
            day = self.steps[0][0].date()
            with transaction.atomic():
                while self.steps and self.steps[0][0].date() == day:
                    at, _, step = heapq.heappop(self.steps)
                    step(at)

    def charge(self, request: ChargeRequest, at: datetime) -> ChargeState | None:
        """Charge or hold; what is refused is recorded as a denied attempt."""
        try:
            return create_charge(request, client_id=self.client_id, at=at)
        except Problem as problem:
            record_denials([(request, problem)], client_name=PLATFORM, at=at)
            return None

    def report(self, uses: Sequence[tuple[House, Person]], at: datetime) -> None:
        """Usage events of several people, sent together; a few of them are refunded later."""
        asked = [self.desk.next_use(house, self._who(house, person, at)) for house, person in uses]
        events = [
            replace(request, capture=True, event_id=f"use-{next(self.order)}", event_digest="demo")
            for request in asked
        ]
        results = charge_events(events, client_id=self.client_id, at=at)
        for request, result in zip(events, results, strict=True):
            if result.uncollected:
                self.short.add((request.user, at.month))
            elif result.charge_id is not None and self.random.randrange(1000) < 12:
                later = at + timedelta(minutes=self.random.randint(20, 1500))
                self.plan(later, self._return(result.charge_id))

    def _who(self, house: House, person: Person, at: datetime) -> Person:
        """The person, or one of those for whom the organisation pays all."""
        user = house.user(person.key)
        if user not in self.quiet and (user, at.month) in self.short and self.random.randrange(5) == 0:
            again = self.desk.next_use(house, person)
            self.charge(replace(again, capture=True), at)  # in vain, unless something came in
        if user in self.quiet or (user, at.month) in self.short:
            return self.random.choice([p for p in house.of_role("teacher") if p in house.present(0)])
        return person

    def _return(self, charge_id: int) -> Step:
        """Give back half of what can be given back, or all of it."""
        half, reason = self.random.randrange(3) > 0, self.random.choice(REASONS)
        return lambda at: refund(charge_id, half=half, reason=reason, at=at)

    def work_on(self, house: House, person: Person, at: datetime) -> None:
        """Somebody has tokens held for a use, and most of the time it goes as it should."""
        request = self.desk.next_use(house, self._who(house, person, at))
        charge = self.charge(request, at)
        if charge is None:
            self.short.add((request.user, at.month))
            return
        later = at + timedelta(minutes=self.random.randint(1, 12))
        fate = self.random.randrange(100)
        if fate < 50:
            self.plan(later, _capture(charge, scaled(request, self.random.randint(40, 95))))
        elif fate < 66:
            self.plan(later, _capture(charge, scaled(request, self.random.randint(105, 140))))
        elif fate < 84:
            self.plan(later, _release(charge))
        # what is left runs into its deadline and expires

    def session(self, house: House, user: str, request: ChargeRequest, at: datetime) -> None:
        """A live session of an hour: a part is reserved, use is reported, the hold moves on."""
        charge = self.charge(scaled(request, 60), at)
        if charge is None:
            return
        unit, reserved = next(iter(charge.quantities.items()))
        self.plan(at + timedelta(minutes=12), self._go_on(charge, request, {unit: reserved // 2}))
        self.plan(at + timedelta(minutes=24), _capture(charge, None))

    def _go_on(self, charge: ChargeState, request: ChargeRequest, used: dict[str, int]) -> Step:
        def step(at: datetime) -> None:
            whole = {unit: amount // MICRO * MICRO for unit, amount in used.items()}
            try:
                extend_charge(charge.id, used=whole, reserve=request.quantities, hold_seconds=None, at=at)
            except Problem as problem:
                record_denials([(request, problem)], client_name=PLATFORM, at=at)

        return step


def _capture(charge: ChargeState, actual: ChargeRequest | None) -> Step:
    quantities = actual.quantities if actual else None
    return lambda at: _done(capture_charge(charge.id, quantities=quantities, options=None, at=at))


def _release(charge: ChargeState) -> Step:
    return lambda at: _done(release_charge(charge.id, reason="The model did not answer", at=at))


def refund(charge_id: int, *, half: bool, reason: str, at: datetime) -> None:
    """Give back half or all of a charge, if anything was collected."""
    charge = load_charge(charge_id)
    if charge.refundable > 1:
        tokens = charge.refundable // 2 if half else None
        refund_charge(charge_id, tokens=tokens, reason=reason, actor="user:support", at=at)


def _done(charge: ChargeState) -> None:
    """A step answers nothing."""
