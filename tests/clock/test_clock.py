"""Real workers and beats: bills are made by the bell alone, and tokens that arrive pay them within seconds.

Beside PostgreSQL the broker is Redis, with a worker, two beats and a second worker; beside SQLite it is the
embedded one of `make run`: one process that rings and works, its broker a folder.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from apps.core.proof import verify_ledger
from apps.core.units import MICRO
from apps.hosting.models import Bill
from apps.jobs.models import Chunk, Ring, Run
from apps.wallets.models import Wallet
from apps.wallets.services import credit_wallet
from tests.clock.running import clock, host_twelve, wait

pytestmark = pytest.mark.django_db(transaction=True)
WITHIN = 10.0
"""Seconds after which a credit has settled what it can (clockwork.md, "Bills")."""


def test_the_bell_bills_the_month_and_a_credit_pays_within_seconds(tmp_path: Path) -> None:
    host_twelve()
    with clock(tmp_path):
        wait(lambda: Bill.objects.count() == 24, 90, tmp_path)
        wait(lambda: Run.objects.filter(job="bills", state="done").exists(), 20, tmp_path)
        assert Bill.objects.filter(state="settled").count() == 12, "the free ones"
        credit_wallet(
            owner_type="organisation",
            key="payer-7",
            tokens=500 * MICRO,
            kind="promotion",
            reason="",
            actor="tests",
            at=datetime.now(UTC),
        )
        paid = Bill.objects.filter(payer__owner_key="payer-7", state="settled")
        took = wait(lambda: paid.count() == 2, 30, tmp_path)
    assert took < WITHIN, "a credit pays within seconds"
    assert Bill.objects.count() == 24
    assert not Chunk.objects.exclude(state="done").exists()
    assert not Wallet.objects.filter(owner_key="payer-7", awaited=True).exists()
    assert Ring.objects.filter(task="hosting.bill_months", error="").exists()
    assert verify_ledger().differences == ()
