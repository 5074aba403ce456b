"""From a version's spec (decimal text) to a `Rate` of integers, for one price book and exchange rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any

from apps.core.units import parse_quantity, parse_tokens
from apps.pricing.exact import decimal_text
from apps.pricing.rating import Component, Factor, Option, Rate, Tier, UnitPrice

Spec = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A dated exchange rate: one unit of `base` buys `value` units of `quote`."""

    id: int
    base: str
    quote: str
    value: str

    def __str__(self) -> str:
        return f"1 {self.base} = {self.value} {self.quote}"

    def into(self, currency: str) -> Fraction:
        """What one unit of the pair's other currency is worth in `currency`; nothing is rounded."""
        return 1 / Fraction(self.value) if currency == self.base else Fraction(self.value)


@dataclass(frozen=True, slots=True)
class Owner:
    """Which operation of which book, and model, a version belongs to, with the book's money."""

    price_book: str
    currency: str
    token_price_minor: int
    operation: str
    category: str
    model: str | None


def compile_rate(version_id: int, spec: Spec, owner: Owner, exchange: Exchange | None) -> Rate:
    """Fold margin, exchange rate and token price into whole numbers over one denominator."""
    factor = cost_factor(spec["margin"], owner, exchange)
    exact = [_exact_prices(component, factor) for component in spec["components"]]
    denominator = lcm(*(price.denominator for prices in exact for price in prices))
    note = f" ({exchange})" if exchange else ""
    components = tuple(
        _component(component, prices, denominator, spec["margin"], note)
        for component, prices in zip(spec["components"], exact, strict=True)
    )
    return Rate(
        version_id=version_id,
        exchange_rate_id=exchange.id if exchange else None,
        price_book=owner.price_book,
        operation=owner.operation,
        model=owner.model,
        category=owner.category,
        description=spec["description"],
        units=tuple(spec["units"]),
        components=components,
        denominator=denominator,
        options=tuple(_option(option) for option in spec["options"]),
        context_units=tuple(spec["context_units"]) if any(c.tiers for c in components) else (),
        minimum_charge=parse_tokens(spec["minimum_charge"]),
        minimum_balance=parse_tokens(spec["minimum_balance"]),
        counts_as_generation=spec["counts_as_generation"],
        once_per_activity=spec["once_per_activity"],
        currency=spec["currency"],
        exchange=str(exchange) if exchange else "",
    )


def cost_factor(margin: str, owner: Owner, exchange: Exchange | None) -> Fraction:
    """Tokens per unit of cost currency: exchange rate × (1 + margin) ÷ token price."""
    rate = exchange.into(owner.currency) if exchange else Fraction(1)
    return rate * (1 + Fraction(margin) / 100) * 100 / owner.token_price_minor


def _exact_prices(component: Spec, factor: Fraction) -> list[Fraction]:
    """Tokens per unit: the base price, then each tier's."""
    if "tokens" in component:
        return [Fraction(component["tokens"])]
    tiers = component.get("tiers", [])
    return [
        Fraction(component["base_cost"]) * factor,
        *(Fraction(tier["base_cost"]) * factor for tier in tiers),
    ]


def _component(component: Spec, exact: list[Fraction], denominator: int, margin: str, note: str) -> Component:
    unit: str = component["unit"]
    label = unit.replace("_", " ").capitalize()
    scaled = [price.numerator * (denominator // price.denominator) for price in exact]
    if "tokens" in component:
        return Component(unit, UnitPrice(label, None, None, scaled[0]))
    tiers = [
        Tier(
            parse_quantity(tier["above"]),
            UnitPrice(
                f"{label}, context above {int(tier['above']):,}{note}", tier["base_cost"], margin, price
            ),
        )
        for tier, price in zip(component.get("tiers", []), scaled[1:], strict=True)
    ]
    base = UnitPrice(f"{label}{note}", component["base_cost"], margin, scaled[0])
    return Component(unit, base, tuple(sorted(tiers, key=lambda tier: -tier.above)))


def _option(option: Spec) -> Option:
    values = tuple(value for value, _ in option["values"])
    return Option(
        name=option["name"],
        effect=option["effect"],
        default=option["default"],
        values=values,
        factors=tuple(_factor(text) for _, text in option["values"]),
        bounds=tuple(parse_quantity(value) for value in values) if option["kind"] == "bands" else (),
    )


def _factor(text: str) -> Factor:
    exact = Fraction(text)
    return Factor(exact.numerator, exact.denominator, decimal_text(Decimal(text)))
