"""Amounts, money and times as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from apps.core import figures
from apps.core.periods import zone
from apps.core.templatetags import scrip
from apps.core.units import MICRO

TOKEN = MICRO
BRUSSELS = zone("Europe/Brussels")


@pytest.mark.parametrize(
    ("micro", "text"),
    [
        (0, "0"),
        (1650 * TOKEN, "1,650"),
        (12_500_000, "12.50"),
        (1_234_567_890_000, "1,234,567.89"),
        (-18_200_000, "−18.20"),
        (999_995_000, "1,000.00"),
        (123, "0.000123"),
    ],
)
def test_an_amount_has_two_decimals_only_where_there_are_some(micro: int, text: str) -> None:
    assert str(figures.figure(micro)) == text


def test_german_readers_get_their_separators() -> None:
    with translation.override("de"):
        assert str(figures.figure(1_650_500_000)) == "1.650,50"


def test_what_comes_in_has_a_plus() -> None:
    assert str(figures.figure(TOKEN, 2, plus=True)) == "+1.00"


@pytest.mark.parametrize(
    ("amounts", "places"),
    [([], 0), ([TOKEN, -2 * TOKEN], 0), ([TOKEN, 500_000], 2), ([TOKEN, 500_001], 6)],
)
def test_a_column_has_as_many_decimals_as_show_it_exactly(amounts: list[int], places: int) -> None:
    assert figures.places_for(amounts) == places


@pytest.mark.parametrize(
    ("lines", "places"),
    [
        ([TOKEN, 2 * TOKEN], 0),
        ([TOKEN, 500_000], 2),
        ([TOKEN, 813_185_340], 2),
        ([1_004_000, 1_004_000], 6),
        ([TOKEN, 1], 6),
        ([-1_006_000, 2_000_000], 2),
        ([], 0),
    ],
)
def test_a_column_with_a_sum_adds_up_as_it_is_shown(lines: list[int], places: int) -> None:
    assert figures.sum_places(lines, sum(lines)) == places


def test_digits_after_the_second_are_dimmed() -> None:
    assert scrip.column(1_234_567, 6) == '1.23<span class="trail">4567</span>'


@pytest.mark.parametrize(
    ("language", "currency", "text"),
    [("en", "EUR", "€45.68"), ("en", "USD", "$45.68"), ("en", "CHF", "45.68 CHF")],
)
def test_money_is_rounded_to_its_minor_unit(language: str, currency: str, text: str) -> None:
    with translation.override(language):
        assert figures.money(4567_800_000, 1, currency) == text


def test_a_share_is_written_for_drawing() -> None:
    assert figures.percent(1, 3) == "33.33%"
    assert figures.percent(5, 3) == "100.00%"
    assert figures.percent(1, 0) == "0%"


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (timedelta(days=9, hours=9), "in 10 days"),
        (timedelta(hours=14), "in 1 day"),
        (timedelta(hours=9), "in 9 hours"),
        (timedelta(minutes=61), "in 1 hour"),
        (timedelta(minutes=12), "in 12 minutes"),
        (timedelta(seconds=3), "in 1 minute"),
    ],
)
def test_time_left_is_told_in_days_then_hours_then_minutes(left: timedelta, text: str) -> None:
    at = datetime(2026, 11, 21, 14, tzinfo=UTC)
    assert figures.time_left(at + left, at, BRUSSELS) == text


def test_a_deadline_names_day_time_and_zone() -> None:
    at = datetime(2026, 11, 21, 14, tzinfo=UTC)
    ends = datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert figures.deadline(ends, at, BRUSSELS) == "in 10 days (1 Dec, 00:00 Europe/Brussels)"


def test_a_span_of_days_names_the_month_once() -> None:
    assert figures.days_span(date(2026, 11, 1), date(2026, 11, 21)) == "1 to 21 Nov"
    assert figures.days_span(date(2026, 11, 1), date(2026, 11, 1)) == "1 Nov"
