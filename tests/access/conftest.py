"""The world of the access matrix, made once and undone at the end."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from apps.core.clock import stopped_at
from tests.access.models import one_of_each_model
from tests.access.table import Row
from tests.access.visiting import Visit, visit
from tests.access.world import build_world, programs, visitors
from tests.portal.world import NOW

Cell = tuple[str, str, str]


@dataclass(slots=True)
class World:
    """Who comes, what addresses name, and the visits that were made already."""

    who: dict[str, Client]
    things: dict[str, str]
    made: dict[Cell, Visit] = field(default_factory=dict)

    def visit(self, row: Row, who: str) -> Visit:
        """What somebody gets at the row's address; asked only once."""
        cell = (row.method, row.address, who)
        if cell not in self.made:
            self.made[cell] = visit(self.who[who], row.method, self.address(row))
        return self.made[cell]

    def address(self, row: Row) -> str:
        return row.address.format(**self.things)


@pytest.fixture(autouse=True, scope="package")
def no_logs() -> Iterator[None]:
    """Thousands of refusals, each with its traceback, would take longer than the visits."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@contextmanager
def opened_world() -> Iterator[World]:
    """Everybody on 21 November 2026, in one transaction that is never committed."""
    with stopped_at(NOW), transaction.atomic():
        things = build_world()
        who = visitors() | programs()
        yield World(who=who, things=things | one_of_each_model())
        transaction.set_rollback(True)


@pytest.fixture(scope="package")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock(), opened_world() as opened:
        yield opened
