"""`kill -9` of workers in the middle of the monthly books: afterwards the books are the same as ever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from random import Random

import pytest
from django.conf import settings
from django.db.models import Sum

from apps.core.proof import verify_ledger
from apps.hosting.models import Bill, Payer, Report, Resource, Share
from apps.hosting.running import start_billing
from apps.jobs import starting
from apps.jobs.models import Chunk, Run
from apps.ledger.models import Account
from apps.wallets.models import Grant, Wallet
from apps.wallets.resetting import start_reset
from tests.cast import a_user
from tests.hosting.world import load_hosting_prices
from tests.usage.test_replay_usage import database_url

pytestmark = pytest.mark.django_db(transaction=True)
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


@pytest.fixture
def size(long: bool) -> Size:
    return WHOLE if long else SHORT


@pytest.fixture
def expected(size: Size, monkeypatch: pytest.MonkeyPatch) -> Expected:
    """Payers with ten campuses each since the month began, every third too poor; chunks of few payers."""
    load_hosting_prices()
    random, found = Random(4), Expected()
    a_user("user-0", at=START)
    for number in range(1, size.payers):
        a_user(f"user-{number}", at=START, credit="100000" if number % 3 else "0")
    wallets = list(Wallet.objects.order_by("pk").values_list("pk", flat=True))
    Payer.objects.bulk_create(
        Payer(wallet_id=pk, month=START.date(), starts_at=START, ends_at=END, due_at=END) for pk in wallets
    )
    for wallet in wallets:
        members = [random.randrange(1, 40) for _ in range(EACH)]
        stored = [random.randrange(GB) for _ in range(EACH)]
        _host(wallet, members, stored)
        found.add(wallet, members, stored)
    monkeypatch.setattr(starting, "_CUT", starting._CUT.replace("{size}", str(PER_CHUNK)))
    return found


def _host(wallet: int, members: list[int], stored: list[int]) -> None:
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


def _kill_many(found: Nursery, size: Size, seed: int) -> int:
    """Keep two workers at it and kill one of them again and again; how many were hit inside a chunk."""
    random, inside, workers = Random(seed), 0, [found.worker(), found.worker()]
    for _ in range(size.kills):
        time.sleep(random.uniform(0, 0.05))
        victim = _at_work(found, workers)
        if victim is None:
            break
        os.kill(victim, signal.SIGKILL)
        time.sleep(0.01)
        inside += found.is_open(victim)
        workers[workers.index(victim)] = found.worker()
    return inside


def _at_work(found: Nursery, workers: list[int]) -> int | None:
    """A worker whose chunk is open; None if the work is over."""
    while Run.objects.filter(under_way=True).exists():
        for worker in workers:
            if found.is_open(worker):
                return worker
        time.sleep(0.002)
    return None


def _wait_for(run: Run) -> None:
    deadline = time.monotonic() + 240
    while Run.objects.filter(pk=run.pk, under_way=True).exists():
        assert time.monotonic() < deadline, "The run never ends."
        time.sleep(0.05)


def test_bills_survive_workers_that_are_killed(size: Size, expected: Expected, tmp_path: Path) -> None:
    run = start_billing(month="2026-10", actor="tests", at=END)
    assert start_billing(month="2026-10", actor="tests", at=END) == run, "the second start joins the first"
    with nursery(tmp_path / "log", END) as found:
        inside = _kill_many(found, size, seed=1)
        found.worker()
        _wait_for(run)
    assert inside >= size.inside, found.log.read_text()[:1500]
    run.refresh_from_db()
    assert (run.state, run.total) == ("done", size.payers)
    assert not Chunk.objects.exclude(state="done").exists()
    assert Bill.objects.count() == size.payers * EACH
    billed = dict(Bill.objects.values_list("payer").annotate(Sum("tokens_micro")).order_by())
    assert {payer: int(tokens) // 10**6 for payer, tokens in billed.items()} == expected.tokens
    assert verify_ledger().differences == ()


def test_free_tokens_survive_workers_that_are_killed(size: Size, expected: Expected, tmp_path: Path) -> None:
    run = start_reset(cycle="2026-11", actor="tests", at=END)
    with nursery(tmp_path / "log", END) as found:
        inside = _kill_many(found, size, seed=2)
        found.worker()
        _wait_for(run)
    assert inside >= size.inside, found.log.read_text()[:1500]
    assert Grant.objects.filter(cycle_month=END.date()).count() == size.payers
    assert not Wallet.objects.exclude(cycle_month=END.date()).exists()
    free = Account.objects.filter(kind="free", holder_id__isnull=False)
    assert set(free.values_list("balance", flat=True)) == {200 * 10**6}
    assert verify_ledger().differences == ()
