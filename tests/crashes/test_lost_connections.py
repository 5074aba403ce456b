"""The server drops every connection in the middle of the monthly books, as a restart does."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Sum

from apps.core.proof import verify_ledger
from apps.hosting.models import Bill
from apps.hosting.running import start_billing
from apps.jobs.models import Chunk
from tests.crashes.books import EACH, END, Expected, Size, nursery, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
_DROP = """
SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def test_bills_survive_a_server_that_drops_its_connections(
    size: Size, expected: Expected, tmp_path: Path
) -> None:
    run = start_billing(month="2026-10", actor="tests", at=END)
    dropped = 0
    with nursery(tmp_path / "log", END) as found:
        found.worker()
        found.worker()
        for _ in range(6):
            time.sleep(0.15)
            with connection.cursor() as cursor:
                cursor.execute(_DROP)
                dropped += cursor.fetchone()[0]
        wait_for(run)
    assert dropped >= 6
    assert not Chunk.objects.exclude(state="done").exists()
    assert Bill.objects.count() == size.payers * EACH
    billed = dict(Bill.objects.values_list("payer").annotate(Sum("tokens_micro")).order_by())
    assert {payer: int(tokens) // 10**6 for payer, tokens in billed.items()} == expected.tokens
    assert verify_ledger().differences == ()
