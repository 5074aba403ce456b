"""A provider's list prices of one model as components of a rate.

Prices are decimal text in US dollars per unit, keyed by the community list's field names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

FIELDS = {
    "input_token": "input_cost_per_token",
    "cached_input_token": "cache_read_input_token_cost",
    "cache_write_token": "cache_creation_input_token_cost",
    "output_token": "output_cost_per_token",
}
CONTEXT_UNITS = ("input_token", "cached_input_token", "cache_write_token")
"""The units whose sum is the size of a request's context."""

LIST_UNITS: dict[str, tuple[str, ...]] = {
    "chat": ("input_token", "cached_input_token", "cache_write_token", "output_token"),
    "embedding": ("input_token",),
}
"""The units of the operations that price a whole list of models."""

_LIST_OF_MODE = {"chat": "chat", "responses": "chat", "completion": "chat", "embedding": "embedding"}
_TIER = re.compile(r"(.+)_above_(\d{1,6})([km])_tokens", re.ASCII)
_SIZES = {"k": 1_000, "m": 1_000_000}


def list_of_mode(mode: str) -> str:
    """Which list (``chat``, ``embedding``) a model of this mode is priced in; empty for none."""
    return _LIST_OF_MODE.get(mode, "")


def split_tier(field: str) -> tuple[str, int | None]:
    """A field's base name and the context size it names: ``x_above_200k_tokens`` → (x, 200000)."""
    match = _TIER.fullmatch(field)
    if match is None:
        return field, None
    return match[1], int(match[2]) * _SIZES[match[3]]


def has_price(prices: Mapping[str, str], units: Iterable[str]) -> bool:
    """Whether input, and output where it is a unit, cost something: a missing or zero price is none."""
    needed = [FIELDS[unit] for unit in ("input_token", "output_token") if unit in units]
    return all(prices.get(field, "0") != "0" for field in needed)


def components(prices: Mapping[str, str], units: Iterable[str]) -> list[dict[str, Any]]:
    """The components of the token units among `units`, with the prices above a context size.

    A missing cached or cache-write price is the input price; a component without its own price
    above a size keeps its base price.
    """
    tiers = _tiers(prices)
    found = []
    for unit in units:
        if unit not in FIELDS:
            continue
        fallback = prices.get(FIELDS["input_token"], "0") if unit in CONTEXT_UNITS else "0"
        component: dict[str, Any] = {"unit": unit, "base_cost": prices.get(FIELDS[unit], fallback)}
        if tiers.get(FIELDS[unit]):
            component["tiers"] = [
                {"above": str(size), "base_cost": text} for size, text in sorted(tiers[FIELDS[unit]].items())
            ]
        found.append(component)
    return found


def _tiers(prices: Mapping[str, str]) -> dict[str, dict[int, str]]:
    tiers: dict[str, dict[int, str]] = {}
    for field, text in prices.items():
        base, size = split_tier(field)
        if size is not None:
            tiers.setdefault(base, {})[size] = text
    return tiers
