"""The public rate card as a page: operations by category, models to search through, worked examples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.utils import formats
from django.utils.translation import gettext as _

from apps.core import figures
from apps.core.errors import NoPrice
from apps.core.units import MICRO, parse_tokens
from apps.portal.calculator.use import example_url
from apps.pricing.coming import Coming, coming_prices
from apps.pricing.hosting import GIGABYTE, HostingRates
from apps.pricing.models import PriceBook
from apps.pricing.rate_card import ModelCard, OperationCard, OptionCard, RateCard, UnitPriceCard
from apps.pricing.selectors import open_catalogue, rate_card
from apps.pricing.unit_words import per_unit

FEW = 8
MANY = 20


@dataclass(frozen=True, slots=True)
class PriceLine:
    """What a unit costs: its name, micro-tokens, and where a provider is paid how that came about."""

    unit: str
    tokens: int
    origin: str

    @property
    def places(self) -> int:
        return figures.places_for([self.tokens])


@dataclass(frozen=True, slots=True)
class ModelRates:
    """One model of an operation, or the operation itself where it has none (`name` empty)."""

    name: str
    lines: tuple[PriceLine, ...]
    options: tuple[str, ...]
    minimum: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ExampleRate:
    """A typical use and its cost in micro-tokens."""

    name: str
    tokens: int
    worth: str
    operation: str
    url: str


@dataclass(frozen=True, slots=True)
class OperationRates:
    """One operation: the models found, how many there are, and examples."""

    name: str
    description: str
    models: tuple[ModelRates, ...]
    count: int
    examples: tuple[ExampleRate, ...]

    @property
    def shows_origin(self) -> bool:
        """Whether any price here comes from a provider's cost."""
        return any(line.origin for model in self.models for line in model.lines)

    @property
    def hidden(self) -> int:
        return self.count - len(self.models)


@dataclass(frozen=True, slots=True)
class RatesPage:
    """A price book's rate card; `books` are all of them as (code, name)."""

    book: str
    name: str
    token_price: str
    exchanges: tuple[str, ...]
    sections: tuple[tuple[str, tuple[OperationRates, ...]], ...]
    books: tuple[tuple[str, str], ...]
    wanted: str
    searchable: bool
    hosting: HostingRates | None
    coming: tuple[Coming, ...]

    @property
    def typical(self) -> list[ExampleRate]:
        """Every worked example of the book."""
        return [
            example for _name, operations in self.sections for each in operations for example in each.examples
        ]

    @property
    def free_gigabytes(self) -> dict[str, int]:
        """Micro-gigabytes that are free, by kind of payer."""
        free = self.hosting.free_bytes if self.hosting else {}
        return {payer: stored * MICRO // GIGABYTE for payer, stored in free.items()}


def load_rates_page(book: str, *, wanted: str, at: datetime) -> RatesPage:
    """The rate card with the models whose name holds `wanted`; NotFound for an unknown book."""
    card = rate_card(price_book=book, at=at)
    minor = _minor(card.token_price)
    catalogue = open_catalogue()
    try:
        hosting = catalogue.hosting_rates(price_book=book, at=at)
    except NoPrice:
        hosting = None
    by_category = groupby(card.operations, key=lambda operation: operation.category_name)
    return RatesPage(
        book=book,
        name=card.name,
        token_price=figures.money(MICRO, minor, card.currency),
        exchanges=card.exchanges,
        sections=tuple(
            (name, tuple(_operation(o, wanted, minor, card) for o in operations))
            for name, operations in by_category
        ),
        books=tuple(PriceBook.objects.values_list("code", "name")),
        wanted=wanted,
        searchable=any(len(operation.models) > FEW for operation in card.operations),
        hosting=hosting,
        coming=coming_prices(catalogue, card, at),
    )


def worth(micro: int, token_price_minor: int, currency: str) -> str:
    """What tokens are worth; less than a cent with all its decimals."""
    if micro * token_price_minor >= MICRO or not micro:
        return figures.money(micro, token_price_minor, currency)
    return f"{figures.figure(micro * token_price_minor // 100, 6)} {currency}"


def _minor(price: str) -> int:
    """The card's decimal text in minor units."""
    return parse_tokens(price) * 100 // MICRO


def _operation(card: OperationCard, wanted: str, minor: int, book: RateCard) -> OperationRates:
    offered = [model for model in card.models if model.chargeable]
    found = [model for model in offered if wanted.casefold() in (model.model or "").casefold()]
    if wanted:
        found.sort(key=lambda model: len(model.model or ""))  # a plain name before its resellers'
    else:
        used = {example.model for example in card.examples}
        found.sort(key=lambda model: (model.model not in used, "/" in (model.model or "")))
    shown = found[: MANY if wanted else FEW]
    examples = [
        ExampleRate(
            name=example.name,
            tokens=example.price.micro,
            worth=worth(example.price.micro, minor, book.currency),
            operation=card.name,
            url=example_url(example, book.price_book, card.code),
        )
        for example in card.examples
        if example.price is not None
    ]
    return OperationRates(
        card.name, card.description, tuple(map(_model, shown)), len(offered), tuple(examples)
    )


def _model(card: ModelCard) -> ModelRates:
    minimum = figures.figure(parse_tokens(card.minimum_charge)) if card.minimum_charge else ""
    return ModelRates(
        name=card.model or "",
        lines=tuple(_line(price, card.margin) for price in card.prices),
        options=tuple(map(_option, card.options)),
        minimum=str(minimum),
        since=card.effective_from,
    )


def _line(price: UnitPriceCard, margin: str | None) -> PriceLine:
    label = per_unit(price.unit, price.per)
    if price.above:
        above = figures.figure(int(price.above) * MICRO)
        label = _("%(unit)s, context above %(size)s") % {"unit": label, "size": above}
    return PriceLine(label, parse_tokens(price.tokens), _origin(price, margin))


def _origin(price: UnitPriceCard, margin: str | None) -> str:
    if price.base_cost is None:
        return ""
    cost = f"{local_number(price.base_cost)} {price.currency}"
    return f"{cost} + {local_number(margin)} %" if margin else cost


def local_number(number: str) -> str:
    """Plain decimal text with the reader's separator."""
    return number.replace(".", str(formats.get_format("DECIMAL_SEPARATOR")))


def _option(card: OptionCard) -> str:
    """``Resolution: 512x512 +0, 1024x1024 +5``."""
    values = ", ".join(option_values(card))
    return f"{card.name.replace('_', ' ').capitalize()}: {values}"


def option_values(card: OptionCard) -> Iterator[str]:
    for value in card.values:
        name = value.value
        if card.kind == "bands":
            name = _band(value.value, value.below)
        yield f"{name} {local_number(value.factor)}"


def _band(first: str, below: str | None) -> str:
    if below is None:
        return _("from %(first)s") % {"first": local_number(first)}
    return _("%(first)s to below %(below)s") % {"first": local_number(first), "below": local_number(below)}
