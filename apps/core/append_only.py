"""Tables to which rows can only be added, by triggers in the database itself.

SQLite rebuilds a table (and drops its triggers) on many schema changes and lets REPLACE slip past
delete triggers unless `recursive_triggers` is on; PostgreSQL needs a trigger of its own for
TRUNCATE. So the triggers are put in place after every migration, and `missing` tells which are not.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

_FUNCTION = """
CREATE OR REPLACE FUNCTION scrip_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$
"""


def install(tables: Iterable[str]) -> None:
    """Put the triggers in place; those that stand already are renewed, tables yet to be made are left."""
    with connection.cursor() as cursor:
        made = set(connection.introspection.table_names(cursor))
        if connection.vendor == "postgresql":
            cursor.execute(_FUNCTION)
        for table in made.intersection(tables):
            for statement in _creations(table):
                cursor.execute(statement)


def lift(tables: Iterable[str]) -> None:
    """Take the triggers away: for emptying a test database, never in production."""
    with connection.cursor() as cursor:
        for table in tables:
            for name in _names(table):
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


def missing(tables: Iterable[str]) -> list[str]:
    """The names of triggers that should stand and do not, or are disabled."""
    present = _present()
    return [name for table in tables for name in _names(table) if name not in present]


def _present() -> set[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        return {row[0] for row in cursor.fetchall()}


def _names(table: str) -> list[str]:
    kinds = ["update", "delete"] + (["truncate"] if connection.vendor == "postgresql" else [])
    return [f"{table}_refuses_{kind}" for kind in kinds]


def _creations(table: str) -> list[str]:
    if connection.vendor == "postgresql":
        statements = []
        for name, kind in zip(_names(table), ("UPDATE", "DELETE", "TRUNCATE"), strict=True):
            each = "STATEMENT" if kind == "TRUNCATE" else "ROW"
            statements.append(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            statements.append(
                f"CREATE TRIGGER {name} BEFORE {kind} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION scrip_append_only()"
            )
        return statements
    statements = []
    for name, kind in zip(_names(table), ("UPDATE", "DELETE"), strict=True):
        statements.append(f"DROP TRIGGER IF EXISTS {name}")
        statements.append(
            f"CREATE TRIGGER {name} BEFORE {kind} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: {kind} refused'); END"
        )
    return statements
