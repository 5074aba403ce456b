"""Exact decimal text: how prices, margins and factors are kept in files and tables.

Plain ASCII digits with at most 18 decimals, no sign, exponent or padding in what is written.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal

LARGEST = 10**12
"""No price, margin or factor is above this."""
PLACES = 18
"""Decimals of a base cost; what a list gives beyond is rounded half-even (pricing.md)."""

_CONTEXT = Context(prec=120, rounding=ROUND_HALF_EVEN)
_STEP = Decimal(1).scaleb(-PLACES)
_TYPED = re.compile(r"\d{1,13}(\.\d{1,60})?", re.ASCII)


def decimal_text(value: Decimal) -> str:
    """A number of at most 18 decimals as plain text; further decimals are rounded half-even."""
    text = f"{_CONTEXT.quantize(value, _STEP):f}"
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


def parse_exact(text: str) -> str:
    """A number that somebody typed as exact text; ValueError says what is wrong."""
    if not _TYPED.fullmatch(text):
        raise ValueError("Write a plain decimal number such as 12.5, without sign, exponent or spaces.")
    number = Decimal(text)
    if number > LARGEST:
        raise ValueError("At most 1000000000000 is possible.")
    return decimal_text(number)
