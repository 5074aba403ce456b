"""Room in PostgreSQL's pages for rows that change often.

A changed row that fits into its old page needs no new entries in the table's indexes.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations import RunPython

PERCENT_FILLED = 70


def leave_room(table: str) -> RunPython:
    """A migration's step: fill the table's pages only so far; SQLite has nothing of the kind."""

    def leave(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"ALTER TABLE {table} SET (fillfactor = {PERCENT_FILLED})")

    return RunPython(leave, RunPython.noop)
