"""Every address, everybody, every answer: the tables `pages.txt`, `staff.txt`, `models.txt` and `api.txt`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from tests.access.conftest import World
from tests.access.models import rows_of_models
from tests.access.table import Row, rows_of

ROWS = (*rows_of("pages.txt"), *rows_of("staff.txt"), *rows_of_models(), *rows_of("api.txt"))
MOST_QUERIES = 15

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_everybody_gets_what_the_table_says(world: World, row: Row) -> None:
    found = {who: world.visit(row, who).status for who in row.expected}
    assert found == row.expected, row.place


@pytest.mark.parametrize("row", [row for row in ROWS if row.method == "GET"], ids=str)
def test_no_page_needs_more_than_fifteen_queries(world: World, row: Row) -> None:
    found = {who: world.visit(row, who).queries for who in row.expected}
    assert max(found.values()) <= MOST_QUERIES, found


def test_every_address_has_a_row(world: World) -> None:
    tried = {resolve(world.address(row).partition("?")[0]).route.replace("^", "") for row in ROWS}
    assert {route.replace("^", "") for route in _routes(get_resolver())} - tried == set()


def test_no_row_is_there_twice() -> None:
    names = [str(row) for row in ROWS]
    assert [name for name in names if names.count(name) > 1] == []


def _routes(at: URLResolver, before: str = "") -> Iterator[str]:
    for pattern in at.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from _routes(pattern, route)
