"""Reading a TOML price file strictly: every mistake names the file, the key and the line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from apps.pricing.exact import LARGEST, decimal_text

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"\s*([A-Za-z0-9_\"'.-]+)\s*=")


class PriceFileError(ValueError):
    """A price file that cannot be used; the text says where and why."""


class Source:
    """A price file's text, able to say on which line a key stands."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.lines = _key_lines(text)
        try:
            self.content: dict[str, Any] = tomllib.loads(text, parse_float=Decimal)
        except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
            raise PriceFileError(f"{name}: {error}") from error

    def error(self, path: str, message: str) -> PriceFileError:
        """The mistake at a key such as ``operations.image.options[0].default``."""
        known = path
        while known and known not in self.lines:
            known = known.rpartition(".")[0]
        return PriceFileError(f"{self.name}, line {self.lines.get(known, 1)}, {path}: {message}")


def _key_lines(text: str) -> dict[str, int]:
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    prefix = ""
    for number, line in enumerate(text.splitlines(), start=1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            prefix = name = header[2].replace('"', "").replace("'", "")
            if header[1] == "[[":
                counts[name] = counts.get(name, -1) + 1
                prefix = f"{name}[{counts[name]}]"
            lines[prefix] = number
        elif key:
            name = key[1].strip("\"'")
            lines.setdefault(f"{prefix}.{name}" if prefix else name, number)
    return lines


class Table:
    """One table of a price file; what is asked for is checked, what is never asked for is refused."""

    def __init__(self, source: Source, path: str, content: Any) -> None:
        self.source, self.path = source, path
        if not isinstance(content, Mapping):
            raise source.error(path, "must be a table.")
        self.content = dict(content)

    def error(self, key: str, message: str) -> PriceFileError:
        return self.source.error(self.at(key), message)

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path and key else self.path or key

    def has(self, key: str) -> bool:
        return key in self.content

    def text(self, key: str, default: str | None = None) -> str:
        value = self._take(key, default)
        if not isinstance(value, str):
            raise self.error(key, "must be text in quotes.")
        return value

    def choice(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        value = self.text(key, default)
        if value not in choices:
            raise self.error(key, f"must be one of: {', '.join(choices)}.")
        return value

    def flag(self, key: str) -> bool:
        value = self._take(key, False)
        if not isinstance(value, bool):
            raise self.error(key, "must be true or false.")
        return value

    def number(self, key: str, default: str | None = None) -> str:
        """A number from 0 to 10^12 as exact decimal text; beyond 18 decimals it is rounded half-even."""
        return self._number(key, self._take(key, default))

    def scaled(self, key: str, scale: int, default: str | None = None) -> int:
        """A number as whole multiples of 1 ÷ scale: minor units of money with 100, micro-tokens with 10^6."""
        exact = Decimal(self.number(key, default)) * scale
        if exact != exact.to_integral_value():
            raise self.error(key, f"has more than {len(str(scale)) - 1} decimals.")
        return int(exact)

    def instant(self, key: str) -> datetime:
        value = self._take(key, None)
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise self.error(key, "must be an instant with an offset, such as 2026-01-01T00:00:00Z.")
        return value.astimezone(UTC)

    def day(self, key: str) -> date:
        value = self._take(key, None)
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self.error(key, "must be a date, such as 2026-01-01.")
        return value

    def texts(self, key: str) -> list[str]:
        values = self._take(key, None)
        if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
            raise self.error(key, "must be a list of texts.")
        return list(values)

    def numbers(self, key: str) -> list[tuple[str, str]]:
        """Pairs of name and number, in the order of the file."""
        values = self._take(key, {})
        if not isinstance(values, Mapping):
            raise self.error(key, "must be a table of numbers.")
        return [(name, self._number(f"{key}.{name}", value)) for name, value in values.items()]

    def table(self, key: str) -> Table:
        return Table(self.source, self.at(key), self._take(key, {}))

    def named(self) -> list[tuple[str, Table]]:
        """Every key of this table as a table of its own."""
        return [(key, self.table(key)) for key in list(self.content)]

    def tables(self, key: str) -> list[Table]:
        values = self._take(key, [])
        if not isinstance(values, list):
            raise self.error(key, "must be a list of tables.")
        return [Table(self.source, f"{self.at(key)}[{index}]", value) for index, value in enumerate(values)]

    def finish(self) -> None:
        """Refuse keys that nothing has asked for: a misspelt price must not be lost."""
        for key in self.content:
            raise self.error(key, "unknown key.")

    def _take(self, key: str, default: Any) -> Any:
        if key not in self.content and default is None:
            raise self.error(key, "is missing.")
        return self.content.pop(key, default)

    def _number(self, key: str, value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
            raise self.error(key, "must be a number.")
        try:
            exact = Decimal(value)
        except ArithmeticError:
            raise self.error(key, "must be a number.") from None
        if not exact.is_finite() or not 0 <= exact <= LARGEST:
            raise self.error(key, "must be a number from 0 to 1000000000000.")
        return decimal_text(exact)
