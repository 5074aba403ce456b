"""What the people of the demo ask for: conversations of a real trace, and uses from the list in `uses`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from random import Random

from apps.core.units import MICRO
from apps.demo.houses import ALDERMOOR, LINGUA, PIXELWORKS, House, Person
from apps.demo.uses import CAMPUS, CONVERSATIONS, LESSONS, STUDENT, STUDIO, Use
from apps.usage.state import Activity, ChargeRequest
from apps.usage.traces import SHIPPED, TracedRequest, open_trace

MODELS = ("claude-sonnet-4-6", "gpt-4o", "gemini-2.5-pro", "claude-haiku-4-5")
UNPRICED = "gemini/learnlm-1.5-pro-experimental"
"""A model that its provider gives no price for: it cannot be charged."""
_TALKS = {ALDERMOOR.key: 45, LINGUA.key: 35, PIXELWORKS.key: 8}
"""How many of a hundred uses are conversations."""


class Desk:
    """Draws what somebody does next; the same seed draws the same."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.requests: Sequence[TracedRequest] = list(islice(open_trace(SHIPPED).requests(), 6_000))
        self.drawn = 0

    def next_use(self, house: House, person: Person) -> ChargeRequest:
        """A request of the person, without saying how it is paid or ended."""
        user = house.user(person.key)
        if self.random.randrange(100) < _TALKS[house.key]:
            return self.conversation(house, user)
        uses = _uses(house, person)
        return self.request(house, user, self.random.choices(uses, [use.often for use in uses])[0])

    def request(self, house: House, user: str, use: Use, label: str = "") -> ChargeRequest:
        """The use, in some quantity."""
        self.drawn += 1
        quantities = {
            unit: self.random.randint(low, high) * MICRO for unit, (low, high) in use.quantities.items()
        }
        return ChargeRequest(
            user=user,
            operation=use.operation,
            quantities=quantities,
            organisation=house.key,
            cost_centre=self.random.choice(use.centres) if use.centres else None,
            model=use.model,
            options=dict(use.options),
            activity=Activity(use.kind, f"{use.kind}-{self.drawn}", label or self.random.choice(use.labels)),
        )

    def conversation(self, house: House, user: str) -> ChargeRequest:
        """Some requests of the trace that follow one another, as one conversation."""
        self.drawn += 1
        first, turns = self.random.randrange(len(self.requests) - 60), self.random.randint(6, 48)
        told = self.requests[first : first + turns]
        return ChargeRequest(
            user=user,
            operation="chat",
            quantities={
                "input_token": sum(turn.context_tokens for turn in told) * MICRO,
                "output_token": sum(turn.generated_tokens for turn in told) * MICRO,
            },
            organisation=house.key,
            model=self.random.choice(MODELS),
            activity=Activity(
                "conversation",
                f"conversation-{self.drawn}",
                self.random.choice(CONVERSATIONS[house.key]),
            ),
        )


def _uses(house: House, person: Person) -> Sequence[Use]:
    if house is ALDERMOOR:
        return CAMPUS
    if house is LINGUA:
        return STUDENT if person.role == "member" else LESSONS
    return STUDIO


def scaled(request: ChargeRequest, percent: int) -> ChargeRequest:
    """The same with so many percent of its quantities, in whole units and at least one."""
    quantities = {
        unit: max(amount // MICRO * percent // 100, 1) * MICRO for unit, amount in request.quantities.items()
    }
    return replace(request, quantities=quantities)
