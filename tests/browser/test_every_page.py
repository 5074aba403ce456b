"""Every page that anybody is shown, in a real browser: in both themes and at every width, without a finding.

The pages are those of the access matrix, so that none is forgotten. They are answered by the test client and
handed to the browser with their own headers, so that their policy counts.
"""

from __future__ import annotations

import gzip
import logging
import mimetypes
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles import finders
from playwright.sync_api import Page, Route
from pytest_django import DjangoDbBlocker

from tests.access.conftest import World, opened_world
from tests.access.table import Row
from tests.access.test_markup import SHOWN

HOST = "https://scrip.test"
AXE = Axe().axe_script
LOOKS = (("light", 390), ("dark", 820), ("light", 1440), ("dark", 1440))
"""Themes and widths: each theme wide and narrower, each width once at least."""
NARROWEST = 320
HEAVIEST = 60 * 1024
"""Bytes of a page's style sheets and scripts together, compressed."""
LINKED = re.compile(r'(?:<link rel="stylesheet" href|<script[^>]* src)="(/static/[^"?]+)')
SMALL_TARGETS = """() => [...document.querySelectorAll("button, summary, input, select, textarea, nav a")]
    .filter(seen => seen.checkVisibility({visibilityProperty: true, opacityProperty: true}))
    .filter(seen => !seen.closest(".visually-hidden, .skip") && seen.type !== "hidden")
    .map(seen => [seen, (seen.closest("label") || seen).getBoundingClientRect()])
    .filter(([seen, box]) => box.width && box.height && (box.width < 24 || box.height < 24))
    .map(([seen]) => seen.outerHTML.slice(0, 120))"""
HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
    .filter(heading => heading.checkVisibility()).map(heading => Number(heading.tagName[1]))"""

pytestmark = pytest.mark.django_db

PAGES = [row for row in SHOWN if not row.address.startswith("/api/")]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The world of the access matrix, for as long as its pages are looked at."""
    logging.disable()
    with django_db_blocker.unblock(), opened_world() as opened:
        yield opened
    logging.disable(logging.NOTSET)


def _show(page: Page, world: World, row: Row) -> str | None:
    """Let the browser have the row's page; answers its markup, None where it is no page (a file)."""
    who = [name for name, status in row.expected.items() if status == "200"][-1]
    answer = world.visit(row, who).answer
    if not answer["Content-Type"].startswith("text/html"):
        return None
    address = HOST + world.address(row)

    def serve(route: Route) -> None:
        wanted = urlsplit(route.request.url)
        if route.request.url == address:
            route.fulfill(status=200, headers=dict(answer.items()), body=answer.content)
        elif wanted.path.startswith("/static/"):
            kind = mimetypes.guess_type(wanted.path)[0] or "application/octet-stream"
            route.fulfill(status=200, content_type=kind, body=_static(wanted.path))
        else:
            route.fulfill(status=404)

    page.route("**/*", serve)
    page.goto(address, wait_until="load")
    return str(answer.content.decode())


@cache
def _static(path: str) -> bytes:
    found = finders.find(path.removeprefix("/static/"))
    assert isinstance(found, str), path
    return Path(found).read_bytes()


def _findings(page: Page) -> list[str]:
    """What axe, which is in the page already, finds: rule and places."""
    found: Any = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {[node['html'][:160] for node in rule['nodes'][:3]]}" for rule in found["violations"]
    ]


def _findings_everywhere(page: Page) -> dict[str, list[str]]:
    """By theme and width, where there are any."""
    page.evaluate(AXE)
    found = {}
    for theme, width in LOOKS:
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        found[f"{theme} at {width}"] = _findings(page)
    return {where: what for where, what in found.items() if what}


@pytest.mark.every_page
@pytest.mark.parametrize("row", PAGES, ids=str)
def test_a_page_has_no_finding_in_any_theme_at_any_width(world: World, page: Page, row: Row) -> None:
    markup = _show(page, world, row)
    if markup is None:
        return
    assert _findings_everywhere(page) == {}
    page.set_viewport_size({"width": NARROWEST, "height": 700})
    assert page.evaluate("document.scrollingElement.scrollWidth") <= NARROWEST
    assert page.evaluate(SMALL_TARGETS) == []
    levels = page.evaluate(HEADINGS)
    assert levels.count(1) == 1, levels
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    files = sorted(set(LINKED.findall(markup)))
    weight = sum(len(gzip.compress(_static(file))) for file in files)
    assert weight < HEAVIEST, (weight, files)
