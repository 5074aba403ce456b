"""A rate version as staff read it: prices in tokens with the provider's cost, options, rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.core import figures
from apps.core.units import parse_tokens
from apps.pricing.compiling import Exchange, Owner
from apps.pricing.models import RateVersion
from apps.pricing.rate_card import OptionCard, UnitPriceCard, option_card, unit_prices
from apps.pricing.revising import state_of
from apps.pricing.specs import Spec
from apps.pricing.unit_words import per_unit
from apps.support.deeds.price_words import flag_name, number, option_name, state_name

FEW = 2
"""So many prices stand in a line of a table."""
PAST, NOW, COMING = "past", "now", "coming"
"""How a version stands to the present."""


@dataclass(frozen=True, slots=True)
class PriceLine:
    """What a unit costs in micro-tokens, and how that came about where a provider is paid."""

    unit: str
    tokens: int
    origin: str

    @property
    def places(self) -> int:
        return figures.places_for([self.tokens])

    @property
    def text(self) -> str:
        return f"{figures.figure(self.tokens, self.places)} {self.unit}"


@dataclass(frozen=True, slots=True)
class ShownSpec:
    """All that a version says. `state` is one of STATES of `apps.pricing.revising`."""

    state: str
    state_words: str
    prices: tuple[PriceLine, ...]
    options: tuple[str, ...]
    rules: tuple[str, ...]
    description: str


def show_spec(spec: Spec, owner: Owner, exchange: Exchange | None) -> ShownSpec:
    """A spec in words and micro-tokens, at one exchange rate."""
    state = state_of(spec)
    return ShownSpec(
        state=state,
        state_words=state_name(state),
        prices=tuple(_line(price, spec["margin"]) for price in unit_prices(spec, owner, exchange)),
        options=tuple(_option(option_card(option)) for option in spec["options"]),
        rules=tuple(_rules(spec)),
        description=spec["description"],
    )


def short_prices(spec: Spec, owner: Owner, exchange: Exchange | None) -> tuple[PriceLine, ...]:
    """The prices that say most: without those of caches and of long contexts."""
    cards = [price for price in unit_prices(spec, owner, exchange) if price.above is None]
    plain = [price for price in cards if "cache" not in price.unit] or cards
    return tuple(_line(price, spec["margin"]) for price in plain[:FEW])


def _line(price: UnitPriceCard, margin: str) -> PriceLine:
    unit = per_unit(price.unit, price.per)
    if price.above:
        unit = _("%(price)s, context above %(size)s") % {"price": unit, "size": number(price.above)}
    return PriceLine(unit, parse_tokens(price.tokens), _origin(price, margin))


def _origin(price: UnitPriceCard, margin: str) -> str:
    if price.base_cost is None:
        return ""
    words = {"cost": number(price.base_cost), "currency": price.currency, "margin": number(margin)}
    return _("%(cost)s %(currency)s + %(margin)s %%") % words


def _option(card: OptionCard) -> str:
    """``Quality: standard ×1 (if not said), high ×1.5``."""
    values = []
    for value in card.values:
        name = value.value
        if card.kind == "bands":
            name = _band(value.value, value.below)
        factor = value.factor[0] + number(value.factor[1:])
        pattern = (
            _("%(value)s %(factor)s (if not said)") if value.value == card.default else "%(value)s %(factor)s"
        )
        values.append(pattern % {"value": name, "factor": factor})
    return f"{option_name(card.name)}: {', '.join(values)}"


def _band(first: str, below: str | None) -> str:
    if below is None:
        return _("from %(first)s") % {"first": number(first)}
    return _("%(first)s to below %(below)s") % {"first": number(first), "below": number(below)}


def _rules(spec: Spec) -> Iterator[str]:
    for kind, words in (
        ("minimum_charge", _("Costs at least %(tokens)s tokens")),
        ("minimum_balance", _("Needs a balance of %(tokens)s tokens to start")),
    ):
        if spec[kind] != "0":
            yield words % {"tokens": number(spec[kind])}
    for flag in ("counts_as_generation", "once_per_activity"):
        if spec[flag]:
            yield flag_name(flag)


@dataclass(frozen=True, slots=True)
class NextChange:
    """The version that comes next: when, and its prices."""

    at: datetime
    prices: tuple[PriceLine, ...]


def in_force(versions: list[RateVersion], at: datetime) -> tuple[RateVersion | None, RateVersion | None]:
    """Of a rate's versions, oldest first: the one in force and the next one."""
    begun = [version for version in versions if version.effective_from <= at]
    coming = versions[len(begun) :]
    return (begun[-1] if begun else None), (coming[0] if coming else None)
