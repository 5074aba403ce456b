"""Shapes of numbers: amounts, quantities, percents, whole numbers. Nothing passes through a float."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from apps.api.shapes.base import Schema, refuse
from apps.core.units import MICRO, format_tokens, parse_quantity, parse_tokens

_PLAIN = r"[0-9]{1,12}(\.[0-9]{1,6})?"
ABOVE_ZERO = rf"^(?!0+(\.0+)?$){_PLAIN}$"
PLAIN = f"^{_PLAIN}$"
SIX = "at most 6 decimals"


def _number(most: int) -> Schema:
    return {"type": "number", "minimum": 0, "maximum": most, "multipleOf": 0.000001}


class Amount:
    """Tokens as a decimal string, read as micro-tokens; zero only where `zero` says so."""

    def __init__(self, *, zero: bool = False) -> None:
        self.zero = zero

    def read(self, value: Any) -> int:
        if not isinstance(value, str):
            refuse('Give an amount as a decimal string such as "12.5".')
        try:
            micro = parse_tokens(value)
        except ValueError as error:
            refuse(str(error))
        if micro == 0 and not self.zero:
            refuse("Give more than 0.")
        return micro

    def schema(self) -> Schema:
        return {"type": "string", "pattern": PLAIN if self.zero else ABOVE_ZERO, "examples": ["12.5"]}


class Quantity:
    """So many units: a JSON number or a plain decimal string, read as micro-units."""

    def read(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
            refuse("Give a number.")
        try:
            return parse_quantity(value)
        except ValueError as error:
            refuse(str(error))

    def schema(self) -> Schema:
        return {"anyOf": [_number(10**12), {"type": "string", "pattern": PLAIN}], "description": SIX}


class Percent:
    """A percentage from 0 to 100, number or decimal string, read as micro-percent."""

    def read(self, value: Any) -> int:
        micro = Quantity().read(value)
        if micro > 100 * MICRO:
            refuse("Give a number from 0 to 100.")
        return micro

    def schema(self) -> Schema:
        text = {"type": "string", "pattern": r"^(100(\.0{1,6})?|[0-9]{1,2}(\.[0-9]{1,6})?)$"}
        return {"anyOf": [_number(100), text], "description": SIX}


class Whole:
    """A whole number in a range."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most

    def read(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            refuse("Give a whole number.")
        if not self.least <= value <= self.most or value != int(value):
            refuse(f"Give a whole number from {self.least} to {self.most}.")
        return int(value)

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


class WholeInQuery(Whole):
    """A whole number written in an address."""

    def read(self, value: Any) -> int:
        if not (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 12):
            refuse(f"Give a whole number from {self.least} to {self.most}.")
        return super().read(int(value))


class Flag:
    """True or false."""

    def read(self, value: Any) -> bool:
        if not isinstance(value, bool):
            refuse("Give true or false.")
        return value

    def schema(self) -> Schema:
        return {"type": "boolean"}


class OptionValue:
    """The value of a priced option: a word, or a number, read as its plain decimal text."""

    def read(self, value: Any) -> str:
        if isinstance(value, str) and len(value) <= 200:
            return value
        if isinstance(value, str):
            refuse("Give at most 200 characters.")
        return format_tokens(Quantity().read(value))

    def schema(self) -> Schema:
        return {"anyOf": [{"type": "string", "maxLength": 200}, _number(10**12)]}
