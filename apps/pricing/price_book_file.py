"""A price book as a readable file: what it says, checked, as plain values.

Money is in minor units, percent in millionths, amounts in micro-tokens; prices, margins and factors
stay exact decimal text. The catalogue's files document themselves: see `catalogue/campus.toml`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from apps.core.units import MICRO
from apps.pricing.file_tables import PriceFileError, Source, Table
from apps.pricing.hosting_file import read_hosting
from apps.pricing.operation_file import DeclaredOperation, read_code, read_operation

CATALOGUE = Path(__file__).parent / "catalogue"
SHIPPED = ("campus", "school", "studio")


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
    hosting: dict[str, Any]
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
    code = read_code(top, "code")
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
        hosting=read_hosting(top),
        categories=categories,
        operations=tuple(
            read_operation(key, table, dict(categories), currency) for key, table in operations.named()
        ),
    )
    top.finish()
    return book


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
        package = read_code(table, "code"), table.scaled("tokens", MICRO), table.scaled("price", 100)
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
