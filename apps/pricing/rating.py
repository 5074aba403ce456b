"""From quantities and options to a price with its lines: pure integers, no tables, no clock.

A `Rate` is one version compiled for one price book with its exchange rate folded in. Every
component carries ``micro-tokens per micro-unit`` as a whole number over the rate's common
denominator, so a price is a few integer multiplications and stays exact until a line is written.

Source of the rules: pricing.md, "From cost to tokens".
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from apps.core.errors import ValidationError
from apps.core.units import format_tokens, parse_quantity

Effect = Literal["multiply", "add"]


@dataclass(frozen=True, slots=True)
class Line:
    """One written line of a breakdown; `micro` is its amount in micro-tokens, negative when it saves.

    `quantity` is decimal text of `unit`, `base_cost` decimal text per unit in the provider's
    currency, `margin` decimal text in percent; each is None where it does not apply.
    """

    label: str
    quantity: str | None
    unit: str | None
    base_cost: str | None
    margin: str | None
    micro: int


@dataclass(frozen=True, slots=True)
class Price:
    """What a use costs in micro-tokens: exactly the sum of its lines."""

    micro: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """A component's price at one size of context: `per_unit` is over the rate's denominator."""

    label: str
    base_cost: str | None
    margin: str | None
    per_unit: int


@dataclass(frozen=True, slots=True)
class Tier:
    """The price of a whole request whose context is above `above` (micro-units)."""

    above: int
    price: UnitPrice


@dataclass(frozen=True, slots=True)
class Component:
    """What one unit costs, with the tiers of long contexts, largest first."""

    unit: str
    base: UnitPrice
    tiers: tuple[Tier, ...] = ()

    def price_at(self, context: int) -> UnitPrice:
        """The unit price for a request with so many micro-units of context."""
        for tier in self.tiers:
            if context > tier.above:
                return tier.price
        return self.base


@dataclass(frozen=True, slots=True)
class Factor:
    """What one value of an option does: ×(numerator ÷ denominator), or + that many tokens per unit."""

    numerator: int
    denominator: int
    text: str


@dataclass(frozen=True, slots=True)
class Option:
    """A choice that changes the price: one of a list of values, or a number in bands.

    `values` are the list's values, or the bands' lower bounds (included) as decimal text;
    `bounds` are those bounds in millionths, empty for a list.
    """

    name: str
    effect: Effect
    default: str
    values: tuple[str, ...]
    factors: tuple[Factor, ...]
    bounds: tuple[int, ...] = ()

    def clean(self, value: object) -> str:
        """The value as canonical text; ValueError says what is possible."""
        if self.bounds:
            return self._clean_number(value)
        if isinstance(value, str) and value in self.values:
            return value
        raise ValueError(f"Choose one of: {', '.join(self.values)}.")

    def factor(self, value: str) -> Factor:
        """The factor of a clean value."""
        if self.bounds:
            return self.factors[bisect_right(self.bounds, parse_quantity(value)) - 1]
        return self.factors[self.values.index(value)]

    def _clean_number(self, value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
            raise ValueError("Give a number.")
        micro = parse_quantity(value)
        if micro < self.bounds[0]:
            raise ValueError(f"Give a number of at least {self.values[0]}.")
        return format_tokens(micro)


@dataclass(frozen=True, slots=True)
class Rate:
    """One rate version, compiled for one price book with its exchange rate folded in.

    `minimum_charge` and `minimum_balance` are micro-tokens. `context_units` are those whose sum
    decides about long-context prices. `exchange` is text such as ``1 EUR = 1.15 USD``, or empty.
    """

    version_id: int
    exchange_rate_id: int | None
    price_book: str
    operation: str
    model: str | None
    category: str
    description: str
    units: tuple[str, ...]
    components: tuple[Component, ...]
    denominator: int
    options: tuple[Option, ...]
    context_units: tuple[str, ...]
    minimum_charge: int
    minimum_balance: int
    counts_as_generation: bool
    once_per_activity: bool
    currency: str
    exchange: str

    def clean(self, quantities: Mapping[str, int], options: Mapping[str, object]) -> dict[str, str]:
        """The options with defaults filled in, as canonical text in declared order.

        Raises ValidationError naming each unknown unit, option or value by field
        (``quantities.pages``, ``options.quality``).
        """
        errors = {
            f"quantities.{unit}": [f"Unknown unit. Possible: {', '.join(self.units)}."]
            for unit in quantities
            if unit not in self.units
        }
        known = ", ".join(option.name for option in self.options) or "none"
        names = {option.name for option in self.options}
        errors |= {
            f"options.{name}": [f"Unknown option. Possible: {known}."]
            for name in options
            if name not in names
        }
        cleaned: dict[str, str] = {}
        for option in self.options:
            try:
                cleaned[option.name] = option.clean(options.get(option.name, option.default))
            except ValueError as error:
                errors[f"options.{option.name}"] = [str(error)]
        if errors:
            raise ValidationError(errors)
        return cleaned

    def price(self, quantities: Mapping[str, int], options: Mapping[str, str]) -> Price:
        """Price quantities in micro-units under options from `clean`; an option left out is its default."""
        context = sum(quantities.get(unit, 0) for unit in self.context_units)
        lines: list[Line] = []
        exact = 0
        for component in self.components:
            quantity = quantities.get(component.unit, 0)
            if quantity > 0:
                unit_price = component.price_at(context)
                amount = quantity * unit_price.per_unit
                exact += amount
                lines.append(_cost_line(component.unit, quantity, unit_price, amount, self.denominator))
        if lines and self.options:
            exact = self._apply_options(quantities, options, exact, lines)
        total = sum(line.micro for line in lines)
        if exact > 0 and total < self.minimum_charge:
            lines.append(Line("Minimum charge", None, None, None, None, self.minimum_charge - total))
            total = self.minimum_charge
        return Price(total, tuple(lines))

    def _apply_options(
        self, quantities: Mapping[str, int], options: Mapping[str, str], exact: int, lines: list[Line]
    ) -> int:
        """Add a line per effective factor; answers the numerator of the exact sum, whose sign counts."""
        first = quantities.get(self.units[0], 0)
        scale = self.denominator
        for option in self.options:
            value = options.get(option.name, option.default)
            factor = option.factor(value)
            top, bottom = factor.numerator, factor.denominator
            before = exact
            if option.effect == "multiply":
                exact, added = exact * top, before * (top - bottom)
                sign = "×"
            else:
                added = first * top * scale
                exact, sign = before * bottom + added, "+"
            scale *= bottom
            if added:
                label = f"{option.name} {value} ({sign}{factor.text})"
                lines.append(Line(label, None, None, None, None, round_half_away(added, scale)))
        return exact


def round_half_away(numerator: int, denominator: int) -> int:
    """The whole number nearest to numerator ÷ denominator (positive); halves go away from zero."""
    whole = (2 * abs(numerator) + denominator) // (2 * denominator)
    return whole if numerator >= 0 else -whole


def _cost_line(unit: str, quantity: int, price: UnitPrice, amount: int, denominator: int) -> Line:
    micro = (2 * amount + denominator) // (2 * denominator)
    return Line(price.label, format_tokens(quantity), unit, price.base_cost, price.margin, micro)
