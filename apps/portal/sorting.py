"""Columns that a table can be sorted by: where their headings lead, and how it is sorted now. Pure.

An order is a column's name, with a minus in front where the greatest comes first. A page names its columns
by the order in which each is sorted when it is first chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Heading:
    """A column one can sort by: where its name leads, and how it is sorted now (for `aria-sort`)."""

    url: str
    sorted: str
    label: str = ""


def order_of(query: Mapping[str, str], columns: Iterable[str]) -> str:
    """The order that a query asks for; the usual one, which is empty, where it makes no sense."""
    asked = query.get("sort", "")
    return asked if any(asked in (first, _turned(first)) for first in columns) else ""


def field_of(order: str, fields: Mapping[str, str]) -> str:
    """The order as a query set takes it, from the field behind each column."""
    return ("-" if order.startswith("-") else "") + fields[order.removeprefix("-")]


def headings(columns: Mapping[str, str], order: str) -> dict[str, Heading]:
    """By column, from the order each is first sorted in and its label."""
    return {first.lstrip("-"): _heading(first, label, order) for first, label in columns.items()}


def _heading(first: str, label: str, order: str) -> Heading:
    wanted = _turned(first) if order == first else first
    direction = "descending" if order.startswith("-") else "ascending"
    return Heading(f"?sort={wanted}", direction if order in (first, _turned(first)) else "", label)


def _turned(order: str) -> str:
    return order.removeprefix("-") if order.startswith("-") else f"-{order}"


def in_order(rows: Iterable[Row], order: str, value: Callable[[Row, str], Any]) -> list[Row]:
    """Rows by the value of the order's column; those without one come last, equal ones stay as they are."""
    column = order.removeprefix("-")
    listed = list(rows)
    known = [row for row in listed if value(row, column) is not None]
    known.sort(key=lambda row: value(row, column), reverse=order.startswith("-"))
    return [*known, *(row for row in listed if value(row, column) is None)]
