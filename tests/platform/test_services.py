"""The suite runs where it says it runs."""

from __future__ import annotations

import os

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection

EXPECTED = os.environ.get("SCRIP_EXPECTS", connection.vendor)


@pytest.mark.django_db
def test_the_database_is_the_one_this_run_is_for() -> None:
    assert connection.vendor == EXPECTED


def test_the_cache_is_redis_beside_postgresql_and_this_process_otherwise() -> None:
    if "SCRIP_EXPECTS" in os.environ:
        assert ("redis" in settings.CACHES["default"]["BACKEND"]) == (EXPECTED == "postgresql")
    cache.set("platform-test", 17)
    assert cache.get("platform-test") == 17


@pytest.mark.django_db
def test_sqlite_keeps_its_journal_and_refuses_to_slip_past_triggers() -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            rules = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}
        assert rules == PRAGMAS


PRAGMAS = {"journal_mode": "wal", "synchronous": 1, "recursive_triggers": 1, "foreign_keys": 1}
