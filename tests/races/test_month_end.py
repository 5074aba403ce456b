"""The end of a month with everybody at it at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from django.db import connections

from apps.hosting.models import Bill
from apps.hosting.running import start_billing
from apps.jobs import starting, working
from apps.jobs.models import Chunk, Run
from apps.jobs.working import carry_out
from tests.cast import an_organisation
from tests.hosting.world import load_hosting_prices, report
from tests.races import month_end

pytestmark = pytest.mark.django_db(transaction=True)
END = datetime(2026, 11, 2, tzinfo=UTC)


def test_a_payer_is_billed_once_by_runs_that_meet() -> None:
    month_end.bills_at_once(6)


def test_what_is_owed_is_paid_once() -> None:
    month_end.settled_at_once(6)


def test_tokens_that_arrive_meanwhile_are_neither_lost_nor_doubled() -> None:
    month_end.credit_against_bills(6)


def test_clocks_that_ring_twice_begin_one_run() -> None:
    month_end.starts_at_once(8)


def test_two_workers_share_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    load_hosting_prices()
    for number in range(40):
        an_organisation(f"payer-{number}", credit="1000", at=month_end.OCTOBER)
        owner = ("organisation", f"payer-{number}")
        report("campus", f"campus-{number}", members=10, since=month_end.OCTOBER, owner=owner)
    monkeypatch.setattr(starting, "_CUT", starting._CUT.replace("{size}", "1"))
    monkeypatch.setattr(working, "worker_name", lambda: threading.current_thread().name)
    run = start_billing(month="2026-10", actor="tests", at=END)

    def work() -> None:
        carry_out(Run.objects.get(pk=run.pk), clock=lambda: END)
        connections.close_all()

    threads = [threading.Thread(target=work, name=name) for name in ("first", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    shares = [Chunk.objects.filter(worker=name).count() for name in ("first", "second")]
    assert sum(shares) == 40
    assert min(shares) >= 8, "each does at least a fifth"
    assert Bill.objects.count() == 40
