"""The same work by several models: what each asks for it at an instant, cheapest first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.core.errors import NoPrice, ValidationError
from apps.pricing.prices import Catalogue
from apps.pricing.rating import Rate


@dataclass(frozen=True, slots=True)
class Offer:
    """What a model asks for the work, in micro-tokens."""

    model: str
    micro: int


def compare_models(
    catalogue: Catalogue,
    *,
    price_book: str,
    operation: str,
    models: Collection[str],
    quantities: Mapping[str, int],
    options: Mapping[str, str],
    at: datetime,
) -> list[Offer]:
    """Price micro-units by each model that has a price, cheapest first; one query for those not yet known.

    An option, or a value of it, that a model does not know is left at the model's default.
    """
    catalogue.know([(price_book, operation, model) for model in models])
    offers = []
    for model in models:
        try:
            rate = catalogue.find_rate(price_book=price_book, operation=operation, model=model, at=at)
        except (NoPrice, ValidationError):
            continue
        offers.append(Offer(model, rate.price(quantities, _known(rate, options)).micro))
    return sorted(offers, key=lambda offer: (offer.micro, len(offer.model), offer.model))


def _known(rate: Rate, options: Mapping[str, str]) -> dict[str, str]:
    cleaned = {}
    for option in rate.options:
        try:
            cleaned[option.name] = option.clean(options.get(option.name, option.default))
        except ValueError:
            cleaned[option.name] = option.default
    return cleaned
