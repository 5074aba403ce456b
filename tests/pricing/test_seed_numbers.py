"""The numbers of the seeds that a rate gives: pricing.md, "Numbers from the seeds"."""

from __future__ import annotations

import pytest

from apps.core.units import format_tokens
from apps.pricing.selectors import example_price, find_rate
from tests.pricing.building import MILLION
from tests.pricing.conftest import AT

pytestmark = pytest.mark.usefixtures("catalogue")

CASES = [
    ("image", "stable-diffusion", "image", {"resolution": "1024x1024", "steps": "50"}, "17"),
    ("image", "stable-diffusion", "image", {"resolution": "1024x1024", "steps": 49}, "15"),
    ("image", "stable-diffusion", "image", {"resolution": "2048x2048"}, "25"),
    ("image", "stable-diffusion", "image", {}, "10"),
    ("image", "flux", "image", {"resolution": "1024x1024"}, "40"),
    ("image", "flux", "image", {"resolution": "2048x2048"}, "80"),
    ("image", "dall-e-3", "image", {"quality": "fast"}, "20"),
    ("image", "midjourney", "image", {"quality": "high"}, "45"),
    ("video", "animatediff", "video", {"duration": 7}, "60"),
    ("video", "animatediff", "video", {"duration": "12"}, "80"),
    ("video", "stable-video", "video", {}, "50"),
    ("video", "google-veo", "video", {"resolution": "2048x2048"}, "240"),
    ("audio", "musicgen", "clip", {"duration": "5"}, "45"),
    ("audio", "audiocraft", "clip", {}, "25"),
    ("audio", "tts", "clip", {}, "15"),
]


@pytest.mark.parametrize(("operation", "model", "unit", "options", "tokens"), CASES)
def test_studio_prices(
    operation: str, model: str, unit: str, options: dict[str, object], tokens: str
) -> None:
    rate = find_rate(price_book="studio", operation=operation, model=model, at=AT)
    quantities = {unit: MILLION}
    assert format_tokens(rate.price(quantities, rate.clean(quantities, options)).micro) == tokens


def test_an_average_conversation_is_19_tokens_so_5_euro_buy_about_26() -> None:
    price = example_price(price_book="campus", operation="chat", code="average_conversation", at=AT)
    assert price is not None
    assert price.micro == 19 * MILLION
    assert round(500 * MILLION / price.micro) == 26


def test_an_exercise_is_about_25_tokens() -> None:
    price = example_price(price_book="school", operation="exercise_generation", code="exercise", at=AT)
    assert price is not None
    assert round(price.micro / MILLION) == 25


def test_a_lesson_needs_100_tokens_to_start_and_counts_as_a_generation() -> None:
    rate = find_rate(price_book="school", operation="lesson_generation", model=None, at=AT)
    assert rate.minimum_balance == 100 * MILLION
    assert rate.counts_as_generation


def test_a_session_recap_is_charged_once_per_activity() -> None:
    rate = find_rate(price_book="school", operation="session_recap", model=None, at=AT)
    assert rate.once_per_activity
    assert rate.units == ("minute", "input_token", "output_token")
