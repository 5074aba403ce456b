"""The clock at the edges: the database's own, so that all servers agree on deadlines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from django.db import connection

_stopped: ContextVar[datetime | None] = ContextVar("stopped", default=None)


def now() -> datetime:
    """The present instant (UTC) by the database's clock; views and commands pass it to services as `at`."""
    stopped = _stopped.get()
    if stopped is not None:
        return stopped
    if connection.vendor != "postgresql":
        return datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    instant: datetime = row[0]
    return instant.astimezone(UTC)


IN_A_QUERY = "clock_timestamp()"
"""What a query on PostgreSQL selects to bring the database's clock along, for `read`."""


def read(selected: object) -> datetime:
    """The present instant, from what a query selected beside its rows (None on SQLite)."""
    stopped = _stopped.get()
    if stopped is not None:
        return stopped
    return selected.astimezone(UTC) if isinstance(selected, datetime) else datetime.now(UTC)


@contextmanager
def stopped_at(at: datetime) -> Iterator[None]:
    """Let the clock stand at an instant: for tests and for building the demo's past."""
    token = _stopped.set(at)
    try:
        yield
    finally:
        _stopped.reset(token)
