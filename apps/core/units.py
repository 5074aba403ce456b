"""Exact amounts: tokens are whole micro-tokens, quantities whole micro-units, percents micro-percent.

On the wire they are plain decimal strings: ASCII digits, at most six decimals, no sign,
exponent or padding.
"""

from __future__ import annotations

import re
from decimal import Decimal

MICRO = 1_000_000
LARGEST = 10**12 * MICRO
"""Nothing above 10^12 tokens or units is accepted from outside."""
STORABLE = 2**63 - 1
"""The largest balance that a 64-bit column holds, in micro-tokens."""

_PLAIN = re.compile(r"(\d{1,40})(?:\.(\d{1,40}))?", re.ASCII)


def parse_plain(text: str) -> int:
    """Read a plain decimal string as whole millionths; ValueError says what is wrong."""
    match = _PLAIN.fullmatch(text)
    if match is None:
        raise ValueError("Write a plain decimal number such as 12.5, without sign, exponent or spaces.")
    whole, fraction = match[1], (match[2] or "").rstrip("0")
    if len(fraction) > 6:
        raise ValueError("At most 6 decimals are possible.")
    value = int(whole) * MICRO + int(fraction.ljust(6, "0"))
    if value > LARGEST:
        raise ValueError("At most 1000000000000 is possible.")
    return value


def parse_tokens(text: str) -> int:
    """Read an amount such as ``"12.5"`` as micro-tokens; ValueError says what is wrong."""
    return parse_plain(text)


def format_tokens(micro: int) -> str:
    """Write micro-tokens as the wire's decimal string: ``12500000`` → ``"12.5"``."""
    whole, fraction = divmod(abs(micro), MICRO)
    sign = "-" if micro < 0 else ""
    if not fraction:
        return f"{sign}{whole}"
    return f"{sign}{whole}.{fraction:06d}".rstrip("0")


def parse_quantity(value: int | Decimal | str) -> int:
    """Read a quantity (JSON number as int or Decimal, or plain decimal string) as micro-units."""
    if isinstance(value, str):
        return parse_plain(value)
    if isinstance(value, bool):
        raise ValueError("Give a number, not true or false.")
    if isinstance(value, int):
        if not 0 <= value <= LARGEST // MICRO:
            raise ValueError("Give a number from 0 to 1000000000000.")
        return value * MICRO
    return _parse_decimal(value)


def _parse_decimal(value: Decimal) -> int:
    if not value.is_finite():
        raise ValueError("Give a finite number.")
    if not 0 <= value <= LARGEST // MICRO:
        raise ValueError("Give a number from 0 to 1000000000000.")
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -40:
        raise ValueError("At most 6 decimals are possible.")
    scaled = value * MICRO
    if scaled != scaled.to_integral_value():
        raise ValueError("At most 6 decimals are possible.")
    return int(scaled)


def share_floor(micro: int, micro_percent: int) -> int:
    """``micro × percent / 100``, rounded down to a whole micro-token (charging.md, who pays)."""
    return micro * micro_percent // (100 * MICRO)
