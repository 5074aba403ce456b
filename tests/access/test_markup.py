"""What holds for every page: no inline code, a strict policy, forms with their token."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.test import Client

from tests.access.conftest import World
from tests.access.models import rows_of_models
from tests.access.table import Row, rows_of
from tests.access.visiting import Visit, visit

PAGES = (*rows_of("pages.txt"), *rows_of("staff.txt"), *rows_of_models())
SHOWN = [row for row in PAGES if row.method == "GET" and "200" in row.expected.values()]
SENT = [row for row in PAGES if row.method == "POST"]
REFUSED = {"login", "2fa", "again", "403", "404"}
HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

pytestmark = pytest.mark.django_db


class Markup(HTMLParser):
    """Collects what a strict policy would refuse, and forms that lack their token."""

    def __init__(self, nonce: str) -> None:
        super().__init__()
        self.nonce = nonce
        self.found: list[str] = []
        self.form: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        text = self.get_starttag_text() or tag
        if any(name == "style" or name.startswith("on") for name in given):
            self.found.append(text)
        if any(value.strip().lower().startswith("javascript:") for value in given.values()):
            self.found.append(text)
        if tag == "style" or (tag == "script" and "src" not in given and not _is_data(given)):
            self._check_nonce(text, given)
        self._look_at_form(tag, text, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self.form is not None:
            self.found.append(f"no token in {self.form}")
            self.form = None

    def _check_nonce(self, text: str, given: dict[str, str]) -> None:
        if not self.nonce or given.get("nonce") != self.nonce:
            self.found.append(text)

    def _look_at_form(self, tag: str, text: str, given: dict[str, str]) -> None:
        if tag == "form" and given.get("method", "get").lower() == "post":
            self.form = text
        elif tag == "input" and given.get("name") == "csrfmiddlewaretoken":
            self.form = None


def _is_data(given: dict[str, str]) -> bool:
    return given.get("type", "").startswith("application/")


@pytest.mark.parametrize("row", SHOWN, ids=str)
def test_a_page_keeps_a_strict_policy(world: World, row: Row) -> None:
    for seen in _seen(world, row):
        policy = seen.answer["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert {name: seen.answer[name] for name in HEADERS} == HEADERS
        if seen.answer["Content-Type"].startswith("text/html"):
            markup = Markup(nonce=_nonce(policy))
            markup.feed(seen.answer.content.decode())
            assert markup.found == []


@pytest.mark.parametrize("row", SENT, ids=str)
def test_nothing_is_sent_without_its_token(world: World, row: Row) -> None:
    who = next((who for who, status in row.expected.items() if status not in REFUSED), None)
    if who is None:
        return
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = world.who[who].cookies
    assert visit(strict, row.method, world.address(row)).status == "403"


def _seen(world: World, row: Row) -> list[Visit]:
    return [world.visit(row, who) for who, status in row.expected.items() if status == "200"]


def _nonce(policy: str) -> str:
    return policy.partition("'nonce-")[2].partition("'")[0]
