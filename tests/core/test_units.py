"""Amounts are exact to the millionth, and nothing odd is taken for a number."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.units import LARGEST, MICRO, format_tokens, parse_quantity, parse_tokens, share_floor


@pytest.mark.parametrize(
    ("text", "micro"),
    [
        ("17", 17_000_000),
        ("12.5", 12_500_000),
        ("12.50", 12_500_000),
        ("0.000001", 1),
        ("007", 7_000_000),
        ("1000000000000", LARGEST),
        ("0", 0),
    ],
)
def test_a_plain_decimal_is_read_exactly(text: str, micro: int) -> None:
    assert parse_tokens(text) == micro


@pytest.mark.parametrize(
    "text",
    [
        *("", " 1", "1 ", "-1", "+1", "1e3", "1E3", ".5", "5.", "1,5", "1_000", "NaN", "Infinity", "0x10"),
        *("１２", "٣", "1.0000001", "1000000000000.000001", "9" * 100_000, "1\n", "½", "true"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z].*\."):
        parse_tokens(text)
    with pytest.raises(ValueError, match=r"[a-z].*\."):
        parse_quantity(text)


@pytest.mark.parametrize(
    "value",
    [
        *(True, False, -1, 10**12 + 1, 10**100),
        *map(Decimal, ("NaN", "sNaN", "Infinity", "-1", "1E-7", "1E+13", "1E-999999", "1E+999999")),
    ],
)
def test_no_quantity_is_made_of_odd_numbers(value: int | Decimal) -> None:
    with pytest.raises(ValueError, match=r"\."):
        parse_quantity(value)


@pytest.mark.parametrize(("value", "micro"), [(3, 3 * MICRO), (Decimal("0.5"), 500_000), ("2.25", 2_250_000)])
def test_quantities_are_numbers_or_plain_text(value: int | Decimal | str, micro: int) -> None:
    assert parse_quantity(value) == micro


@given(st.integers(0, LARGEST))
def test_what_is_written_is_read_back(micro: int) -> None:
    text = format_tokens(micro)
    assert parse_tokens(text) == micro
    assert not (text.endswith((".", "0")) and "." in text)


def test_a_debt_is_written_with_its_sign() -> None:
    assert (format_tokens(-3_000_000), format_tokens(-1)) == ("-3", "-0.000001")


@given(st.integers(0, LARGEST), st.integers(0, 100 * MICRO))
def test_a_share_is_rounded_down_to_the_millionth(micro: int, percent: int) -> None:
    exact = Fraction(micro) * percent / (100 * MICRO)
    assert share_floor(micro, percent) <= exact < share_floor(micro, percent) + 1
