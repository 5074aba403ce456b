"""Prices that are published and still to come: what begins when, and what typical work will cost then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from apps.core.errors import NoPrice, NotFound, ValidationError
from apps.core.units import parse_quantity
from apps.pricing.models import RateVersion
from apps.pricing.prices import Catalogue
from apps.pricing.rate_card import ExampleCard, OperationCard, RateCard


@dataclass(frozen=True, slots=True)
class ComingExample:
    """A typical use in micro-tokens, now and then."""

    name: str
    now: int
    then: int


@dataclass(frozen=True, slots=True)
class Coming:
    """New prices of an operation from an instant on, for so many of its models (1 where it has none)."""

    operation: str
    effective_from: datetime
    models: int
    examples: tuple[ComingExample, ...]


def coming_prices(catalogue: Catalogue, card: RateCard, at: datetime) -> tuple[Coming, ...]:
    """The versions that begin after an instant, the next first."""
    names = {operation.code: operation for operation in card.operations}
    rows = (
        RateVersion.objects.filter(rate__operation__price_book=card.price_book, effective_from__gt=at)
        .values("rate__operation__code", "effective_from")
        .annotate(models=Count("rate"), first=Min("rate__operation__position"))
        .order_by("effective_from", "first")
    )
    return tuple(
        Coming(
            operation=names[row["rate__operation__code"]].name,
            effective_from=row["effective_from"],
            models=row["models"],
            examples=tuple(
                _examples(catalogue, card, names[row["rate__operation__code"]], row["effective_from"])
            ),
        )
        for row in rows
        if row["rate__operation__code"] in names
    )


def _examples(
    catalogue: Catalogue, card: RateCard, operation: OperationCard, start: datetime
) -> Iterator[ComingExample]:
    """The typical uses whose cost will be another one from an instant on."""
    for example in operation.examples:
        then = _price_at(catalogue, card.price_book, operation.code, example, start)
        if example.price is not None and then is not None and then != example.price.micro:
            yield ComingExample(example.name, example.price.micro, then)


def _price_at(
    catalogue: Catalogue, price_book: str, operation: str, example: ExampleCard, at: datetime
) -> int | None:
    try:
        rate = catalogue.find_rate(price_book=price_book, operation=operation, model=example.model, at=at)
        quantities = {unit: parse_quantity(text) for unit, text in example.quantities}
        return rate.price(quantities, rate.clean(quantities, dict(example.options))).micro
    except (NoPrice, NotFound, ValidationError):
        return None
