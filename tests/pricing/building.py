"""Specs by hand: a rate of a book in US dollars at 0.01 a token, unless said otherwise."""

from __future__ import annotations

from typing import Any

from apps.pricing.compiling import Exchange, Owner, compile_rate
from apps.pricing.rating import Price, Rate

MILLION = 1_000_000


def a_rate(components: list[dict[str, Any]], exchange: Exchange | None = None, **values: Any) -> Rate:
    """A rate of the given components; other parts of the spec by name."""
    units = [component["unit"] for component in components]
    spec: dict[str, Any] = {
        "chargeable": True,
        "free": False,
        "currency": "USD",
        "margin": "0",
        "units": units,
        "components": components,
        "context_units": units[:1],
        "options": [],
        "minimum_charge": "0",
        "minimum_balance": "0",
        "counts_as_generation": False,
        "once_per_activity": False,
        "description": "",
    } | values
    owner = Owner("campus" if exchange else "school", "EUR" if exchange else "USD", 1, "work", "ai", None)
    return compile_rate(1, spec, owner, exchange)


def an_option(name: str, effect: str, values: dict[str, str], kind: str = "list") -> dict[str, Any]:
    """An option whose first value is its default."""
    pairs = [list(pair) for pair in values.items()]
    return {"name": name, "effect": effect, "kind": kind, "default": pairs[0][0], "values": pairs}


def price_of(rate: Rate, quantities: dict[str, int], **options: object) -> Price:
    """The price of whole units."""
    micro = {unit: number * MILLION for unit, number in quantities.items()}
    return rate.price(micro, rate.clean(micro, options))
