"""Reading prices: the rate for a charge, the rate of a hold, the rate card, worked examples."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from typing import Any, cast

from django.db.models import Exists, OuterRef

from apps.core.errors import NoPrice, NotFound, ValidationError
from apps.core.units import parse_quantity
from apps.pricing.hosting import HostingRates
from apps.pricing.models import Category, Example, Operation, PriceBook, RateVersion
from apps.pricing.prices import REVISION, Catalogue, open_catalogue
from apps.pricing.rate_card import ExampleCard, ModelCard, OperationCard, RateCard, model_card
from apps.pricing.rating import Price, Rate
from apps.pricing.schemes import PackageOffer, Scheme, SchemeKind, VolumeStep

__all__ = [
    "REVISION",
    "Catalogue",
    "example_price",
    "find_hosting_rates",
    "find_rate",
    "find_scheme",
    "get_rate",
    "open_catalogue",
    "price_book_codes",
    "rate_card",
]


def price_book_codes() -> tuple[str, ...]:
    """The codes of all price books, in the order they are shown."""
    return tuple(PriceBook.objects.values_list("code", flat=True))


def find_scheme(*, price_book: str) -> Scheme:
    """How tokens of a price book are bought; NotFound for an unknown book."""
    book = PriceBook.objects.prefetch_related("tiers", "packages").filter(pk=price_book).first()
    if book is None:
        raise NotFound(f"There is no price book {price_book!r}.")
    return Scheme(
        price_book=book.code,
        currency=book.currency,
        token_price_minor=book.token_price_minor,
        minimum_minor=book.minimum_minor,
        maximum_minor=book.maximum_minor,
        kind=cast(SchemeKind, book.scheme),
        tiers=tuple(VolumeStep(tier.from_minor, tier.micro_percent) for tier in book.tiers.all()),
        packages=tuple(
            PackageOffer(row.code, row.tokens_micro, row.price_minor) for row in book.packages.all()
        ),
    )


def find_rate(
    *, price_book: str, operation: str, model: str | None, at: datetime, allow_before_first: bool = False
) -> Rate:
    """The rate in force at an instant, from one small query once it is known to this process.

    Batches call `open_catalogue` once and its `find_rate` for each item instead.
    Raises NotFound for an unknown operation, ValidationError (field ``model``) for an unknown,
    missing or superfluous model, NoPrice where nothing can be charged: the model has no price,
    or the instant is before the first version and `allow_before_first` is not set.
    """
    return open_catalogue().find_rate(
        price_book=price_book, operation=operation, model=model, at=at, allow_before_first=allow_before_first
    )


def find_hosting_rates(*, price_book: str, at: datetime) -> HostingRates:
    """What hosting and storage cost in a price book at an instant; NoPrice where there are no rates yet."""
    return open_catalogue().hosting_rates(price_book=price_book, at=at)


def get_rate(*, version_id: int, exchange_rate_id: int | None) -> Rate:
    """The rate a hold was made with, whatever holds now; NotFound if there is no such version."""
    return open_catalogue().get_rate(version_id=version_id, exchange_rate_id=exchange_rate_id)


def example_price(*, price_book: str, operation: str, code: str, at: datetime) -> Price | None:
    """What a named example costs at an instant; None where it, or its price, does not exist."""
    example = Example.objects.filter(
        operation__price_book=price_book, operation__code=operation, code=code
    ).first()
    if example is None:
        return None
    return _worked(example, open_catalogue(), price_book, operation, at)


def rate_card(*, price_book: str, at: datetime) -> RateCard:
    """Every operation of a price book as anyone may see it at an instant; NotFound for an unknown book.

    A card is built once per publication and kept until the next version or exchange rate begins.
    """
    catalogue = open_catalogue()
    known: tuple[datetime, datetime, RateCard] | None = catalogue.cards.get(price_book)
    if known and known[0] <= at < known[1]:
        return known[2]
    book = PriceBook.objects.filter(pk=price_book).first()
    if book is None:
        raise NotFound(f"There is no price book {price_book!r}.")
    card = _build_card(book, catalogue, at)
    catalogue.cards[price_book] = at, _next_change(book, catalogue, at), card
    return card


def _build_card(book: PriceBook, catalogue: Catalogue, at: datetime) -> RateCard:
    models = dict(_model_cards(book, catalogue, at))
    examples = _example_cards(book, catalogue, at)
    names = dict(Category.objects.values_list("code", "name"))
    rows = Operation.objects.filter(price_book=book).order_by("category__position", "position", "code")
    operations = tuple(
        OperationCard(
            code=row.code,
            name=row.name,
            category=row.category_id,
            category_name=names[row.category_id],
            description=row.description,
            units=tuple(row.declaration["units"]),
            has_models=row.has_models,
            models=models[row.pk],
            examples=examples.get(row.pk, ()),
        )
        for row in rows
        if row.pk in models
    )
    pairs = [pair for pair in catalogue.exchanges if pair[0] == book.currency]
    exchanges = tuple(
        str(catalogue.exchange_for(quote, base, at, allow_before_first=True)) for base, quote in pairs
    )
    return RateCard(
        book.code, book.name, book.currency, _money(book.token_price_minor), exchanges, operations
    )


def _model_cards(
    book: PriceBook, catalogue: Catalogue, at: datetime
) -> Iterator[tuple[int, tuple[ModelCard, ...]]]:
    """Per operation the cards of the versions in force, from one query."""
    later = RateVersion.objects.filter(
        rate=OuterRef("rate"), effective_from__lte=at, effective_from__gt=OuterRef("effective_from")
    )
    rows = (
        RateVersion.objects.filter(rate__operation__price_book=book, effective_from__lte=at)
        .exclude(Exists(later))
        .order_by("rate__operation_id", "rate__position", "rate__model")
        .values_list("rate__operation_id", "rate__operation__code", "rate__model", "spec", "effective_from")
    )
    for operation_id, group in groupby(rows, key=lambda row: row[0]):
        yield operation_id, tuple(_model_card(book, catalogue, at, *row[1:]) for row in group)


def _model_card(
    book: PriceBook,
    catalogue: Catalogue,
    at: datetime,
    code: str,
    model: str,
    spec: dict[str, Any],
    since: datetime,
) -> ModelCard:
    owner = catalogue.operations[book.code, code].owner(model or None)
    exchange = catalogue.exchange_for(spec["currency"], book.currency, at, allow_before_first=True)
    return model_card(spec, owner, exchange, since)


def _example_cards(book: PriceBook, catalogue: Catalogue, at: datetime) -> dict[int, tuple[ExampleCard, ...]]:
    rows = Example.objects.filter(operation__price_book=book).select_related("operation")
    catalogue.know([(book.code, row.operation.code, row.model) for row in rows])
    cards: dict[int, list[ExampleCard]] = {}
    for row in rows:
        price = _worked(row, catalogue, book.code, row.operation.code, at)
        quantities = tuple(sorted(row.quantities.items(), key=_declared(row.operation.declaration["units"])))
        options = tuple(row.options.items())
        card = ExampleCard(row.code, row.name, row.model or None, quantities, options, price)
        cards.setdefault(row.operation_id, []).append(card)
    return {operation_id: tuple(found) for operation_id, found in cards.items()}


def _declared(units: list[str]) -> Any:
    return lambda pair: units.index(pair[0]) if pair[0] in units else len(units)


def _worked(
    example: Example, catalogue: Catalogue, price_book: str, operation: str, at: datetime
) -> Price | None:
    try:
        rate = catalogue.find_rate(
            price_book=price_book, operation=operation, model=example.model or None, at=at
        )
        quantities = {unit: parse_quantity(text) for unit, text in example.quantities.items()}
        return rate.price(quantities, rate.clean(quantities, example.options))
    except (NoPrice, NotFound, ValidationError):
        return None


def _next_change(book: PriceBook, catalogue: Catalogue, at: datetime) -> datetime:
    """The next instant at which the card may differ: a coming version or exchange rate."""
    coming = RateVersion.objects.filter(rate__operation__price_book=book, effective_from__gt=at)
    first = coming.order_by("effective_from").values_list("effective_from", flat=True).first()
    days = [day for rows in catalogue.exchanges.values() for day, _ in rows]
    instants = [datetime.combine(day, time.min, UTC) for day in days]
    later = [instant for instant in (*instants, first) if instant and instant > at]
    return min(later, default=at + timedelta(days=36500))


def _money(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"
