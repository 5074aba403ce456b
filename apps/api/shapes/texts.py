"""Shapes of texts: ids, names, choices, instants, time zones."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import validate_email
from django.db import DatabaseError

from apps.api.shapes.base import Schema, refuse
from apps.core.ids import PLATFORM_ID, is_platform_id
from apps.core.periods import is_zone


class Text:
    """Any text of so many characters; NUL and lone surrogates are refused, no database could store them."""

    def __init__(self, longest: int, *, shortest: int = 1, pattern: str = "", hint: str = "") -> None:
        self.longest, self.shortest, self.pattern, self.hint = longest, shortest, pattern, hint
        self._matches = re.compile(pattern).search if pattern else None

    def read(self, value: Any) -> str:
        text = read_text(value)
        if not self.shortest <= len(text) <= self.longest:
            refuse(f"Give {self.shortest} to {self.longest} characters.")
        if self._matches and not self._matches(text):
            refuse(self.hint)
        return text

    def schema(self) -> Schema:
        return {
            "type": "string",
            "minLength": self.shortest,
            "maxLength": self.longest,
            "pattern": self.pattern or r"^[^\u0000]*$",
        }


def read_text(value: Any) -> str:
    """The value if it is a text that can be stored."""
    if not isinstance(value, str):
        refuse("Give a text.")
    if not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
        refuse("The text has half a character (a lone surrogate).")
    if "\x00" in value:
        refuse("The text has a NUL character.")
    return value


class PlatformId:
    """The platform's own id of a user, organisation, resource or cost centre."""

    def read(self, value: Any) -> str:
        if not isinstance(value, str):
            refuse("Give an id as text.")
        if not is_platform_id(value):
            refuse("Give 1 to 128 ASCII letters, digits or . _ : @ - .")
        return value

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{PLATFORM_ID}$", "minLength": 1, "maxLength": 128}


class VisibleAscii:
    """A key or event id: 1 to 255 visible ASCII characters."""

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(r"[\x21-\x7e]{1,255}", value):
            refuse("Give 1 to 255 visible ASCII characters.")
        return value

    def schema(self) -> Schema:
        return {"type": "string", "pattern": r"^[!-~]{1,255}$", "minLength": 1, "maxLength": 255}


class Choice:
    """One of a few words."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.words:
            refuse(f"Choose one of: {', '.join(self.words)}.")
        return value

    def schema(self) -> Schema:
        return {"type": "string", "enum": list(self.words)}


class Email:
    """An e-mail address."""

    def read(self, value: Any) -> str:
        text = read_text(value)
        try:
            validate_email(text)
        except DjangoValidationError:
            refuse("Give an e-mail address.")
        if len(text) > 254:
            refuse("Give at most 254 characters.")
        return text

    def schema(self) -> Schema:
        return {"type": "string", "format": "email", "maxLength": 254}


class KnownCode(Text):
    """The code of a row that staff may add to; the description names those that there are now."""

    def __init__(self, known: Callable[[], Sequence[str]]) -> None:
        super().__init__(
            60, pattern=r"^[A-Za-z0-9._-]+\Z", hint="Give a code of letters, digits, dots, dashes."
        )
        self.known = known

    def schema(self) -> Schema:
        try:
            codes = list(self.known())
        except DatabaseError:  # before the first migration there is no table to ask
            codes = []
        return {"type": "string", "enum": codes} if codes else {"type": "string", "pattern": self.pattern}


class TimeZone:
    """The name of a zone in the IANA database."""

    def read(self, value: Any) -> str:
        text = read_text(value)
        if not is_zone(text):
            refuse("Give a time zone's name such as Europe/Berlin.")
        return text

    def schema(self) -> Schema:
        names = sorted(name for name in available_timezones() if is_zone(name))
        return {"type": "string", "enum": names, "description": "IANA name", "examples": ["Europe/Berlin"]}


_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,12})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_LOST_PLUS = re.compile(r" (?=\d\d:\d\d$)")


class Instant:
    """An instant by RFC 3339, with its offset; read as UTC."""

    def read(self, value: Any) -> datetime:
        if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
            refuse("Give an instant such as 2026-03-01T09:00:00Z.")
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            refuse("There is no such instant.")

    def schema(self) -> Schema:
        return {"type": "string", "format": "date-time", "examples": ["2026-03-01T09:00:00Z"]}


class InstantInQuery(Instant):
    """An instant in an address, where a `+` that was not escaped arrives as a space."""

    def read(self, value: Any) -> datetime:
        return super().read(_LOST_PLUS.sub("+", value) if isinstance(value, str) else value)
