"""The German wording as it is written and as it is compiled."""

from __future__ import annotations

import ast
import gettext
import re
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

FOLDER = Path(settings.BASE_DIR) / "locale" / "de" / "LC_MESSAGES"
KEYWORD = re.compile(r"^(msgctxt|msgid_plural|msgid|msgstr)(?:\[(\d)\])? (.+)$")


@dataclass(slots=True)
class Entry:
    """One sentence: context, English singular and plural, German in as many forms."""

    context: str = ""
    english: str = ""
    plural: str = ""
    german: dict[int, str] = field(default_factory=dict)
    fuzzy: bool = False


def written() -> list[Entry]:
    """The entries of the readable file, without its head."""
    blocks = (FOLDER / "django.po").read_text().split("\n\n")
    return [_entry(block) for block in blocks[1:] if "msgid" in block and not block.startswith("#~")]


def compiled() -> gettext.GNUTranslations:
    with (FOLDER / "django.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def _entry(block: str) -> Entry:
    entry, keyword, form = Entry(), "", 0
    for line in block.splitlines():
        if line.startswith("#"):
            entry.fuzzy |= line.startswith("#,") and "fuzzy" in line
            continue
        found = KEYWORD.match(line)
        if found:
            keyword, form = found[1], int(found[2] or 0)
        _add(entry, keyword, form, ast.literal_eval(found[3] if found else line))
    return entry


def _add(entry: Entry, keyword: str, form: int, text: str) -> None:
    if keyword == "msgstr":
        entry.german[form] = entry.german.get(form, "") + text
        return
    name = {"msgctxt": "context", "msgid": "english", "msgid_plural": "plural"}[keyword]
    setattr(entry, name, getattr(entry, name) + text)
