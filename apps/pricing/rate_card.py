"""The rate card: every operation and model of a price book with unit prices, options and worked examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any

from apps.core.units import MICRO, format_tokens
from apps.pricing.compiling import Exchange, Owner, cost_factor
from apps.pricing.rating import Price, round_half_away

MILLION_UNITS = ("_token",)
"""Units whose names end so are shown per million: one alone costs too little to read."""


@dataclass(frozen=True, slots=True)
class UnitPriceCard:
    """What `per` units cost: `tokens` to 6 decimals; `base_cost` and `currency` where a provider is paid.

    `base_cost` is exact decimal text for `per` units. `above` is the size of context (plain number)
    above which this price holds for the whole request; None for the usual price.
    """

    unit: str
    per: int
    tokens: str
    base_cost: str | None
    currency: str | None
    above: str | None


@dataclass(frozen=True, slots=True)
class OptionValueCard:
    """One value, or a band from `value` (included) to `below`, and its factor: ``×1.5`` or ``+5``."""

    value: str
    below: str | None
    factor: str


@dataclass(frozen=True, slots=True)
class OptionCard:
    """A choice that changes the price; `kind` is ``list`` or ``bands``."""

    name: str
    kind: str
    default: str
    values: tuple[OptionValueCard, ...]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """The price of one model, or of an operation without models (`model` None).

    Without a price `chargeable` is False. `margin` is percent on base costs, None where the price
    is in tokens; `minimum_charge` and `minimum_balance` are decimal text, None where there is none.
    """

    model: str | None
    description: str
    chargeable: bool
    margin: str | None
    prices: tuple[UnitPriceCard, ...]
    options: tuple[OptionCard, ...]
    minimum_charge: str | None
    minimum_balance: str | None
    counts_as_generation: bool
    once_per_activity: bool
    effective_from: datetime


@dataclass(frozen=True, slots=True)
class ExampleCard:
    """A typical use and what it costs now; `price` is None while there is no price for it."""

    code: str
    name: str
    model: str | None
    quantities: tuple[tuple[str, str], ...]
    options: tuple[tuple[str, str], ...]
    price: Price | None

    @property
    def tokens(self) -> str | None:
        """The cost as decimal text."""
        return None if self.price is None else format_tokens(self.price.micro)


@dataclass(frozen=True, slots=True)
class OperationCard:
    """One operation with the prices of its models and its examples."""

    code: str
    name: str
    category: str
    category_name: str
    description: str
    units: tuple[str, ...]
    has_models: bool
    models: tuple[ModelCard, ...]
    examples: tuple[ExampleCard, ...]


@dataclass(frozen=True, slots=True)
class RateCard:
    """A price book's public prices at an instant; `token_price` is decimal text in `currency`."""

    price_book: str
    name: str
    currency: str
    token_price: str
    exchanges: tuple[str, ...]
    operations: tuple[OperationCard, ...]


def model_card(
    spec: Mapping[str, Any], owner: Owner, exchange: Exchange | None, since: datetime
) -> ModelCard:
    """Show one version's spec; unit prices carry margin and exchange rate."""
    has_costs = any("base_cost" in component for component in spec["components"])
    return ModelCard(
        model=owner.model,
        description=spec["description"],
        chargeable=spec["chargeable"],
        margin=spec["margin"] if has_costs else None,
        prices=tuple(unit_prices(spec, owner, exchange)) if spec["chargeable"] else (),
        options=tuple(option_card(option) for option in spec["options"]),
        minimum_charge=_unless_zero(spec["minimum_charge"]),
        minimum_balance=_unless_zero(spec["minimum_balance"]),
        counts_as_generation=spec["counts_as_generation"],
        once_per_activity=spec["once_per_activity"],
        effective_from=since,
    )


def option_card(option: Mapping[str, Any]) -> OptionCard:
    """Show an option's values with their factors, bands with both ends."""
    sign = "×" if option["effect"] == "multiply" else "+"
    pairs: Sequence[Sequence[str]] = option["values"]
    ends: list[str | None] = [None] * len(pairs)
    if option["kind"] == "bands":
        ends = [*(value for value, _ in pairs[1:]), None]
    values = tuple(
        OptionValueCard(value, below, f"{sign}{factor}")
        for (value, factor), below in zip(pairs, ends, strict=True)
    )
    return OptionCard(option["name"], option["kind"], option["default"], values)


def _unless_zero(text: str) -> str | None:
    return None if text == "0" else text


def unit_prices(spec: Mapping[str, Any], owner: Owner, exchange: Exchange | None) -> Iterable[UnitPriceCard]:
    """What each unit costs, base price before the prices above a context size, in the spec's order."""
    factor = _factor(spec["margin"], owner.currency, owner.token_price_minor, exchange)
    for component in spec["components"]:
        unit: str = component["unit"]
        per = MICRO if unit.endswith(MILLION_UNITS) else 1
        if "tokens" in component:
            yield UnitPriceCard(unit, per, _text(component["tokens"], Fraction(per)), None, None, None)
            continue
        for price in (component, *component.get("tiers", [])):
            cost: str = price["base_cost"]
            tokens = _text(cost, factor * per)
            yield UnitPriceCard(unit, per, tokens, times(cost, per), spec["currency"], price.get("above"))


@lru_cache(maxsize=256)
def _factor(margin: str, currency: str, token_price_minor: int, exchange: Exchange | None) -> Fraction:
    return cost_factor(margin, Owner("", currency, token_price_minor, "", "", None), exchange)


def _text(number: str, factor: Fraction) -> str:
    """`number` × factor, written with 6 decimals."""
    digits, places = _digits(number)
    return format_tokens(round_half_away(digits * factor.numerator * MICRO, factor.denominator * 10**places))


def times(number: str, per: int) -> str:
    """A decimal text multiplied by 1 or a million, exactly."""
    if per == 1:
        return number
    whole, _, fraction = number.partition(".")
    fraction = fraction.ljust(6, "0")
    whole = (whole + fraction[:6]).lstrip("0") or "0"
    rest = fraction[6:].rstrip("0")
    return f"{whole}.{rest}" if rest else whole


def _digits(number: str) -> tuple[int, int]:
    whole, _, fraction = number.partition(".")
    return int(whole + fraction), len(fraction)
