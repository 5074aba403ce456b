"""Three months in three organisations, gone through in the order of time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from random import Random

from django.db.models import Sum

from apps.allocations.limits import MEMBER
from apps.allocations.models import SpendingTotal
from apps.allocations.rules import SubjectRef
from apps.core.errors import Problem
from apps.core.periods import Calendar, first_day
from apps.core.units import MICRO
from apps.demo import rules
from apps.demo.people import ALDERMOOR, HOUSES, LINGUA, PIXELWORKS, House, open_houses
from apps.demo.work import CAMPUS, SCHOOL, STUDIO, Desk, scaled
from apps.identity.services import create_api_client
from apps.usage.changing import capture_charge, extend_charge, refund_charge, release_charge
from apps.usage.denials import record_denials
from apps.usage.services import create_charge
from apps.usage.settling import sweep_holds
from apps.usage.state import ChargeRequest, ChargeState
from apps.wallets.models import Wallet

DAYS = 92
SEED = 20261121
_ZEAL = {"member": 0.9, "teacher": 0.7, "billing": 0.0}
"""How often people work with it, by role."""
Step = Callable[[datetime], None]


@dataclass(slots=True)
class Past:
    """The steps still to come, by time; a step may add later ones."""

    random: Random
    desk: Desk
    client_id: int
    steps: list[tuple[datetime, int, Step]] = field(default_factory=list)
    order: count[int] = field(default_factory=count)

    def plan(self, at: datetime, step: Step) -> None:
        """Let something happen at an instant."""
        heapq.heappush(self.steps, (at, next(self.order), step))

    def live(self) -> None:
        """Go through everything planned, the earliest first."""
        while self.steps:
            at, _, step = heapq.heappop(self.steps)
            step(at)

    def charge(self, request: ChargeRequest, at: datetime) -> ChargeState | None:
        """Charge or hold; what is refused is recorded as a denied attempt."""
        try:
            return create_charge(request, client_id=self.client_id, at=at)
        except Problem as problem:
            record_denials([(request, problem)], client_name="learning platform", at=at)
            return None

    def work(self, house: House, user: str) -> Step:
        """Somebody uses something, and most of the time it goes as it should."""

        def step(at: datetime) -> None:
            request = self.desk.next_use(house, user)
            fate = self.random.random()
            if fate < 0.72:
                charge = self.charge(replace(request, capture=True), at)
                if charge is not None and fate < 0.03:
                    self.plan(at + timedelta(hours=1), self._refund_half(charge, user))
                return
            charge = self.charge(request, at)
            if charge is not None:
                self._end(charge, request, fate, at)

        return step

    def _end(self, charge: ChargeState, request: ChargeRequest, fate: float, at: datetime) -> None:
        later = at + timedelta(minutes=self.random.randint(1, 12))
        if fate < 0.84:
            self.plan(later, _capture(charge, scaled(request, self.random.randint(40, 95))))
        elif fate < 0.91:
            self.plan(later, _capture(charge, scaled(request, self.random.randint(105, 140))))
        elif fate < 0.95:
            self.plan(later, lambda then: _release(charge, then))
        # what is left runs into its deadline and expires

    def _refund_half(self, charge: ChargeState, user: str) -> Step:
        def step(at: datetime) -> None:
            if charge.refundable > 1:
                refund_charge(
                    charge.id,
                    tokens=charge.refundable // 2,
                    reason="The answer was cut off",
                    actor=f"user:{user}",
                    at=at,
                )

        return step

    def session(self, user: str, minutes: int) -> Step:
        """A live session: some minutes ahead are reserved, use is reported, the hold moves on."""

        def step(at: datetime) -> None:
            use = next(use for use in CAMPUS if use.operation == "live_session")
            request = self.desk.request(ALDERMOOR, user, use)
            charge = self.charge(scaled(request, 50), at)
            if charge is None:
                return
            unit, reserved = next(iter(charge.quantities.items()))
            half = reserved // MICRO // 2 * MICRO
            middle = at + timedelta(minutes=minutes // 2)
            try:
                extend_charge(charge.id, used={unit: half}, reserve=None, hold_seconds=None, at=middle)
            except Problem as problem:
                record_denials([(request, problem)], client_name="learning platform", at=middle)
            self.plan(at + timedelta(minutes=minutes), lambda then: _capture_used(charge, then))

        return step


def _capture(charge: ChargeState, actual: ChargeRequest) -> Step:
    def step(at: datetime) -> None:
        capture_charge(charge.id, quantities=actual.quantities, options=None, at=at)

    return step


def _capture_used(charge: ChargeState, at: datetime) -> None:
    capture_charge(charge.id, quantities=None, options=None, at=at)


def _release(charge: ChargeState, at: datetime) -> None:
    release_charge(charge.id, reason="The model did not answer", at=at)


def live_through(now: datetime) -> None:
    """Build everything, from three months ago until the instant."""
    start = (now - timedelta(days=DAYS)).replace(hour=7, minute=0, second=0, microsecond=0)
    random = Random(SEED)
    open_houses(start)
    rules.open_balances(start + timedelta(minutes=1))
    rules.set_rules(start + timedelta(minutes=2))
    client = create_api_client(name="learning platform", at=start)
    past = Past(random, Desk(random), client.pk)
    _plan_days(past, start, now)
    past.live()
    _end_with_today(past, now)
    sweep_holds(at=now)


def _plan_days(past: Past, start: datetime, now: datetime) -> None:
    until = now - timedelta(hours=3)
    for number in range(DAYS + 1):
        day = start + timedelta(days=number)
        busy = 0.55 if day.weekday() < 5 else 0.12
        for house in HOUSES:
            for person in house.people:
                at = day + timedelta(minutes=past.random.randint(30, 720))
                often = busy * _ZEAL.get(person.role, 0.3)
                if past.random.random() < often and at < until:
                    past.plan(at, past.work(house, house.user(person.key)))
        if number % 30 == 1 and day < until:
            past.plan(day, rules.allocate_monthly)
        if number % 14 == 3 and day + timedelta(hours=2) < until:
            past.plan(day + timedelta(hours=1), past.session(ALDERMOOR.user("teacher"), 12))
    soon_after = start + timedelta(days=1, minutes=5)
    past.plan(soon_after, lambda at: rules.take_back("samir", 20, at))


def _end_with_today(past: Past, now: datetime) -> None:
    """What stands open when somebody logs in: holds, a limit near, a limit reached and felt."""
    _reach_limit(past, PIXELWORKS.user("learner"), now - timedelta(minutes=40))
    teacher = LINGUA.user("teacher")
    for minutes in (30, 28):
        request = past.desk.request(LINGUA, teacher, SCHOOL[1])
        past.charge(replace(request, capture=True), now - timedelta(minutes=minutes))
    _bring_near(LINGUA, teacher, now - timedelta(minutes=20))
    for house, key in ((ALDERMOOR, "learner"), (LINGUA, "learner"), (PIXELWORKS, "teacher")):
        request = past.desk.next_use(house, house.user(key))
        past.charge(replace(request, hold_seconds=86_400), now - timedelta(minutes=5))


def _reach_limit(past: Past, user: str, at: datetime) -> None:
    """Images until the day's limit says no."""
    for number in range(20):
        request = scaled(past.desk.request(PIXELWORKS, user, STUDIO[0]), 100)
        if past.charge(replace(request, capture=True), at + timedelta(seconds=number)) is None:
            return


def _bring_near(house: House, user: str, at: datetime) -> None:
    """Give the member a weekly budget of which about nine tenths are spent."""
    wallet = Wallet.objects.get(organisation__platform_id=house.key)
    calendar = Calendar(wallet.time_zone)
    monday = first_day("week", calendar.day_of(at))
    totals = SpendingTotal.objects.filter(
        scope=wallet, subject_type=MEMBER, subject_key=user, day__gte=monday
    )
    spent = totals.aggregate(spent=Sum("spent_micro"))["spent"] or 0
    tokens = max(spent * 10 // 9 // MICRO, 50)
    rules.limit(house, SubjectRef("member", user), "week", tokens, at)
