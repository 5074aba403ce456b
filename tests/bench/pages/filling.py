"""Fill a world by the statements of `rows`; the large tables have no indexes meanwhile."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import psycopg

from apps.core.units import MICRO
from apps.ledger import platform
from tests.bench import databases
from tests.bench.pages import pattern, rows
from tests.bench.pages.scale import CREDIT, DAYS, GRANT, Scale
from tooling.shell import say

INDEXES = """
SELECT i.indexname, i.indexdef FROM pg_indexes i
WHERE i.tablename = ANY(%s)
  AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)
"""


def fill(scale: Scale) -> None:
    """Write all rows, build the indexes, gather statistics."""
    values = values_of(scale)
    with databases.connected(scale.database) as connection:
        connection.execute("SET maintenance_work_mem = '1GB'")
        connection.execute("SET work_mem = '256MB'")
        connection.execute("SET synchronous_commit = off")
        indexes = connection.execute(INDEXES, [list(rows.LARGE_TABLES)]).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}".encode())
        for statement in rows.STATEMENTS:
            _carry_out(connection, statement.format(**values))
        for _, definition in indexes:
            _carry_out(connection, definition)
        _carry_out(connection, "VACUUM (ANALYZE)")


def _carry_out(connection: psycopg.Connection, statement: str) -> None:
    began = time.monotonic()
    connection.execute(statement.encode())
    spent = time.monotonic() - began
    if spent > 1:
        say(f"  {spent:6.1f} s  {' '.join(statement.split())[:90]}")


def values_of(scale: Scale) -> dict[str, object]:
    """The numbers that the statements name."""
    end = datetime.now(UTC)
    return {
        "wallets": scale.wallets,
        "people": scale.people,
        "organisations": scale.organisations,
        "members": scale.members,
        "charges": scale.charges,
        "denied": scale.denied,
        "patterns": len(pattern.OPERATIONS),
        "begin": (end - timedelta(days=DAYS)).isoformat(),
        "end": end.isoformat(),
        "days": DAYS,
        "credit": CREDIT * MICRO,
        "grant": GRANT * MICRO,
        "first": rows.FIRST,
        "first_account": rows.FIRST_ACCOUNT,
        "first_number": rows.FIRST_NUMBER,
        "migrated": platform.MIGRATED,
        "issued": platform.ISSUED,
        "consumed": platform.CONSUMED,
    }
