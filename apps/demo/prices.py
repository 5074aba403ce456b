"""Prices that are published in the demo and still to come, and calculations that people keep."""

from __future__ import annotations

from datetime import UTC, datetime, time

from apps.core.periods import next_month
from apps.demo.houses import ALDERMOOR, LINGUA, PIXELWORKS, House
from apps.demo.people import user_of
from apps.pricing.presets import save_preset
from apps.pricing.price_book_file import parse_price_book, shipped_path
from apps.pricing.services import load_price_book

COMING = (
    ("campus", "participant_minute = 0.001 ", "participant_minute = 0.0009 "),
    ("studio", "tokens = { image = 30 }", "tokens = { image = 27 }"),
)
"""Price books, and what their files say now and from the next month on."""
PRESETS: tuple[tuple[House, str, str, str, str, dict[str, str], dict[str, str]], ...] = (
    (ALDERMOOR, "teacher", "Seminar of 20", "live_session", "", {"participant_minute": "1800"}, {}),
    (LINGUA, "teacher", "Essay", "writing_assessment", "", {"submission": "1"}, {"input": "handwriting"}),
    (PIXELWORKS, "owner", "Poster, large", "image", "flux", {"image": "2"}, {"resolution": "2048x2048"}),
)
"""House, person, name, operation, model, quantities, options."""


def announce_prices(now: datetime) -> None:
    """Publish what becomes cheaper on the first of the next month."""
    begins = datetime.combine(next_month(now.date()), time(), UTC)
    for code, here, then in COMING:
        path = shipped_path(code)
        book = parse_price_book(path.read_text(encoding="utf-8").replace(here, then), path.name)
        load_price_book(book=book, at=now, actor="user:finance", effective_from=begins)


def keep_presets(now: datetime) -> None:
    """Calculations that people come back to."""
    for house, key, name, operation, model, quantities, options in PRESETS:
        save_preset(
            user=user_of(house, key),
            name=name,
            price_book=house.price_book,
            operation=operation,
            model=model,
            quantities=quantities,
            options=options,
            at=now,
        )
