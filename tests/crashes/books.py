"""Payers with ten campuses each, what they owe, and a nursery of workers that can be killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from django.conf import settings

from apps.hosting.models import Report, Resource, Share
from apps.jobs.models import Run
from tests.usage.test_replay_usage import database_url

START = datetime(2026, 10, 1, tzinfo=UTC)
END = datetime(2026, 11, 1, tzinfo=UTC)
GB = 10**9
EACH = 10
"""Resources of a payer."""
PER_CHUNK = 2
"""Payers of a chunk: so that there are enough chunks to be killed in."""


@dataclass(slots=True)
class Size:
    payers: int
    kills: int
    inside: int
    """So many kills must hit an open chunk."""


SHORT, WHOLE = Size(60, 8, 5), Size(1000, 50, 30)


@dataclass(slots=True)
class Expected:
    """Worked out here, in decimals, from the numbers that were put in."""

    tokens: dict[int, int] = field(default_factory=dict)

    def add(self, wallet: int, members: list[int], stored: list[int]) -> None:
        hosting = sum(10 * count for count in members[1:])
        billable = max(sum(stored) - GB, 0)
        storage = (Decimal(billable) / GB * Decimal("3.99")).quantize(Decimal(1), ROUND_HALF_UP)
        self.tokens[wallet] = hosting + int(storage)


def host(wallet: int, members: list[int], stored: list[int]) -> None:
    resources = Resource.objects.bulk_create(
        Resource(kind="campus", platform_id=f"{wallet}-{place}", owner_id=wallet, created_at=START)
        for place in range(EACH)
    )
    reports = Report.objects.bulk_create(
        Report(
            resource=resource,
            since=START,
            recorded_at=START,
            owner_id=wallet,
            members=members[place],
            stored_bytes=stored[place],
            actor="tests",
        )
        for place, resource in enumerate(resources)
    )
    Share.objects.bulk_create(
        Share(report=report, resource=report.resource, wallet_id=wallet, weight=1) for report in reports
    )


@dataclass(slots=True)
class Nursery:
    process: subprocess.Popen[str]
    log: Path

    def worker(self) -> int:
        """Start one more worker; its process id."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("more\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def lines(self) -> list[list[str]]:
        return [line.split() for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def is_open(self, worker: int) -> bool:
        """Whether the worker's chunk was open by the log's last word of it."""
        of_worker = [line for line in self.lines() if line[1] == str(worker)]
        return bool(of_worker) and of_worker[-1][0] == "open"


@contextmanager
def nursery(log: Path, at: datetime) -> Iterator[Nursery]:
    env = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "config.settings_test",
    }
    command = [sys.executable, "-m", "tests.crashes.nursery", str(log), at.isoformat()]
    process = subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Nursery(process, log)
    finally:
        process.kill()
        process.wait()


def wait_for(run: Run) -> None:
    deadline = time.monotonic() + 240
    while Run.objects.filter(pk=run.pk, under_way=True).exists():
        assert time.monotonic() < deadline, "The run never ends."
        time.sleep(0.05)
