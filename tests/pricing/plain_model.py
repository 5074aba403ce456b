"""Prices as pricing.md words them, with fractions and nothing of the apps: what the real ones must equal."""

from __future__ import annotations

from fractions import Fraction
from typing import Any


def rounded(tokens: Fraction) -> Fraction:
    """To 6 decimals, half away from zero."""
    micro = abs(tokens) * 1_000_000
    whole = int(micro + Fraction(1, 2))
    return Fraction(whole if tokens >= 0 else -whole, 1_000_000)


def plain_price(
    spec: dict[str, Any],
    quantities: dict[str, Fraction],
    chosen: dict[str, Fraction],
    per_unit_of_money: Fraction,
) -> Fraction:
    """Total tokens; `chosen` holds each option's factor, `per_unit_of_money` tokens per unit of cost."""
    context = sum((quantities.get(unit, Fraction(0)) for unit in spec["context_units"]), Fraction(0))
    written, exact = [], Fraction(0)
    for component in spec["components"]:
        quantity = quantities.get(component["unit"], Fraction(0))
        if quantity > 0:
            line = quantity * _unit_price(component, context, spec["margin"], per_unit_of_money)
            exact += line
            written.append(rounded(line))
    first = quantities.get(spec["units"][0], Fraction(0))
    for option in spec["options"] if written else []:
        factor = chosen[option["name"]]
        line = exact * (factor - 1) if option["effect"] == "multiply" else factor * first
        exact += line
        written.append(rounded(line))
    total = sum(written, Fraction(0))
    minimum = Fraction(spec["minimum_charge"])
    return minimum if exact > 0 and total < minimum else total


def _unit_price(component: dict[str, Any], context: Fraction, margin: str, per_money: Fraction) -> Fraction:
    if "tokens" in component:
        return Fraction(component["tokens"])
    cost = Fraction(component["base_cost"])
    for tier in component.get("tiers", []):
        if context > Fraction(tier["above"]):
            cost = Fraction(tier["base_cost"])
    return cost * per_money * (1 + Fraction(margin) / 100)
