"""Finding rows by the beginning of a name or by an address, whatever their case, at a million rows.

Both databases can do it from an index, each in its own way, and neither by the way Django writes it:
PostgreSQL by an index over lower case with pattern operators, SQLite by one that ignores (ASCII) case.
What was typed is lowered by the database too: its locale may know fewer letters than Python.
And finding rows by when they were written: a few pages of a block range index do where rows come in order.
"""

from __future__ import annotations

from django.db import connection

from apps.core import sql

_HIGHEST = "\U0010ffff"


def beginning_with(table: str, column: str, text: str, *, at_most: int) -> list[int]:
    """The ids of the rows whose column begins with the text, at most so many."""
    if sql.is_postgresql():
        return _ids(table, f"LOWER({column}) LIKE LOWER(%s)", [f"{_literal(text)}%"], at_most)
    between = f"{column} COLLATE NOCASE >= %s AND {column} COLLATE NOCASE < %s"
    return _ids(table, between, [text, text + _HIGHEST], at_most)


def equal_to(table: str, column: str, text: str, *, at_most: int) -> list[int]:
    """The ids of the rows whose column is the text, at most so many."""
    if sql.is_postgresql():
        return _ids(table, f"LOWER({column}) = LOWER(%s)", [text], at_most)
    return _ids(table, f"{column} = %s COLLATE NOCASE", [text], at_most)


def install_words(table: str, column: str) -> None:
    """Make the index that the two above use, where there is none."""
    over = f"LOWER({column}) text_pattern_ops" if sql.is_postgresql() else f"{column} COLLATE NOCASE"
    _install(f"CREATE INDEX IF NOT EXISTS {table}_{column}_words ON {table} ({over})")


def install_time(table: str, column: str) -> None:
    """Make an index over instants that rows are written in order of, where there is none."""
    using = "USING brin " if sql.is_postgresql() else ""
    _install(f"CREATE INDEX IF NOT EXISTS {table}_{column}_time ON {table} {using}({column})")


def _install(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _ids(table: str, condition: str, values: list[str], at_most: int) -> list[int]:
    rows = sql.fetch(f"SELECT id FROM {table} WHERE {condition} LIMIT %s", [*values, at_most])
    return sorted(row[0] for row in rows)


def _literal(text: str) -> str:
    """The text without the meaning that LIKE gives to some signs."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
