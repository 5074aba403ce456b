"""The rate card, as the public page shows it."""

from __future__ import annotations

from typing import Any

from apps.api.calls import Answer, Call, operation
from apps.api.charging import shapes
from apps.api.charging.answers import TEXT_OR_NULL, instant
from apps.api.endpoint import Endpoint
from apps.api.schema import INSTANT, TEXT, TOKENS, component, nullable, record
from apps.api.shapes.base import Schema
from apps.core import errors
from apps.identity.scopes import CHARGES, READ
from apps.pricing.rate_card import ExampleCard, ModelCard, OperationCard, OptionCard, RateCard, UnitPriceCard
from apps.pricing.selectors import rate_card


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


PRICE = record(
    unit=TEXT,
    per={"type": "integer", "description": "so many units"},
    tokens=TOKENS,
    base_cost=TEXT_OR_NULL,
    currency=TEXT_OR_NULL,
    above={**TEXT_OR_NULL, "description": "size of context above which this price holds"},
)
OPTION = record(
    name=TEXT,
    kind={"type": "string", "enum": ["list", "bands"]},
    default=TEXT,
    values=_list(record(value=TEXT, below=TEXT_OR_NULL, factor=TEXT)),
)
MODEL = record(
    model=TEXT_OR_NULL,
    description=TEXT,
    chargeable={"type": "boolean"},
    margin=TEXT_OR_NULL,
    prices=_list(PRICE),
    options=_list(OPTION),
    minimum_charge=TEXT_OR_NULL,
    minimum_balance=TEXT_OR_NULL,
    counts_as_generation={"type": "boolean"},
    once_per_activity={"type": "boolean"},
    effective_from=INSTANT,
)
TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}
EXAMPLE = record(
    code=TEXT,
    name=TEXT,
    model=TEXT_OR_NULL,
    quantities=TEXTS,
    options=TEXTS,
    tokens=nullable(TOKENS),
)
OPERATION = record(
    code=TEXT,
    name=TEXT,
    category=TEXT,
    category_name=TEXT,
    description=TEXT,
    units=_list(TEXT),
    models=_list(MODEL),
    examples=_list(EXAMPLE),
)
CARD = component(
    "RateCard",
    record(
        price_book=TEXT,
        name=TEXT,
        currency=TEXT,
        token_price=TEXT,
        exchange_rates=_list(TEXT),
        operations=_list(OPERATION),
    ),
)


class Rates(Endpoint):
    @operation(
        summary="Get the rate card",
        description="Every operation of a price book with its prices, options and worked examples.",
        scopes=(READ, CHARGES),
        query=shapes.RATES,
        answers={200: CARD},
        problems=(errors.NotFound,),
    )
    def get(self, call: Call) -> Answer:
        """The rate card of a price book."""
        return Answer(200, _card(rate_card(price_book=call.query["price_book"], at=call.at)))


def _card(card: RateCard) -> dict[str, Any]:
    return {
        "price_book": card.price_book,
        "name": card.name,
        "currency": card.currency,
        "token_price": card.token_price,
        "exchange_rates": list(card.exchanges),
        "operations": [_operation(each) for each in card.operations],
    }


def _operation(card: OperationCard) -> dict[str, Any]:
    return {
        "code": card.code,
        "name": card.name,
        "category": card.category,
        "category_name": card.category_name,
        "description": card.description,
        "units": list(card.units),
        "models": [_model(each) for each in card.models],
        "examples": [_example(each) for each in card.examples],
    }


def _model(card: ModelCard) -> dict[str, Any]:
    return {
        "model": card.model,
        "description": card.description,
        "chargeable": card.chargeable,
        "margin": card.margin,
        "prices": [_price(each) for each in card.prices],
        "options": [_option(each) for each in card.options],
        "minimum_charge": card.minimum_charge,
        "minimum_balance": card.minimum_balance,
        "counts_as_generation": card.counts_as_generation,
        "once_per_activity": card.once_per_activity,
        "effective_from": instant(card.effective_from),
    }


def _price(card: UnitPriceCard) -> dict[str, Any]:
    return {
        "unit": card.unit,
        "per": card.per,
        "tokens": card.tokens,
        "base_cost": card.base_cost,
        "currency": card.currency,
        "above": card.above,
    }


def _option(card: OptionCard) -> dict[str, Any]:
    values = [{"value": each.value, "below": each.below, "factor": each.factor} for each in card.values]
    return {"name": card.name, "kind": card.kind, "default": card.default, "values": values}


def _example(card: ExampleCard) -> dict[str, Any]:
    return {
        "code": card.code,
        "name": card.name,
        "model": card.model,
        "quantities": dict(card.quantities),
        "options": dict(card.options),
        "tokens": card.tokens,
    }
