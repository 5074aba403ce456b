"""What can be used in the demo: typical uses of each organisation, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Use:
    """A typical use: quantities in whole units, from and to; labels are what people read.

    `often` says how often it comes among the others of its list, `centres` what it may be for.
    """

    operation: str
    kind: str
    labels: tuple[str, ...]
    quantities: Mapping[str, tuple[int, int]]
    model: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    centres: tuple[str, ...] = ()
    often: int = 10


CAMPUS = (
    Use(
        "module_generation",
        "module",
        ("Module: How cells divide", "Module: Reading a regression", "Module: Sonnets and their rules"),
        {"input_token": (30_000, 120_000), "output_token": (8_000, 24_000), "request": (1, 4)},
        centres=("biology-101", "statistics-2", "literature"),
        often=5,
    ),
    Use(
        "research",
        "module",
        ("Sources on regression to the mean", "Sources on coral reefs", "Sources on the Weimar theatre"),
        {"input_token": (20_000, 60_000), "output_token": (3_000, 10_000), "request": (3, 12)},
        centres=("statistics-2", "biology-101", "literature"),
    ),
    Use("search", "library", ("Searching the library", "Finding similar exercises"), {"request": (20, 150)}),
    Use(
        "query",
        "report",
        ("Exam results by question", "Attendance this term"),
        {"row": (5_000, 30_000)},
        options={"complexity": "join"},
        centres=("main-campus",),
        often=6,
    ),
    Use(
        "integration",
        "course",
        ("Field data from the weather service", "Plagiarism check"),
        {"request": (10, 80)},
        centres=("biology-101",),
    ),
    Use(
        "live_session",
        "session",
        ("Live session: Microscopy", "Live session: Questions before the exam"),
        {"participant_minute": (120, 500)},
        centres=("biology-101", "statistics-2"),
        often=4,
    ),
)
LESSONS = (
    Use(
        "lesson_generation",
        "lesson",
        ("Lesson: The past perfect", "Lesson: At the doctor’s", "Lesson: Business small talk"),
        {"input_token": (15_000, 35_000), "output_token": (6_000, 18_000)},
        centres=("b1-evening", "a2-morning"),
    ),
    Use(
        "exercise_generation",
        "lesson",
        ("Exercise: Articles in German", "Exercise: Listening for numbers", "Exercise: Phrasal verbs"),
        {"input_token": (6_000, 12_000), "output_token": (3_000, 9_000)},
        centres=("b1-evening", "a2-morning"),
        often=20,
    ),
    Use("cover_image", "course", ("Cover: Travel Spanish", "Cover: Everyday English"), {"image": (1, 1)}),
    Use(
        "session_recap",
        "session",
        ("Recap: Conversation club", "Recap: Pronunciation clinic"),
        {"minute": (30, 60), "input_token": (6_000, 12_000), "output_token": (800, 1_600)},
        centres=("b1-evening",),
        often=6,
    ),
)
STUDENT = (
    Use(
        "writing_assessment",
        "lesson",
        ("Essay: A letter to a friend", "Essay: My home town", "Summary of a podcast"),
        {"submission": (1, 2)},
        often=20,
    ),
    Use(
        "writing_assessment",
        "lesson",
        ("Essay by hand",),
        {"submission": (1, 1)},
        options={"input": "handwriting"},
        often=6,
    ),
    Use(
        "speaking_assessment",
        "lesson",
        ("Speaking: At the station", "Speaking: A job interview", "Speaking: Describing a picture"),
        {"attempt": (1, 1)},
    ),
)
LIVE_EXAMINER = Use(
    "speaking_assessment",
    "lesson",
    ("Speaking with the live examiner",),
    {"attempt": (1, 1)},
    options={"mode": "live"},
)
STUDIO = (
    Use(
        "image",
        "project",
        ("Poster for the harbour festival", "Key visual for the tea brand"),
        {"image": (1, 3)},
        "flux",
        {"resolution": "1024x1024"},
        ("harbour-festival", "tea-brand"),
        18,
    ),
    Use(
        "image",
        "project",
        ("Sketches of the new mascot", "Mood board"),
        {"image": (1, 4)},
        "stable-diffusion",
        {},
        ("mascot", "tea-brand"),
        24,
    ),
    Use(
        "image",
        "project",
        ("Cover art", "Packaging, last round"),
        {"image": (1, 2)},
        "midjourney",
        {"quality": "high"},
        ("tea-brand",),
    ),
    Use(
        "video",
        "project",
        ("Title sequence", "Loop for the stand"),
        {"video": (1, 1)},
        "animatediff",
        {"duration": "7"},
        ("harbour-festival",),
    ),
    Use(
        "audio",
        "project",
        ("Jingle for the spring campaign", "Sound of the loop"),
        {"clip": (1, 2)},
        "musicgen",
        {"duration": "12"},
        ("harbour-festival",),
        5,
    ),
    Use("audio", "project", ("Voice-over, first cut",), {"clip": (1, 3)}, "tts", {}, ("tea-brand",), 7),
)
CONVERSATIONS = {
    "aldermoor": ("Conversation with the tutor", "Questions about the lecture", "Help with an essay plan"),
    "lingua": ("Conversation practice", "Grammar questions", "Explaining a text"),
    "pixelworks": ("Writing prompts", "Copy for the campaign"),
}
