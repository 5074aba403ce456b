from typing import Any

from django.db import migrations

BLOCK = 512


def create(apps: Any, schema_editor: Any) -> None:
    """PostgreSQL counts with a sequence, SQLite with a row that its one writer raises."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"CREATE SEQUENCE ledger_numbers START 10001 INCREMENT {BLOCK}")
        return
    schema_editor.execute("CREATE TABLE ledger_numbers (last integer NOT NULL)")
    schema_editor.execute("INSERT INTO ledger_numbers (last) VALUES (10000)")


def drop(apps: Any, schema_editor: Any) -> None:
    kind = "SEQUENCE" if schema_editor.connection.vendor == "postgresql" else "TABLE"
    schema_editor.execute(f"DROP {kind} ledger_numbers")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
