"""Workers and beats as processes of their own, beside the test's database."""

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

from tests.cast import an_organisation
from tests.hosting.world import load_hosting_prices, report
from tests.usage.test_replay_usage import database_url


def last_month() -> datetime:
    first = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first - timedelta(days=1)).replace(day=1)


@contextmanager
def celery(folder: Path, *arguments: str) -> Iterator[None]:
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
def clock(folder: Path) -> Iterator[None]:
    with ExitStack() as started:
        if connection.vendor == "postgresql":
            for number in (1, 2):
                queue = ["worker", "--pool=solo", "-n", f"worker-{number}@%h"]
                started.enter_context(celery(folder, *queue))
                place = str(folder / f"beat-{number}")
                started.enter_context(celery(folder, "beat", "--schedule", place, "--pidfile", ""))
        else:
            started.enter_context(celery(folder, "worker", "-B", "--pool=solo"))
        yield


def wait(happened: Callable[[], bool], seconds: float, folder: Path) -> float:
    """Seconds until it happened; fails with the logs if it does not."""
    began = time.monotonic()
    while not happened():
        if time.monotonic() - began > seconds:
            logs = "\n".join(path.read_text()[-2000:] for path in folder.glob("*.log"))
            pytest.fail(f"It did not happen within {seconds} s.\n{logs}")
        time.sleep(0.1)
    return time.monotonic() - began


def host_twelve() -> None:
    """Payers who cannot pay for the month that ended, and whose month has come."""
    load_hosting_prices()
    began = last_month()
    for number in range(12):
        key = f"payer-{number}"
        an_organisation(key, at=began)
        for name in ("free-one", "south"):
            owner = ("organisation", key)
            report("campus", f"{key}-{name}", members=30, since=began, at=began, owner=owner)
