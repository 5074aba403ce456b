"""Exact decimal text: how prices, margins and factors are kept in files and tables.

Plain ASCII digits with at most 18 decimals, no sign, exponent or padding in what is written.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

PLACES = 18
"""Decimals of a base cost; what a list gives beyond is rounded half-even (pricing.md)."""

_CONTEXT = Context(prec=120, rounding=ROUND_HALF_EVEN)
_STEP = Decimal(1).scaleb(-PLACES)


def decimal_text(value: Decimal) -> str:
    """A number of at most 18 decimals as plain text; further decimals are rounded half-even."""
    text = f"{_CONTEXT.quantize(value, _STEP):f}"
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole
