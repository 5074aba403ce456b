"""Steps of a history that make charges and change them."""

from __future__ import annotations

from typing import Any

from tests.model.reference.paying import largest
from tests.model.reference.state import Refused
from tests.model.reference.world import price
from tests.model.rule_steps import CENTRES, MICRO, RuleSteps
from tests.model.side import Answer


class ChargeSteps(RuleSteps):
    """What the platform does, chosen by `pick`."""

    serial = 0

    def _asked(self) -> dict[str, Any]:
        organisation = self.organisation() if self.pick.random() < 0.75 else None
        centre = self.pick.choice((None, *CENTRES)) if organisation else None
        if centre and self.pick.random() < 0.03:
            centre = "nowhere"
        operation = self.pick.choice(("unit",) * 8 + ("start", "recap"))
        activity = f"lesson-{self.pick.randint(1, 3)}" if operation == "recap" else None
        return {
            "user": self.member(organisation) if organisation else self.user(),
            "operation": operation,
            "quantities": self.quantities(self.amount()),
            "organisation": organisation,
            "centre": centre,
            "activity": activity,
        }

    def _aim(self, asked: dict[str, Any]) -> None:
        """A part of what can be paid at most, exactly that, or a millionth more."""
        try:
            bound = largest(self.world.till(self.world.begin(**asked)))
        except Refused:
            return
        if 3 < bound < 10**12 * MICRO:
            aimed = self.pick.choice((bound, bound + 1, bound // 2, bound // 3, bound // 3))
            asked["quantities"] = self.quantities(aimed)

    def _create(self, *, capture: bool) -> None:
        asked = self._asked()
        if self.pick.random() < 0.6:
            self._aim(asked)
        seconds = self.pick.choice((60, 86_400, 86_400))
        self.compare(
            "charge" if capture else "hold",
            asked,
            lambda: self.shape(
                self.world.create(self.world.begin(**asked, seconds=seconds), capture=capture)
            ),
            lambda: self.side.create(self.side.request(**asked, seconds=seconds, capture=capture)),
        )

    def do_hold(self) -> None:
        self._create(capture=False)

    def do_charge(self) -> None:
        self._create(capture=True)

    def do_usage(self) -> None:
        """One or two events in a batch, sometimes one that was sent before."""
        batch = []
        for _ in range(self.pick.choice((1, 2))):
            self.serial += self.pick.random() < 0.8
            batch.append((f"event-{self.serial}", self._asked()))
        self.compare(
            "usage",
            batch,
            lambda: tuple(self._event(name, asked) for name, asked in batch),
            lambda: self.side.events([self.side.request(**asked, event=name) for name, asked in batch]),
        )

    def _event(self, name: str, asked: dict[str, Any]) -> Answer:
        try:
            meaning = sorted(asked.items(), key=lambda item: item[0])
            known = self.world.again(name, meaning)
            return known or self.world.event(name, meaning, self.world.begin(**asked))
        except Refused as refusal:
            self.seen["denied event"] += 1
            return (refusal.code,)

    def _place(self, status: str) -> int | None:
        """Most often a charge that is in such a state, made just now if there is none."""
        for _ in range(4):
            places = [n for n, charge in enumerate(self.world.charges) if charge.status == status]
            if places:
                break
            self._create(capture=status == "captured")
        if not places or self.pick.random() < 0.07:
            places = list(range(len(self.world.charges)))
        return self.pick.choice(places) if places else None

    def _change(self, what: str, place: int, *arguments: Any) -> None:
        charge = self.world.charges[place]

        def model() -> Answer:
            getattr(self.world, what)(charge, *arguments)
            return self.shape(charge)

        self.compare(what, (place, *arguments), model, lambda: getattr(self.side, what)(place, *arguments))

    def _near(self, tokens: int) -> int:
        """More, less, the same or nothing."""
        return self.pick.choice((tokens, tokens // 2, tokens // 3, tokens * 2, tokens + self.amount(), 0))

    def do_capture(self) -> None:
        place = self._place("held")
        if place is None:
            return
        held = price(self.world.charges[place].quantities)
        given = None if self.pick.random() < 0.3 else self.quantities(self._near(held))
        self._change("capture", place, given)

    def do_extend(self) -> None:
        place = self._place("held")
        if place is None:
            return
        charge = self.world.charges[place]
        used = reserve = None
        if self.pick.random() < 0.6:
            factor = self.pick.choice((0, 1, 1, 2, 2, 3))
            used = {unit: amount * factor // 2 for unit, amount in charge.quantities.items()}
        if self.pick.random() < 0.7:
            factor = self.pick.choice((1, 2, 3, 4, 12))
            reserve = {unit: amount * factor // 2 for unit, amount in charge.quantities.items()}
        self._change("extend", place, used, reserve, self.pick.choice((None, 60, 86_400)))

    def do_release(self) -> None:
        place = self._place("held")
        if place is not None:
            self._change("release", place)

    def do_refund(self) -> None:
        place = self._place("captured")
        if place is None:
            return
        left = self.world.charges[place].cost()
        tokens = self.pick.choice((None, left + 1, left, left // 2, left // 3, left // 3))
        self._change("refund", place, max(tokens, 1) if tokens is not None else None)
