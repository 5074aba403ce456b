"""A price book as a readable file: what it says, checked, as plain values.

Money is in minor units, percent in millionths, amounts in micro-tokens; prices, margins and factors
stay exact decimal text. The catalogue's files document themselves: see `catalogue/campus.toml`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from apps.core.units import MICRO, parse_quantity
from apps.pricing.file_tables import PriceFileError, Source, Table
from apps.pricing.provider_prices import LIST_UNITS

CATALOGUE = Path(__file__).parent / "catalogue"
SHIPPED = ("campus", "school", "studio")
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


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


@dataclass(frozen=True, slots=True)
class DeclaredExchange:
    """From a date on one `base` buys `value` `quote`."""

    base: str
    quote: str
    value: str
    effective_on: date


@dataclass(frozen=True, slots=True)
class PriceBookFile:
    """All that a file says of one price book."""

    code: str
    effective_from: datetime
    money: dict[str, Any]
    tiers: tuple[tuple[int, int], ...]
    packages: tuple[tuple[str, int, int], ...]
    exchanges: tuple[DeclaredExchange, ...]
    categories: tuple[tuple[str, str], ...]
    operations: tuple[DeclaredOperation, ...]


def shipped_path(code: str) -> Path:
    """Where a shipped price book's file lies."""
    return CATALOGUE / f"{code}.toml"


def read_price_book(path: Path) -> PriceBookFile:
    """Read and check a file; PriceFileError names file, line and key."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PriceFileError(f"{path.name}: cannot be read: {error}") from error
    return parse_price_book(text, path.name)


def parse_price_book(text: str, name: str) -> PriceBookFile:
    """Check a file's text; PriceFileError names file, line and key."""
    source = Source(name, text)
    top = Table(source, "", source.content)
    code = _code(top, "code")
    categories = tuple((key, title) for key, title in _titles(top.table("categories")))
    currency = top.text("cost_currency", "USD")
    operations = top.table("operations")
    book = PriceBookFile(
        code=code,
        effective_from=top.instant("effective_from"),
        money=_money(top),
        tiers=_tiers(top),
        packages=_packages(top),
        exchanges=tuple(_exchange(table) for table in top.tables("exchange_rates")),
        categories=categories,
        operations=tuple(
            _operation(key, table, dict(categories), currency) for key, table in operations.named()
        ),
    )
    top.finish()
    return book


def _code(table: Table, key: str) -> str:
    code = table.text(key)
    if not _CODE.fullmatch(code):
        raise table.error(key, "must be lower-case letters, digits, - and _.")
    return code


def _titles(table: Table) -> list[tuple[str, str]]:
    return [(key, table.text(key)) for key in list(table.content)]


def _money(top: Table) -> dict[str, Any]:
    money: dict[str, Any] = {
        "name": top.text("name"),
        "currency": top.text("currency"),
        "token_price_minor": top.scaled("token_price", 100),
        "minimum_minor": top.scaled("minimum_purchase", 100),
        "maximum_minor": top.scaled("maximum_purchase", 100),
        "talk_above_minor": top.scaled("talk_to_us_above", 100) if top.has("talk_to_us_above") else None,
        "scheme": top.choice("scheme", ("discount", "bonus", "packages")),
        "refundable": top.flag("refundable"),
        "promotions": top.flag("promotions"),
    }
    if not re.fullmatch("[A-Z]{3}", str(money["currency"])):
        raise top.error("currency", "must be three capital letters.")
    if not money["token_price_minor"]:
        raise top.error("token_price", "must be above 0.")
    if not 0 < money["minimum_minor"] <= money["maximum_minor"]:
        raise top.error("minimum_purchase", "must be above 0 and at most maximum_purchase.")
    return money


def _tiers(top: Table) -> tuple[tuple[int, int], ...]:
    tiers: list[tuple[int, int]] = []
    for table in top.tables("tiers"):
        tier = table.scaled("from", 100), table.scaled("percent", MICRO)
        if not tier[0] or not tier[1]:
            raise table.error("", "from and percent must be above 0.")
        if tiers and (tier[0] <= tiers[-1][0] or tier[1] <= tiers[-1][1]):
            raise table.error("from", "tiers must rise strictly.")
        tiers.append(tier)
        table.finish()
    return tuple(tiers)


def _packages(top: Table) -> tuple[tuple[str, int, int], ...]:
    packages: list[tuple[str, int, int]] = []
    for table in top.tables("packages"):
        package = _code(table, "code"), table.scaled("tokens", MICRO), table.scaled("price", 100)
        if not package[1] or not package[2]:
            raise table.error("", "tokens and price must be above 0.")
        if package[0] in {known for known, _, _ in packages}:
            raise table.error("code", "is used twice.")
        packages.append(package)
        table.finish()
    return tuple(packages)


def _exchange(table: Table) -> DeclaredExchange:
    exchange = DeclaredExchange(
        table.text("base"), table.text("quote"), table.number("value"), table.day("effective_on")
    )
    if exchange.value == "0" or exchange.base == exchange.quote:
        raise table.error("value", "must be above 0, between two currencies.")
    table.finish()
    return exchange


def _operation(code: str, table: Table, categories: dict[str, str], currency: str) -> DeclaredOperation:
    if not _CODE.fullmatch(code):
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
        _code(table, "code"),
        table.text("name"),
        table.text("model", ""),
        quantities,
        {name: options.text(name) for name in list(options.content)},
    )
    table.finish()
    return example
