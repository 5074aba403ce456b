"""Set-based reads and writes on SQLite and PostgreSQL: rows per statement, not statements per row.

Whatever the two databases do differently (COPY, arrays, how instants are stored, what a round trip
costs) stays here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import psycopg
from django.db import connection
from psycopg import pq

from apps.core.remembered import Remembered, Statement

Row = Sequence[Any]
_INSTANTS = psycopg.adapters.get_loader(psycopg.adapters.types["timestamptz"].oid, pq.Format.TEXT)
COPY_FROM = 40
"""From so many rows on, COPY beats a many-row INSERT."""


Check = Callable[[int], None]
"""Told how many rows a statement touched; raises if that is wrong."""
Taker = Callable[[psycopg.Cursor[Any]], None]
"""Given the cursor at the result of a statement."""


@dataclass(slots=True)
class _Gathered:
    """Statements that wait to be sent together."""

    statements: list[Statement] = field(default_factory=list)
    takers: list[Taker | None] = field(default_factory=list)
    sending: bool = False

    def add(self, statement: str, parameters: Sequence[Any], taker: Taker | None) -> None:
        self.statements.append((statement, parameters))
        self.takers.append(taker)

    def send(self) -> None:
        """Send what waits in one round trip and hand out the results."""
        if self.statements:
            self._execute()

    def fetch(self, statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Send what waits and then the query, in one round trip; the rows of the query."""
        self.add(statement, parameters, None)
        rows: list[tuple[Any, ...]] = self._execute().fetchall()
        return rows

    def _execute(self) -> psycopg.Cursor[Any]:
        """Send them all and hand out their results; the cursor of the last."""
        statements, takers = self.statements, self.takers
        self.statements, self.takers = [], []
        self.sending = True
        try:
            cursors = Remembered(statements).send()
        finally:
            self.sending = False
        for cursor, taker in zip(cursors, takers, strict=True):
            if taker is not None:
                taker(cursor)
        return cursors[-1]

    def before_others(
        self, execute: Callable[..., Any], statement: str, parameters: Any, many: bool, context: Any
    ) -> Any:
        """A wrapper for whatever else goes to the database meanwhile: what waits goes first."""
        if not self.sending:
            self.send()
        return execute(statement, parameters, many, context)


_gathered: ContextVar[_Gathered | None] = ContextVar("gathered", default=None)


@contextmanager
def together() -> Iterator[None]:
    """Let the writes inside wait and go out together: on PostgreSQL one round trip instead of many.

    A read by `fetch` takes what waits along; before any other statement what waits is sent. Each statement
    of a round trip still sees what is committed when its turn comes, so a lock and the read after it may
    go together.
    """
    if not is_postgresql() or _gathered.get() is not None:
        yield
        return
    gathered = _Gathered()
    token = _gathered.set(gathered)
    try:
        with connection.execute_wrapper(gathered.before_others):
            yield
            gathered.send()
    finally:
        _gathered.reset(token)


def send_waiting() -> None:
    """Send what `together` lets wait: where an error must come now and not later."""
    gathered = _gathered.get()
    if gathered is not None:
        gathered.send()


def _run(statement: str, parameters: Sequence[Any], check: Check | None = None) -> None:
    """Run a write, or let it wait for those that go out with it."""
    gathered = _gathered.get()
    if gathered is not None:
        gathered.add(statement, parameters, check and (lambda cursor: check(cursor.rowcount)))
        return
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        if check is not None:
            check(cursor.rowcount)


@cache
def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def fetch(statement: str, parameters: Sequence[Any] = (), *, often: bool = False) -> list[tuple[Any, ...]]:
    """All rows of a query written with %s; instants and dates come as the driver gives them.

    PostgreSQL remembers a query that is asked `often`, with one plan for all values: it must be one whose
    best plan does not depend on them.
    """
    adapted = [_adapt(value) for value in parameters]
    if often and is_postgresql():
        return _fetch_remembered(statement, adapted)
    with connection.cursor() as cursor:
        if is_postgresql():
            _read_instants_fast(cursor)
        cursor.execute(statement, adapted)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


@dataclass(slots=True)
class Asked:
    """A query that is on its way, or still to be asked."""

    query: Statement
    often: bool = True
    cursor: psycopg.Cursor[Any] | None = None

    def take(self, cursor: psycopg.Cursor[Any]) -> None:
        self.cursor = cursor

    def rows(self) -> list[tuple[Any, ...]]:
        """Its rows, which are read once; what waits is sent if need be."""
        if self.cursor is None:
            send_waiting()
        return fetch(*self.query, often=self.often) if self.cursor is None else self.cursor.fetchall()


def ask(statement: str, parameters: Sequence[Any] = ()) -> Asked:
    """Ask a query that is asked `often`; inside `together` it goes out with what waits and comes after."""
    asked = Asked((statement, [_adapt(value) for value in parameters]))
    gathered = _gathered.get()
    if gathered is not None:
        gathered.add(*asked.query, asked.take)
    return asked


def fetch_each(*queries: Statement) -> list[list[tuple[Any, ...]]]:
    """The rows of each of some queries that are asked often: on PostgreSQL in one round trip."""
    with together():
        asked = [ask(*query) for query in queries]
        return [one.rows() for one in asked]


def _fetch_remembered(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    gathered = _gathered.get()
    if gathered is not None and gathered.statements:
        return gathered.fetch(statement, parameters)
    return Remembered([(statement, parameters)]).send()[0].fetchall()


def _read_instants_fast(cursor: Any) -> None:
    """Let the driver's own code read instants; Django's is written in Python and takes ten times as long."""
    cursor.cursor.adapters.register_loader("timestamptz", _INSTANTS)


def execute(statement: str, parameters: Sequence[Any] = (), *, often: bool = False) -> int:
    """Run a statement now; answers how many rows it touched. `often`: as in `fetch`."""
    send_waiting()
    if often and is_postgresql():
        return Remembered([(statement, parameters)]).send()[0].rowcount
    with connection.cursor() as cursor:
        cursor.execute(statement, [_adapt(value) for value in parameters])
        touched: int = cursor.rowcount
        return touched


def put(statement: str, parameters: Sequence[Any] = ()) -> None:
    """Run a write whose count nobody asks for; inside `together` it waits for the others."""
    _run(statement, [_adapt(value) for value in parameters])


def among(column: str, values: Sequence[Any]) -> tuple[str, list[Any]]:
    """A condition ``column is one of values`` and its parameters, for any number of values."""
    if not values:
        return "1 = 0", []
    if is_postgresql():
        return f"{column} = ANY(%s)", [list(values)]
    marks = ", ".join(["%s"] * len(values))
    return f"{column} IN ({marks})", list(values)


def instant(value: Any) -> Any:
    """An instant (UTC) as read by `fetch`; None stays None."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def day(value: Any) -> Any:
    """A date as read by `fetch`."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def insert(table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert the rows: COPY for many on PostgreSQL, one INSERT for few, executemany on SQLite."""
    if not rows:
        return
    names = ", ".join(columns)
    if not is_postgresql():
        _run_each(f"INSERT INTO {table} ({names}) VALUES ({_marks(columns)})", rows)
    elif len(rows) >= COPY_FROM:
        send_waiting()
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        places = ", ".join([f"({_marks(columns)})"] * len(rows))
        _run(f"INSERT INTO {table} ({names}) VALUES {places}", [value for row in rows for value in row])


def update(
    table: str,
    types: Mapping[str, str],
    rows: Sequence[Row],
    *,
    key: str,
    guards: Sequence[str] = (),
    check: Check | None = None,
) -> None:
    """Set columns of many rows by key; `check` is told how many rows were touched in all.

    `types` names the columns of `rows` in order with their PostgreSQL types. The key and the guard
    columns (named ``old_x`` for the column x) are compared, all others are set.
    """
    if not rows:
        return
    settable = [name for name in types if name != key and name not in guards]
    compared = {key: key} | {guard: guard.removeprefix("old_") for guard in guards}
    if not is_postgresql():
        _update_each(table, types, rows, settable, compared, check)
        return
    sets = ", ".join(f"{name} = v.{name}" for name in settable)
    match = " AND ".join(f"t.{column} = v.{name}" for name, column in compared.items())
    _run(
        f"UPDATE {table} t SET {sets} FROM {_unnest(types)} AS v({', '.join(types)}) WHERE {match}",
        _columns(types, rows),
        check,
    )


def _update_each(
    table: str,
    types: Mapping[str, str],
    rows: Sequence[Row],
    settable: Sequence[str],
    compared: Mapping[str, str],
    check: Check | None,
) -> None:
    places = {name: index for index, name in enumerate(types)}
    sets = ", ".join(f"{name} = %s" for name in settable)
    match = " AND ".join(f"{column} = %s" for column in compared.values())
    order = [places[name] for name in (*settable, *compared)]
    touched = _run_each(
        f"UPDATE {table} SET {sets} WHERE {match}", [[row[index] for index in order] for row in rows]
    )
    if check is not None:
        check(touched)


def add_up(
    table: str, types: Mapping[str, str], rows: Sequence[Row], *, unique: Sequence[str], value: str
) -> None:
    """Insert the rows, or add their value to the row that has the same unique columns."""
    if not rows:
        return
    names = ", ".join(types)
    tail = f"ON CONFLICT ({', '.join(unique)}) DO UPDATE SET {value} = {table}.{value} + excluded.{value}"
    if is_postgresql():
        _run(f"INSERT INTO {table} ({names}) SELECT * FROM {_unnest(types)} {tail}", _columns(types, rows))
    else:
        _run_each(f"INSERT INTO {table} ({names}) VALUES ({_marks(tuple(types))}) {tail}", rows)


def _run_each(statement: str, rows: Iterable[Row]) -> int:
    """Run a statement once per row; answers how many rows were touched in all."""
    with connection.cursor() as cursor:
        cursor.executemany(statement, [[_adapt(value) for value in row] for row in rows])
        touched: int = cursor.rowcount
        return touched


def _marks(columns: Sequence[str]) -> str:
    return ", ".join(["%s"] * len(columns))


def _unnest(types: Mapping[str, str]) -> str:
    return "unnest(" + ", ".join(f"%s::{kind}[]" for kind in types.values()) + ")"


def _columns(types: Mapping[str, str], rows: Sequence[Row]) -> list[Any]:
    """The rows' columns as arrays for `_unnest`."""
    return [
        _array(kind, column) for kind, column in zip(types.values(), zip(*rows, strict=True), strict=True)
    ]


def _array(kind: str, values: Sequence[Any]) -> Any:
    """An array of numbers or instants as PostgreSQL writes it: the driver takes far longer over a list."""
    if kind == "text":
        return list(values)
    words = ["NULL" if value is None else f'"{value}"' for value in values]
    return "{" + ",".join(words) + "}"


def lock_rows(table: str, ids: Iterable[int]) -> None:
    """Lock rows against other writers, in id order; on SQLite the write transaction is the lock.

    NO KEY UPDATE, because FOR UPDATE would also block inserts that refer to the rows.
    """
    wanted = sorted(set(ids))
    if not wanted or not is_postgresql():
        return
    put(f"SELECT id FROM {table} WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [wanted])


def _adapt(value: Any) -> Any:
    if isinstance(value, datetime) and not is_postgresql():
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date) and not is_postgresql() and not isinstance(value, datetime):
        return value.isoformat()
    return value


def from_json(value: Any) -> Any:
    """What a JSON column holds, as read by `fetch`."""
    return json.loads(value) if isinstance(value, str | bytes) else value


def database_name() -> str:
    """Which database the connection is to: for what a process remembers about it."""
    return f"{connection.settings_dict.get('HOST')}:{connection.settings_dict['NAME']}"
