"""The operations of a price book's file: units, prices, options, flags and examples, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from apps.core.units import parse_quantity
from apps.pricing.file_tables import Table
from apps.pricing.provider_prices import LIST_UNITS

CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class DeclaredExample:
    """A typical use: `quantities` and `options` as in the API, decimal text and text."""

    code: str
    name: str
    model: str
    quantities: dict[str, str]
    options: dict[str, str]


@dataclass(frozen=True, slots=True)
class DeclaredOperation:
    """An operation of the file; `declaration` is what its versions are made from (see `specs`)."""

    code: str
    name: str
    category: str
    description: str
    has_models: bool
    declaration: dict[str, Any]
    examples: tuple[DeclaredExample, ...]


def read_code(table: Table, key: str) -> str:
    """A code of the API or of an address: lower-case letters, digits, - and _."""
    code = table.text(key)
    if not CODE.fullmatch(code):
        raise table.error(key, "must be lower-case letters, digits, - and _.")
    return code


def read_operation(code: str, table: Table, categories: dict[str, str], currency: str) -> DeclaredOperation:
    """Check one operation's table; PriceFileError names file, line and key."""
    if not CODE.fullmatch(code):
        raise table.error("", "an operation's code is lower-case letters, digits, - and _.")
    category = table.choice("category", tuple(categories))
    declaration = _declaration(table, currency)
    operation = DeclaredOperation(
        code=code,
        name=table.text("name"),
        category=category,
        description=declaration["description"],
        has_models=bool(declaration["provider_list"] or declaration["models"]),
        declaration=declaration,
        examples=tuple(_example(example, declaration) for example in table.tables("examples")),
    )
    table.finish()
    return operation


def _declaration(table: Table, currency: str) -> dict[str, Any]:
    provider_list = table.choice("provider_list", ("", *LIST_UNITS), "")
    units = list(LIST_UNITS[provider_list]) if provider_list else table.texts("units")
    models = [_model(name, model, units) for name, model in table.table("models").named()]
    names = [model["model"] for model in models]
    declaration = {
        "units": units,
        "provider_list": provider_list,
        "follows": table.text("follows", ""),
        "currency": currency,
        "margin": table.number("margin", "0"),
        "prices": _prices(table, units),
        "models": models,
        "options": [_option(option, names) for option in table.tables("options")],
        "minimum_charge": _tokens(table, "minimum_charge"),
        "minimum_balance": _tokens(table, "minimum_balance"),
        "counts_as_generation": table.flag("counts_as_generation"),
        "once_per_activity": table.flag("once_per_activity"),
        "description": table.text("description"),
    }
    _check_every_unit_is_priced(table, declaration)
    return declaration


def _check_every_unit_is_priced(table: Table, declaration: dict[str, Any]) -> None:
    if (declaration["provider_list"] or declaration["follows"]) and declaration["currency"] != "USD":
        raise table.error("", "provider prices are in USD; cost_currency must be USD.")
    if declaration["provider_list"]:
        return
    followed = set(LIST_UNITS["chat"]) if declaration["follows"] else set()
    for prices in [model["prices"] for model in declaration["models"]] or [[]]:
        priced = followed | {price["unit"] for price in (*declaration["prices"], *prices)}
        for unit in declaration["units"]:
            if unit not in priced:
                raise table.error("units", f"{unit} has no price.")


def _tokens(table: Table, key: str) -> str:
    number = table.number(key, "0")
    if len(number.partition(".")[2]) > 6:
        raise table.error(key, "has more than 6 decimals.")
    return number


def _prices(table: Table, units: list[str]) -> list[dict[str, str]]:
    prices = [
        {"unit": unit, kind: number}
        for kind in ("base_cost", "tokens")
        for unit, number in table.numbers(kind)
    ]
    for price in prices:
        if price["unit"] not in units:
            raise table.error("", f"{price['unit']} is none of the units {', '.join(units)}.")
    if len({price["unit"] for price in prices}) < len(prices):
        raise table.error("tokens", "a unit has either a base cost or a price in tokens.")
    return prices


def _model(name: str, table: Table, units: list[str]) -> dict[str, Any]:
    model = {"model": name, "description": table.text("description", ""), "prices": _prices(table, units)}
    table.finish()
    return model


def _option(table: Table, models: list[str]) -> dict[str, Any]:
    bands = table.has("bands")
    values = table.numbers("bands" if bands else "values")
    if not values:
        raise table.error("values", "an option needs values or bands.")
    option = {
        "name": table.text("name"),
        "effect": table.choice("effect", ("multiply", "add")),
        "kind": "bands" if bands else "list",
        "default": table.text("default", values[0][0]),
        "values": [list(pair) for pair in values],
        "models": table.texts("models") if table.has("models") else [],
    }
    if bands:
        _check_bands(table, [value for value, _ in values], str(option["default"]))
    elif option["default"] not in dict(values):
        raise table.error("default", "must be one of the values.")
    for model in option["models"]:
        if model not in models:
            raise table.error("models", f"{model} is no model of this operation.")
    table.finish()
    return option


def _check_bands(table: Table, bounds: list[str], default: str) -> None:
    try:
        micro = [parse_quantity(bound) for bound in bounds]
        first = parse_quantity(default)
    except ValueError as error:
        raise table.error("bands", f"a lower bound is no number: {error}") from None
    if any(lower >= upper for lower, upper in pairwise(micro)):
        raise table.error("bands", "lower bounds must rise strictly.")
    if first < micro[0]:
        raise table.error("default", "lies below the first band.")


def _example(table: Table, declaration: dict[str, Any]) -> DeclaredExample:
    quantities = dict(table.numbers("quantities"))
    for unit, number in quantities.items():
        if unit not in declaration["units"] or len(number.partition(".")[2]) > 6:
            raise table.error("quantities", f"{unit} must be a unit of the operation, of at most 6 decimals.")
    options = table.table("options")
    example = DeclaredExample(
        read_code(table, "code"),
        table.text("name"),
        table.text("model", ""),
        quantities,
        {name: options.text(name) for name in list(options.content)},
    )
    table.finish()
    return example
