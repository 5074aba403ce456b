"""Pages in German with every translated sentence in brackets, so that what nobody translated stands out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.db.models import CharField, JSONField, TextField
from django.utils import translation
from django.utils.translation import trans_real

OPEN, CLOSE = "⟦", "⟧"
SPOKEN = ("alt", "aria-label", "aria-description", "placeholder", "title")
SILENT = ("script", "style", "code", "pre", "svg")
WORD = re.compile(r"[^\W\d_]{2,}")
NUMBER = re.compile(r"\b(?:ch_|[A-Z]-)\w+|\S+\*{4,}")
"""Numbers that are read out, and what is hidden of a secret."""
BREAK = "\x1f"
EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@contextmanager
def translations_marked() -> Iterator[None]:
    """Inside, what the German file knows comes in brackets, and nothing else does."""
    _known("")  # the catalogue is read before the patches
    real: Any = trans_real
    with pytest.MonkeyPatch.context() as patch:
        for name, keys in _KEYS.items():
            patch.setattr(
                f"django.utils.translation._trans.{name}", _marked(getattr(real, name), keys), raising=False
            )
        yield


_KEYS: dict[str, Callable[..., tuple[str, ...]]] = {
    "gettext": lambda message: (message,),
    "pgettext": lambda context, message: (f"{context}\x04{message}",),
    "ngettext": lambda one, many, number: (one,),
    "npgettext": lambda context, one, many, number: (f"{context}\x04{one}",),
}


def _marked(real: Callable[..., str], keys: Callable[..., tuple[str, ...]]) -> Callable[..., str]:
    def marked(*said: Any) -> str:
        text = real(*said)
        known = translation.get_language() == "de" and all(map(_known, keys(*said)))
        bracketed = f"{OPEN}{text}{CLOSE}"
        return type(text)(bracketed) if known and text else text

    return marked


def _known(message: str) -> bool:
    catalogue: Any = trans_real.translation("de")
    for fallback in (catalogue, catalogue._fallback):
        if fallback is None:
            continue
        for key in (message, (message, 0), (message, 1)):
            try:
                fallback._catalog[key]
            except KeyError:
                continue
            return True
    return False


def unmarked(page: str, known_words: set[str]) -> list[str]:
    """The texts of a page with a word that is neither translated nor data."""
    reader = _Reader()
    reader.feed(page)
    pieces = [*_outside(BREAK.join(reader.texts)).split(BREAK), *map(_outside, reader.attributes)]
    shown = [re.sub(r"\s+", " ", NUMBER.sub("", piece)).strip() for piece in pieces]
    return [piece for piece in shown if set(WORD.findall(piece.lower())) - known_words]


def _outside(text: str) -> str:
    """What stands in no brackets; sentences may stand in sentences."""
    kept, depth = [], 0
    for letter in text:
        depth += (letter == OPEN) - (letter == CLOSE)
        if depth == 0 and letter != CLOSE:
            kept.append(letter)
    return "".join(kept)


class _Reader(HTMLParser):
    """Collects what people read or hear of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.attributes: list[str] = []
        self._within: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        silent = tag in SILENT or given.get("translate") == "no" or "avatar" in (given.get("class") or "")
        if not silent and not self._is_silent():
            self.attributes.extend(given[name] or "" for name in SPOKEN if name in given)
            if tag == "input" and given.get("type") in ("submit", "button"):
                self.attributes.append(given.get("value") or "")
        if tag not in EMPTY:
            self._within.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        while self._within:
            name, _ = self._within.pop()
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self._is_silent():
            self.texts.append(data)

    def _is_silent(self) -> bool:
        return any(silent for _, silent in self._within)


def words_of_the_data() -> set[str]:
    """Every word that is written in the database: names, labels, notes."""
    return {word for text in _texts() for word in WORD.findall(str(text).lower())}


def _texts() -> Iterator[object]:
    for model in apps.get_models():
        fields = [
            field.attname
            for field in model._meta.concrete_fields
            if isinstance(field, CharField | TextField | JSONField) and not field.choices
        ]
        if fields:
            for row in model._default_manager.values_list(*fields)[:5000]:
                yield from row
