"""What one use of an operation costs, as a page: its lines, how cost becomes tokens, and other models."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import groupby

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core import figures
from apps.core.units import MICRO, parse_plain
from apps.portal.calculator.use import AskedUse, preset_query, read_use
from apps.portal.rates import local_number, option_values, worth
from apps.pricing.comparing import Offer, compare_models
from apps.pricing.models import Preset, PriceBook
from apps.pricing.rate_card import RateCard
from apps.pricing.rating import Line, Price, Rate
from apps.pricing.selectors import Catalogue, open_catalogue, rate_card
from apps.pricing.unit_words import unit_name

LISTED = 40
"""So many models fit a list to choose from; of more, one is typed."""
SHOWN = 10


@dataclass(frozen=True, slots=True)
class UseLine:
    """A line of the breakdown: what, how it comes about, micro-tokens."""

    label: str
    why: str
    micro: int


@dataclass(frozen=True, slots=True)
class CostStep:
    """A step from the provider's cost to tokens."""

    label: str
    amount: str


@dataclass(frozen=True, slots=True)
class ModelOffer:
    """The same work by a model; `width` is the bar's length in percent."""

    model: str
    micro: int
    places: int
    worth: str
    width: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class UseResult:
    """A use worked out; `places` are the decimals that show every line exactly."""

    micro: int
    places: int
    worth: str
    lines: tuple[UseLine, ...]
    steps: tuple[CostStep, ...]
    minimum_balance: int
    offers: tuple[ModelOffer, ...]
    compared: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A value to choose, its text, and whether it is chosen."""

    value: str
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class OptionChoice:
    """An option's field with its label, its choices (empty for bands) and a hint."""

    name: str
    label: str
    choices: tuple[Choice, ...]
    field: object
    hint: str


@dataclass(frozen=True, slots=True)
class OperationPage:
    """The operation calculator; `result` is None while something cannot be read."""

    book: PriceBook
    books: tuple[PriceBook, ...]
    asked: AskedUse
    categories: tuple[tuple[str, tuple[Choice, ...]], ...]
    models: tuple[Choice, ...]
    typed_models: tuple[str, ...]
    quantities: tuple[tuple[str, object], ...]
    options: tuple[OptionChoice, ...]
    result: UseResult | None
    query: str
    presets: tuple[tuple[Preset, str], ...]

    @property
    def link(self) -> str:
        return f"{reverse('operation_calculator')}?{self.query}"

    @property
    def token_price(self) -> str:
        return figures.money(MICRO, self.book.token_price_minor, self.book.currency)


def load_operation_page(
    book: PriceBook,
    books: tuple[PriceBook, ...],
    query: dict[str, str],
    presets: tuple[Preset, ...],
    at: datetime,
) -> OperationPage | None:
    """Work out what is asked for by the rates of the instant; None for a book without operations."""
    card = rate_card(price_book=book.code, at=at)
    asked = read_use(query, card)
    if asked is None:
        return None
    names = [model.model or "" for model in asked.operation.models if model.chargeable]
    few = len(names) <= LISTED
    return OperationPage(
        book=book,
        books=books,
        asked=asked,
        categories=_categories(card, asked),
        models=tuple(Choice(name, name, name == asked.model_text) for name in names if name) if few else (),
        typed_models=() if few else tuple(name for name in names if "/" not in name),
        quantities=tuple((_unit(unit), field) for unit, field in asked.quantities),
        options=_options(asked),
        result=_result(asked, book, names, at) if asked.is_whole else None,
        query=asked.query(book.code),
        presets=tuple((preset, _preset_url(preset)) for preset in presets),
    )


def _categories(card: RateCard, asked: AskedUse) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    offered = [each for each in card.operations if any(model.chargeable for model in each.models)]
    return tuple(
        (
            name,
            tuple(Choice(each.code, each.name, each.code == asked.operation.code) for each in operations),
        )
        for name, operations in groupby(offered, key=lambda each: each.category_name)
    )


def _unit(unit: str) -> str:
    name = unit_name(unit)
    return name[:1].upper() + name[1:]


def _options(asked: AskedUse) -> tuple[OptionChoice, ...]:
    found = []
    for option in asked.options:
        label = option.card.name.replace("_", " ").capitalize()
        texts = list(option_values(option.card))
        if option.number:
            found.append(OptionChoice(option.name, label, (), option.number, ", ".join(texts)))
            continue
        pairs = zip(option.card.values, texts, strict=True)
        choices = tuple(Choice(each.value, text, each.value == option.value) for each, text in pairs)
        found.append(OptionChoice(option.name, label, choices, None, ""))
    return tuple(found)


def _result(asked: AskedUse, book: PriceBook, names: list[str], at: datetime) -> UseResult:
    catalogue = open_catalogue()
    code = asked.operation.code
    found = _compared(catalogue, asked, book, names, at)
    rate = catalogue.find_rate(price_book=book.code, operation=code, model=asked.model_text or None, at=at)
    price = rate.price(asked.amounts, rate.clean(asked.amounts, asked.chosen))
    return UseResult(
        micro=price.micro,
        places=figures.places_for([price.micro, *(line.micro for line in price.lines)]),
        worth=worth(price.micro, book.token_price_minor, book.currency),
        lines=tuple(_line(line) for line in price.lines),
        steps=_steps(price, rate, book),
        minimum_balance=rate.minimum_balance,
        offers=_offers(found, asked, book) if price.micro else (),
        compared=len(found),
    )


def _line(line: Line) -> UseLine:
    if line.unit is None or line.quantity is None:
        label = _("Minimum charge") if line.label == "Minimum charge" else line.label
        return UseLine(label[:1].upper() + label[1:].replace("_", " "), "", line.micro)
    micro = parse_plain(line.quantity)
    quantity = str(figures.figure(micro, 6)).rstrip("0") if micro % 10_000 else str(figures.figure(micro))
    if line.base_cost is None:
        return UseLine(
            _unit(line.unit), _("%(quantity)s at a fixed price") % {"quantity": quantity}, line.micro
        )
    text = _("%(quantity)s × %(cost)s, plus %(margin)s %%")
    why = text % {
        "quantity": quantity,
        "cost": local_number(line.base_cost),
        "margin": local_number(line.margin or "0"),
    }
    return UseLine(_unit(line.unit), why, line.micro)


def _steps(price: Price, rate: Rate, book: PriceBook) -> tuple[CostStep, ...]:
    """From the provider's cost over margin and exchange rate to the token price; nothing for token prices."""
    costs = [line for line in price.lines if line.base_cost is not None and line.quantity is not None]
    if not costs:
        return ()
    base = margin = Fraction(0)
    for line in costs:
        cost = Fraction(line.quantity or "0") * Fraction(line.base_cost or "0")
        base += cost
        margin += cost * Fraction(line.margin or "0") / 100
    percent = {local_number(line.margin or "0") for line in costs}
    shown = next(iter(percent)) if len(percent) == 1 else ""
    steps = [
        CostStep(_("Provider's cost"), _cost(base, rate.currency)),
        CostStep(
            _("Margin, %(percent)s %%") % {"percent": shown} if shown else _("Margin"),
            _cost(margin, rate.currency),
        ),
    ]
    if rate.exchange:
        steps.append(CostStep(_("Exchange rate"), rate.exchange))
    steps.append(
        CostStep(_("Price of one token"), figures.money(MICRO, book.token_price_minor, book.currency))
    )
    return tuple(steps)


def _cost(amount: Fraction, currency: str) -> str:
    micro = (2 * amount.numerator * MICRO + amount.denominator) // (2 * amount.denominator)
    return f"{figures.figure(micro, 6 if micro % (MICRO // 100) else 2)} {currency}"


def _compared(
    catalogue: Catalogue, asked: AskedUse, book: PriceBook, names: list[str], at: datetime
) -> list[Offer]:
    """The same work by the models there are; of very many, by those without a reseller's prefix."""
    own = {name for name in names if name and ("/" not in name or len(names) <= LISTED)}
    if len(own) < 2:
        return []
    return compare_models(
        catalogue,
        price_book=book.code,
        operation=asked.operation.code,
        models=own | {asked.model_text},
        quantities=asked.amounts,
        options=asked.chosen,
        at=at,
    )


def _offers(found: list[Offer], asked: AskedUse, book: PriceBook) -> tuple[ModelOffer, ...]:
    """The cheapest models, and the chosen one among them."""
    shown = found[:SHOWN]
    shown += [offer for offer in found[SHOWN:] if offer.model == asked.model_text]
    most = max((offer.micro for offer in shown), default=0)
    places = figures.column_places(offer.micro for offer in shown)
    url = reverse("operation_calculator")
    return tuple(
        ModelOffer(
            model=offer.model,
            micro=offer.micro,
            places=places,
            worth=worth(offer.micro, book.token_price_minor, book.currency),
            width=figures.percent(offer.micro, most),
            url=f"{url}?{asked.query(book.code, offer.model)}",
            current=offer.model == asked.model_text,
        )
        for offer in shown
    )


def _preset_url(preset: Preset) -> str:
    return f"{reverse('operation_calculator')}?{preset_query(preset)}"
