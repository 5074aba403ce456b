"""Counting the queries of a stretch of code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

OF_TRANSACTIONS = ("SAVEPOINT", "RELEASE", "ROLLBACK")


@contextmanager
def counted_queries() -> Iterator[list[int]]:
    """How many queries run, but for those of transactions: the one number of the list."""
    count = [0]

    def note(execute: Callable[..., Any], statement: str, *rest: Any) -> Any:
        if not statement.startswith(OF_TRANSACTIONS):
            count[0] += 1
        return execute(statement, *rest)

    with connection.execute_wrapper(note):
        yield count
