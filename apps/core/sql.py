"""Set-based reads and writes on SQLite and PostgreSQL: rows per statement, not statements per row.

Whatever the two databases do differently (COPY, arrays, how instants are stored) stays here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection

Row = Sequence[Any]
COPY_FROM = 40
"""From so many rows on, COPY beats a many-row INSERT."""


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def fetch(statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of a query written with %s; instants and dates come as the driver gives them."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [_adapt(value) for value in parameters])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def execute(statement: str, parameters: Sequence[Any] = ()) -> int:
    """Run a statement; answers how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [_adapt(value) for value in parameters])
        touched: int = cursor.rowcount
        return touched


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
    with connection.cursor() as cursor:
        if not is_postgresql():
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(
                f"INSERT INTO {table} ({names}) VALUES ({marks})",
                [[_adapt(value) for value in row] for row in rows],
            )
        elif len(rows) >= COPY_FROM:
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = "(" + ", ".join(["%s"] * len(columns)) + ")"
            cursor.execute(
                f"INSERT INTO {table} ({names}) VALUES " + ", ".join([marks] * len(rows)),
                [value for row in rows for value in row],
            )


def update(
    table: str, types: Mapping[str, str], rows: Sequence[Row], *, key: str, guards: Sequence[str] = ()
) -> int:
    """Set columns of many rows by key; answers how many rows were touched.

    `types` names the columns of `rows` in order with their PostgreSQL types. The key and the guard
    columns (named ``old_x`` for the column x) are compared, all others are set.
    """
    if not rows:
        return 0
    settable = [name for name in types if name != key and name not in guards]
    compared = {key: key} | {guard: guard.removeprefix("old_") for guard in guards}
    with connection.cursor() as cursor:
        if is_postgresql():
            sets = ", ".join(f"{name} = v.{name}" for name in settable)
            match = " AND ".join(f"t.{column} = v.{name}" for name, column in compared.items())
            arrays = ", ".join(f"%s::{kind}[]" for kind in types.values())
            cursor.execute(
                f"UPDATE {table} t SET {sets} FROM unnest({arrays}) AS v({', '.join(types)}) WHERE {match}",
                [list(column) for column in zip(*rows, strict=True)],
            )
            found: int = cursor.rowcount
            return found
        places = {name: index for index, name in enumerate(types)}
        sets = ", ".join(f"{name} = %s" for name in settable)
        match = " AND ".join(f"{column} = %s" for column in compared.values())
        order = [places[name] for name in (*settable, *compared)]
        touched = 0
        for row in rows:
            cursor.execute(
                f"UPDATE {table} SET {sets} WHERE {match}", [_adapt(row[index]) for index in order]
            )
            touched += cursor.rowcount
        return touched


def add_up(
    table: str, types: Mapping[str, str], rows: Sequence[Row], *, unique: Sequence[str], value: str
) -> None:
    """Insert the rows, or add their value to the row that has the same unique columns."""
    if not rows:
        return
    names = ", ".join(types)
    tail = f"ON CONFLICT ({', '.join(unique)}) DO UPDATE SET {value} = {table}.{value} + excluded.{value}"
    with connection.cursor() as cursor:
        if is_postgresql():
            arrays = ", ".join(f"%s::{kind}[]" for kind in types.values())
            cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays}) {tail}",
                [list(column) for column in zip(*rows, strict=True)],
            )
            return
        marks = ", ".join(["%s"] * len(types))
        cursor.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({marks}) {tail}",
            [[_adapt(value) for value in row] for row in rows],
        )


def lock_rows(table: str, ids: Iterable[int]) -> None:
    """Lock rows against other writers, in id order; on SQLite the write transaction is the lock.

    NO KEY UPDATE, because FOR UPDATE would also block inserts that refer to the rows.
    """
    wanted = sorted(set(ids))
    if not wanted or not is_postgresql():
        return
    fetch(f"SELECT id FROM {table} WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [wanted])


def _adapt(value: Any) -> Any:
    if isinstance(value, datetime) and not is_postgresql():
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date) and not is_postgresql() and not isinstance(value, datetime):
        return value.isoformat()
    return value


def database_name() -> str:
    """Which database the connection is to: for what a process remembers about it."""
    return f"{connection.settings_dict.get('HOST')}:{connection.settings_dict['NAME']}"
