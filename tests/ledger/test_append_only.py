"""Transfers, entries and movements can only be added to: the database itself refuses anything else."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction

from apps.core import append_only
from apps.ledger.models import Entry, Transfer
from apps.ledger.posting import APPEND_ONLY as LEDGER
from apps.wallets.books import APPEND_ONLY as WALLETS
from tests.cast import a_user, load_prices

TABLES = (*LEDGER, *WALLETS)
ON_BOTH = (
    "UPDATE {table} SET {column} = {column}",
    "DELETE FROM {table}",
    "UPDATE {table} SET {column} = {column} WHERE {column} = (SELECT MIN({column}) FROM {table})",
)
SQLITE = (
    "REPLACE INTO {table} SELECT * FROM {table}",
    "INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
)
POSTGRESQL = ("TRUNCATE {table} CASCADE", "TRUNCATE {table}")
COLUMNS = {"ledger_transfer": "kind", "ledger_entry": "amount", "wallets_movement": "amount"}


def refused() -> list[tuple[str, str]]:
    """Every statement against every table."""
    own = POSTGRESQL if connection.vendor == "postgresql" else SQLITE
    return [(table, statement) for table in TABLES for statement in (*ON_BOTH, *own)]


def counts() -> dict[str, int]:
    with connection.cursor() as cursor:
        found = {}
        for table in TABLES:
            cursor.execute(f"SELECT COUNT(*) FROM {table}")
            found[table] = cursor.fetchone()[0]
        return found


@pytest.mark.django_db
@pytest.mark.parametrize(("table", "statement"), refused())
def test_the_database_refuses(table: str, statement: str) -> None:
    load_prices()
    a_user("ada")
    before = counts()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table=table, column=COLUMNS[table]))
    assert counts() == before
    assert all(before.values())


@pytest.mark.django_db
def test_no_trigger_is_missing() -> None:
    assert append_only.missing(TABLES) == []


@pytest.mark.django_db(transaction=True)
def test_a_rebuilt_table_has_its_triggers_after_the_migration() -> None:
    for model in (Transfer, Entry, apps.get_model("wallets", "Movement")):
        old = model._meta.get_field("kind" if model is not Entry else "amount")
        assert isinstance(old, models.Field)
        new = models.CharField(max_length=21) if model is not Entry else models.BigIntegerField(db_index=True)
        new.set_attributes_from_name(old.name)
        new.model = model
        with connection.schema_editor() as editor:
            editor.alter_field(model, old, new, strict=True)
        with connection.schema_editor() as editor:
            editor.alter_field(model, new, old, strict=True)
    call_command("migrate", verbosity=0)
    assert append_only.missing(TABLES) == []


@pytest.mark.django_db(transaction=True)
def test_the_triggers_stand_after_migrating_from_nothing() -> None:
    call_command("migrate", "wallets", "zero", verbosity=0)
    call_command("migrate", verbosity=0)
    assert append_only.missing(TABLES) == []
