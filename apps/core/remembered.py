"""Statements that PostgreSQL remembers: bound by the server, read and planned once and not every time.

Django binds values itself and so sends a new text each time. For what a charge asks and writes, reading
and planning took three quarters of PostgreSQL's time.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.adapt import AdaptersMap
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import TextLoader

Statement = tuple[str, Sequence[Any]]
"""A text with %s and its values."""

_ADAPTERS = AdaptersMap(psycopg.adapters)
_ADAPTERS.register_dumper(int, Int8Dumper)  # one type for all whole numbers: else one statement would be many
_ADAPTERS.register_loader("jsonb", TextLoader)


class _Cursor(psycopg.Cursor[Any]):
    """A cursor whose values the server binds, and whose instants the driver's own code reads."""

    @property
    def adapters(self) -> AdaptersMap:
        return _ADAPTERS


class Remembered:
    """Statements that go out in one round trip. Like a cursor, so that Django counts it as one query."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.statements = statements
        self.cursors: list[_Cursor] = []
        self._query: Any = None

    def send(self) -> Sequence[psycopg.Cursor[Any]]:
        """A cursor for each statement, at its result."""
        django = connections[DEFAULT_DB_ALIAS]
        django.ensure_connection()
        self.given = django.connection
        counted = django.make_debug_cursor if django.queries_logged else django.make_cursor
        like_a_cursor: Any = self
        counted(like_a_cursor).execute("; ".join([text for text, _ in self.statements]))
        return self.cursors

    def execute(self, text: str) -> None:
        """What Django calls, with the text for its log, which it looks for in `_query`."""
        self._query = SimpleNamespace(query=text.encode())
        if len(self.statements) == 1:
            self.cursors.append(_Cursor(self.given).execute(*self.statements[0]))
            return
        with self.given.pipeline():
            self.cursors += [_Cursor(self.given).execute(*statement) for statement in self.statements]
