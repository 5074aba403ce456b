"""Real workers and beats: bills are made by the bell alone, and tokens that arrive pay them within seconds.

Beside PostgreSQL the broker is Redis, with a worker, two beats and a second worker; beside SQLite it is the
embedded one of `make run`: one process that rings and works, its broker a folder.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from apps.core.proof import verify_ledger
from apps.core.units import MICRO
from apps.hosting.models import Bill
from apps.jobs.models import Chunk, Ring, Run
from apps.wallets.models import Wallet
from apps.wallets.services import credit_wallet
from tests.cast import an_organisation
from tests.hosting.world import load_hosting_prices, report
from tests.usage.test_replay_usage import database_url

pytestmark = pytest.mark.django_db(transaction=True)
WITHIN = 10.0
"""Seconds after which a credit has settled what it can (clockwork.md, "Bills")."""


def _last_month() -> datetime:
    first = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first - timedelta(days=1)).replace(day=1)


@contextmanager
def _celery(folder: Path, *arguments: str) -> Iterator[None]:
    folder.mkdir(exist_ok=True)
    env = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "tests.clock.settings",
        "SCRIP_CLOCK": str(folder),
    }
    command = [sys.executable, "-m", "celery", "-q", "-A", "config", *arguments, "--loglevel=warning"]
    with (folder / f"{len(list(folder.iterdir()))}.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=env, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def _clock(folder: Path) -> Iterator[None]:
    with ExitStack() as started:
        if connection.vendor == "postgresql":
            for number in (1, 2):
                queue = ["worker", "--pool=solo", "-n", f"worker-{number}@%h"]
                started.enter_context(_celery(folder, *queue))
                place = str(folder / f"beat-{number}")
                started.enter_context(_celery(folder, "beat", "--schedule", place, "--pidfile", ""))
        else:
            started.enter_context(_celery(folder, "worker", "-B", "--pool=solo"))
        yield


def _wait(happened: Callable[[], bool], seconds: float, folder: Path) -> float:
    """Seconds until it happened; fails with the logs if it does not."""
    began = time.monotonic()
    while not happened():
        if time.monotonic() - began > seconds:
            logs = "\n".join(path.read_text()[-2000:] for path in folder.glob("*.log"))
            pytest.fail(f"It did not happen within {seconds} s.\n{logs}")
        time.sleep(0.1)
    return time.monotonic() - began


@pytest.fixture
def owing() -> None:
    """Twelve payers who cannot pay for the month that ended, and whose month has come."""
    load_hosting_prices()
    began = _last_month()
    for number in range(12):
        key = f"payer-{number}"
        an_organisation(key, at=began)
        for name in ("free-one", "south"):
            owner = ("organisation", key)
            report("campus", f"{key}-{name}", members=30, since=began, at=began, owner=owner)


def test_the_bell_bills_the_month_and_a_credit_pays_within_seconds(owing: None, tmp_path: Path) -> None:
    with _clock(tmp_path):
        _wait(lambda: Bill.objects.count() == 24, 90, tmp_path)
        _wait(lambda: Run.objects.filter(job="bills", state="done").exists(), 20, tmp_path)
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
        took = _wait(lambda: paid.count() == 2, 30, tmp_path)
    assert took < WITHIN
    assert Bill.objects.count() == 24
    assert not Chunk.objects.exclude(state="done").exists()
    assert not Wallet.objects.filter(owner_key="payer-7", awaited=True).exists()
    assert Ring.objects.filter(task="hosting.bill_months", error="").exists()
    assert verify_ledger().differences == ()
