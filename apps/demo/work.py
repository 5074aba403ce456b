"""What the people of the demo use: conversations of a real trace, images, lessons, live sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from random import Random

from apps.core.units import MICRO
from apps.demo.people import ALDERMOOR, LINGUA, PIXELWORKS, House
from apps.usage.state import Activity, ChargeRequest
from apps.usage.traces import SHIPPED, TracedRequest, open_trace

MODELS = ("claude-sonnet-4-6", "gpt-4o", "gemini-2.5-pro", "claude-haiku-4-5")


@dataclass(frozen=True, slots=True)
class Use:
    """A typical use: the quantities are whole units, from and to; the label is what people read."""

    operation: str
    label: str
    kind: str
    quantities: Mapping[str, tuple[int, int]]
    model: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    centre: str | None = None


CAMPUS = (
    Use(
        "module_generation",
        "Module: How cells divide",
        "module",
        {"input_token": (60_000, 180_000), "output_token": (20_000, 60_000), "request": (1, 4)},
        centre="biology-101",
    ),
    Use(
        "research",
        "Sources on regression to the mean",
        "module",
        {"input_token": (40_000, 120_000), "output_token": (8_000, 25_000), "request": (3, 12)},
        centre="statistics-2",
    ),
    Use("search", "Searching the library", "library", {"request": (100, 400)}),
    Use(
        "query",
        "Exam results by question",
        "report",
        {"row": (10_000, 60_000)},
        options={"complexity": "join"},
    ),
    Use("integration", "Field data from the weather service", "course", {"request": (40, 200)}),
    Use(
        "live_session",
        "Live session: Microscopy",
        "session",
        {"participant_minute": (200, 900)},
        centre="biology-101",
    ),
)
SCHOOL = (
    Use(
        "lesson_generation",
        "Lesson: The past perfect",
        "lesson",
        {"input_token": (20_000, 40_000), "output_token": (8_000, 25_000)},
    ),
    Use(
        "exercise_generation",
        "Exercise: Articles in German",
        "lesson",
        {"input_token": (8_000, 15_000), "output_token": (4_000, 11_000)},
    ),
    Use("cover_image", "Cover: Travel Spanish", "course", {"image": (1, 1)}),
)
STUDENT = (
    Use("writing_assessment", "Essay: A letter to a friend", "lesson", {"submission": (1, 3)}),
    Use(
        "writing_assessment",
        "Essay by hand",
        "lesson",
        {"submission": (1, 1)},
        options={"input": "handwriting"},
    ),
    Use("speaking_assessment", "Speaking: At the station", "lesson", {"attempt": (1, 1)}),
)
STUDIO = (
    Use(
        "image",
        "Poster for the harbour festival",
        "project",
        {"image": (1, 4)},
        "flux",
        {"resolution": "1024x1024"},
    ),
    Use("image", "Sketches of the new mascot", "project", {"image": (2, 8)}, "stable-diffusion"),
    Use("image", "Cover art", "project", {"image": (1, 2)}, "midjourney", {"quality": "high"}),
    Use("video", "Title sequence", "project", {"video": (1, 1)}, "animatediff", {"duration": "7"}),
    Use(
        "audio", "Jingle for the spring campaign", "project", {"clip": (1, 3)}, "musicgen", {"duration": "12"}
    ),
)


class Desk:
    """Draws what somebody does next; the same seed draws the same."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.conversations: Sequence[TracedRequest] = list(islice(open_trace(SHIPPED).requests(), 4_000))
        self.drawn = 0

    def next_use(self, house: House, user: str) -> ChargeRequest:
        """A request of the user, without saying how it is paid or ended."""
        self.drawn += 1
        uses = _uses(house, user)
        if house is not PIXELWORKS and self.random.random() < 0.4:
            return self._conversation(house, user)
        return self.request(house, user, self.random.choice(uses))

    def request(self, house: House, user: str, use: Use) -> ChargeRequest:
        """The use, in some quantity."""
        quantities = {
            unit: self.random.randint(low, high) * MICRO for unit, (low, high) in use.quantities.items()
        }
        return ChargeRequest(
            user=user,
            operation=use.operation,
            quantities=quantities,
            organisation=house.key,
            cost_centre=use.centre,
            model=use.model,
            options=dict(use.options),
            activity=Activity(use.kind, f"{use.kind}-{self.drawn}", use.label),
        )

    def _conversation(self, house: House, user: str) -> ChargeRequest:
        """Forty turns of the trace as one long conversation."""
        turns = self.random.sample(self.conversations, 40)
        quantities = {
            "input_token": sum(turn.context_tokens for turn in turns) * MICRO,
            "output_token": sum(turn.generated_tokens for turn in turns) * MICRO,
        }
        return ChargeRequest(
            user=user,
            operation="chat",
            quantities=quantities,
            organisation=house.key,
            model=self.random.choice(MODELS),
            activity=Activity("conversation", f"conversation-{self.drawn}", "Conversation with the tutor"),
        )


def _uses(house: House, user: str) -> Sequence[Use]:
    if house is ALDERMOOR:
        return CAMPUS
    if house is LINGUA:
        return STUDENT if user in LINGUA.of_role("member") else SCHOOL
    return STUDIO


def scaled(request: ChargeRequest, percent: int) -> ChargeRequest:
    """The same with so many percent of its quantities, in whole units and at least one."""
    quantities = {
        unit: max(amount // MICRO * percent // 100, 1) * MICRO for unit, amount in request.quantities.items()
    }
    return replace(request, quantities=quantities)
