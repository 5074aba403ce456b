"""Proving the books: every app contributes rules, and each rule finds what breaks it.

An app's module `proof` names its `TABLES`, which are counted, and its `RULES`. All of them are asked in
one snapshot, so that live data can be proved while others write. Most rules are one set-based query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from string import Formatter
from typing import Any, Protocol

from django.apps import apps
from django.db import connection, transaction

from apps.core import append_only, sql
from apps.core.units import format_tokens

SHOWN = 20
"""So many differences of each rule are reported: the first ones."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as a rule says: about what (an account, a wallet, a charge), and how."""

    rule: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was counted (rows by table), which rules were asked, and the first differences of each."""

    counts: dict[str, int]
    rules: tuple[str, ...]
    differences: tuple[Difference, ...]

    @property
    def holds(self) -> bool:
        return not self.differences


class Rule(Protocol):
    """Something that must be so."""

    @property
    def name(self) -> str: ...

    def find(self, limit: int) -> Iterable[Difference]:
        """The first differences, at most so many."""
        ...


@dataclass(frozen=True, slots=True)
class QueryRule:
    """A query whose rows are the differences.

    `subject` and `detail` are filled from a row by position, as in ``{0}``; ``{1:tokens}`` writes
    micro-tokens as tokens. A query that the two databases spell differently is a function.
    """

    name: str
    query: str | Callable[[], str]
    subject: str
    detail: str

    def find(self, limit: int) -> Iterator[Difference]:
        query = self.query if isinstance(self.query, str) else self.query()
        for row in over_whole_tables(f"SELECT * FROM ({query}) AS found LIMIT {limit}"):
            yield Difference(self.name, _words.vformat(self.subject, row, {}), self._detail(row))

    def _detail(self, row: Sequence[Any]) -> str:
        return _words.vformat(self.detail, row, {})


def over_whole_tables(query: str) -> list[tuple[Any, ...]]:
    """The rows of a query that reads whole tables: never row by row, whatever the planner believes.

    Where nothing has been analysed yet, PostgreSQL takes tables for empty and joins in nested loops,
    which then never end.
    """
    if not sql.is_postgresql():
        return sql.fetch(query)
    sql.execute("SET LOCAL enable_nestloop = off")
    rows = sql.fetch(query)
    sql.execute("SET LOCAL enable_nestloop = on")
    return rows


@dataclass(frozen=True, slots=True)
class TriggerRule:
    """The triggers that keep tables append-only stand."""

    name: str
    tables: tuple[str, ...]

    def find(self, limit: int) -> Iterator[Difference]:
        for trigger in append_only.missing(self.tables)[:limit]:
            yield Difference(self.name, f"trigger {trigger}", "is missing or disabled")


@dataclass(frozen=True, slots=True)
class SearchRule:
    """A rule that takes more than one query: a function that yields subject and detail."""

    name: str
    search: Callable[[], Iterator[tuple[str, str]]]

    def find(self, limit: int) -> Iterator[Difference]:
        for _, (subject, detail) in zip(range(limit), self.search(), strict=False):
            yield Difference(self.name, subject, detail)


class _Words(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "tokens":
            return "none" if value is None else format_tokens(int(value))
        text: str = super().format_field(value, format_spec)
        return text


_words = _Words()


def reference(name: str, *, table: str, column: str, to: str, key: str = "id", row: str = "id") -> QueryRule:
    """A rule that a column without a foreign key constraint refers to a row that exists."""
    query = (
        f"SELECT t.{row}, t.{column} FROM {table} t LEFT JOIN {to} o ON o.{key} = t.{column} "
        f"WHERE t.{column} IS NOT NULL AND o.{key} IS NULL"
    )
    return QueryRule(name, query, f"{table} {{0}}", f"{column} {{1}} does not exist")


def verify_ledger(*, limit: int = SHOWN) -> Report:
    """Ask every rule of every app in one snapshot of the database; writes nothing."""
    tables = [table for module in _contributions() for table in module.TABLES]
    rules = all_rules()
    with snapshot():
        counts = {table: int(sql.fetch(f"SELECT COUNT(*) FROM {table}")[0][0]) for table in tables}
        found = [difference for rule in rules for difference in rule.find(limit)]
    return Report(counts, tuple(rule.name for rule in rules), tuple(found))


def all_rules() -> list[Rule]:
    """The rules of every app."""
    return [rule for module in _contributions() for rule in module.RULES]


def _contributions() -> Iterator[Any]:
    """The `proof` modules of the apps, from the ground up."""
    for config in reversed(list(apps.get_app_configs())):
        name = f"{config.name}.proof"
        if config.name.startswith("apps.") and name != __name__ and find_spec(name):
            yield import_module(name)


@contextmanager
def snapshot() -> Iterator[None]:
    """See the database as it is at one instant, without holding up writers."""
    if connection.in_atomic_block:
        yield
    elif sql.is_postgresql():
        with transaction.atomic():
            sql.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    else:
        sql.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            sql.execute("ROLLBACK")
