"""What stands open when somebody logs in: holds, a refund, limits near and reached, budgets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from apps.allocations.rules import SubjectRef, set_personal_budget
from apps.core.periods import day_start
from apps.core.units import MICRO
from apps.demo import people, rules, standing
from apps.demo.houses import HOUSES, LINGUA, PIXELWORKS, House
from apps.demo.past import Past, refund
from apps.demo.uses import CAMPUS, LESSONS, STUDENT, STUDIO, Use
from apps.usage.state import ChargeState

_AT_MOST = timedelta(hours=5)
_LEARNERS_USE: dict[str, Use] = {"aldermoor": CAMPUS[1], "lingua": STUDENT[0], "pixelworks": STUDIO[1]}
_TEACHERS_USE: dict[str, Use] = {"aldermoor": CAMPUS[0], "lingua": LESSONS[1], "pixelworks": STUDIO[0]}


def plan_today(past: Past) -> None:
    """Plan the last hours of each house, from its local midnight at the earliest."""
    for house in HOUSES:
        _Today(past, house).plan()


@dataclass(frozen=True, slots=True)
class _Today:
    """The last hours of one house."""

    past: Past
    house: House

    def plan(self) -> None:
        """Put the steps in their order, by the hundredth of the time left until now."""
        steps: tuple[tuple[int, Callable[[datetime], None]], ...] = (
            (90, self._learn),
            (80, self._use_alone),
            (70, self._learn_and_return),
            (60, self._teach),
            (40, self._teach),
            (12, self._hold),
            (4, self._set_budget),
            (3, self._draw_limits),
            (2, self._feel_limits),
        )
        for hundredths, step in steps:
            self.past.plan(self._at(hundredths), step)

    def _at(self, hundredths: int) -> datetime:
        now, zone = self.past.now, self.house.time_zone
        midnight = day_start(standing.begun(self.house, "day", now), zone)
        return now - min(now - midnight, _AT_MOST) * hundredths / 100

    def _use(self, key: str, use: Use, at: datetime, *, hold: int = 0) -> ChargeState | None:
        request = self.past.desk.request(self.house, self.house.user(key), use)
        ended = replace(request, hold_seconds=hold) if hold else replace(request, capture=True)
        return self.past.charge(ended, at)

    def _learn(self, at: datetime) -> None:
        request = self.past.desk.conversation(self.house, self.house.user("learner"))
        self.past.charge(replace(request, capture=True), at)

    def _use_alone(self, at: datetime) -> None:
        """For oneself, outside the organisation."""
        request = self.past.desk.conversation(self.house, self.house.user("learner"))
        self.past.charge(replace(request, organisation=None, capture=True), at)

    def _learn_and_return(self, at: datetime) -> None:
        charge = self._use("learner", _LEARNERS_USE[self.house.key], at)
        if charge is not None:
            self.past.plan(self._at(50), lambda then: refund_of_today(charge.id, then))

    def _teach(self, at: datetime) -> None:
        self._use("teacher", _TEACHERS_USE[self.house.key], at)

    def _hold(self, at: datetime) -> None:
        """Work that is still under way when somebody looks."""
        self._use("learner", _LEARNERS_USE[self.house.key], at, hold=86_400)
        if self.house is not LINGUA:
            self._use("teacher", _TEACHERS_USE[self.house.key], at, hold=14_400)

    def _set_budget(self, at: datetime) -> None:
        """The learner has set a monthly budget of which about three quarters are spent."""
        month = standing.begun(self.house, "month", at)
        spent = standing.own_since(self.house, "learner", month)
        user = people.user_of(self.house, "learner")
        tokens = max(standing.whole(spent * 100 // 74, step=5), 10)
        set_personal_budget(
            user=user, tokens=tokens * MICRO, blocks=False, actor=f"user:{user.platform_id}", at=at
        )

    def _draw_limits(self, at: datetime) -> None:
        """The teacher is near a weekly limit; of those who spent most, one has reached the month's."""
        week, month = (standing.begun(self.house, period, at) for period in ("week", "month"))
        spent = standing.spent_since(self.house, "teacher", week)
        self._limit("teacher", "week", standing.whole(spent * 100 // 88), at)
        for place, user in enumerate(self._busy()[:3]):
            key = user.removeprefix(f"{self.house.key}.")
            spent = standing.spent_since(self.house, key, month)
            tokens = spent // MICRO if place == 0 else standing.whole(spent * 100 // (80 + 5 * place))
            self._limit(key, "month", tokens, at)
        if self.house is PIXELWORKS:
            day = standing.begun(self.house, "day", at)
            self._limit("learner", "day", standing.spent_since(self.house, "learner", day) // MICRO, at)

    def _busy(self) -> list[str]:
        """Who spent most this month, but for those whose limits are told apart."""
        first = standing.begun(self.house, "month", self.past.now)
        told = {self.house.user(key) for key in ("teacher", "learner")}
        return [user for user in standing.most_spent(self.house, first) if user not in told]

    def _limit(self, key: str, period: str, tokens: int, at: datetime) -> None:
        rules.limit(self.house, SubjectRef("member", self.house.user(key)), period, max(tokens, 1), at)

    def _feel_limits(self, at: datetime) -> None:
        """Who has reached a limit tries once more."""
        if self.house is PIXELWORKS:
            self._use("learner", _LEARNERS_USE[self.house.key], at)
        for user in self._busy()[:1]:
            request = self.past.desk.conversation(self.house, user)
            self.past.charge(replace(request, capture=True), at)


def refund_of_today(charge_id: int, at: datetime) -> None:
    """Half of it was not what was asked for."""
    refund(charge_id, half=True, reason="The answer was cut off", at=at)
