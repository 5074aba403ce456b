"""German is complete: every sentence has its German one, and the compiled file is the present one."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

from django.conf import settings
from django.test import Client

from apps.organisations.models import Organisation
from tests.portal.world import person

FOLDER = Path(settings.BASE_DIR) / "locale" / "de" / "LC_MESSAGES"
IN_TEMPLATES = re.compile(r"""\{% translate (?:"([^"]+)"|'([^']+)')""")


def _sentences() -> set[str]:
    files = (Path(settings.BASE_DIR) / "templates").rglob("*.html")
    return {first or second for path in files for first, second in IN_TEMPLATES.findall(path.read_text())}


def _compiled() -> gettext.GNUTranslations:
    with (FOLDER / "django.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def test_every_sentence_of_a_template_has_a_german_one() -> None:
    known = re.findall(r'^msgid "(.+)"$', (FOLDER / "django.po").read_text(), re.MULTILINE)
    assert _sentences() - set(known) == set()


def test_nothing_is_left_to_translate() -> None:
    entries = (FOLDER / "django.po").read_text().split("\n\n")[1:]
    assert [entry for entry in entries if re.search(r'^msgstr(\[\d\])? ""$', entry, re.MULTILINE)] == []


def test_the_compiled_file_says_what_the_readable_one_says() -> None:
    compiled = _compiled()
    pairs = re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', (FOLDER / "django.po").read_text(), re.MULTILINE)
    assert len(pairs) > 100
    assert [(ours, theirs) for ours, theirs in pairs if compiled.gettext(ours) != theirs] == []


def test_german_readers_are_spoken_to_in_german(client: Client, campus: Organisation) -> None:
    client.force_login(person("jonas"))
    text = client.get("/wallet/", headers={"Accept-Language": "de"}).content.decode()
    assert '<html lang="de">' in text
    assert "Bisher im November" in text
    assert "500 neue in 10 Tagen (1. Dez, 00:00 Europe/Brussels)" in text
    assert "tokens available" not in text
