"""What every test stands on: a database that can be emptied, a browser's flags, Hypothesis's profile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis.database import DirectoryBasedExampleDatabase

from apps.core import append_only

LONG = os.environ.get("SCRIP_LONG") == "1"

hypothesis_settings.register_profile(
    "scrip",
    deadline=None,
    max_examples=1000 if LONG else 100,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
    database=DirectoryBasedExampleDatabase(settings.VAR / "hypothesis"),
)
hypothesis_settings.load_profile("scrip")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Let Django empty the test database: the triggers that refuse it return with `post_migrate`."""
    empty = connection.ops.execute_sql_flush

    def lift_and_empty(sql_list: list[str]) -> Any:
        tables = connection.introspection.table_names()
        append_only.lift([table for table in tables if not append_only.missing([table])])
        return empty(sql_list)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection.ops, "execute_sql_flush", lift_and_empty)
        yield


@pytest.fixture(autouse=True)
def no_language_stays() -> Iterator[None]:
    """A request leaves its language to whatever the thread does next."""
    yield
    translation.deactivate()


@pytest.fixture
def long() -> bool:
    """Whether this run has time for the full counts (`make test-long`)."""
    return LONG
