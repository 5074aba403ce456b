"""`kill -9` of workers in the middle of the monthly books: afterwards the books are the same as ever."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from random import Random

import pytest
from django.db.models import Sum

from apps.core.proof import verify_ledger
from apps.hosting.models import Bill
from apps.hosting.running import start_billing
from apps.jobs.models import Chunk, Run
from apps.ledger.models import Account
from apps.wallets.models import Grant, Wallet
from apps.wallets.resetting import start_reset
from tests.crashes.books import EACH, END, Expected, Nursery, Size, nursery, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_bills_survive_workers_that_are_killed(size: Size, expected: Expected, tmp_path: Path) -> None:
    run = start_billing(month="2026-10", actor="tests", at=END)
    assert start_billing(month="2026-10", actor="tests", at=END) == run, "the second start joins the first"
    with nursery(tmp_path / "log", END) as found:
        inside = _kill_many(found, size, seed=1)
        found.worker()
        wait_for(run)
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
        wait_for(run)
    assert inside >= size.inside, found.log.read_text()[:1500]
    assert Grant.objects.filter(cycle_month=END.date()).count() == size.payers
    assert not Wallet.objects.exclude(cycle_month=END.date()).exists()
    free = Account.objects.filter(kind="free", holder_id__isnull=False)
    assert set(free.values_list("balance", flat=True)) == {200 * 10**6}
    assert verify_ledger().differences == ()
