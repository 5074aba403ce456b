"""Many connections at once: on one organisation's wallet, or each charge on another one."""

from __future__ import annotations

import multiprocessing
import random
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

from django.db import connection

from apps.core.clock import now
from apps.usage.services import create_charge
from tests.bench.names import HOT, alone
from tests.bench.size import Size
from tests.bench.world import client_id, request_of

PROCESSES, THREADS = 4, 8
Pool = Callable[[int], str]


def hot(size: Size) -> int:
    """Charges a second when all are paid by one organisation."""
    return _measure(size, lambda number: HOT)


def spread(size: Size) -> int:
    """Charges a second when each person's charge is paid by an organisation of their own."""
    return _measure(size, alone)


def _measure(size: Size, pool: Pool) -> int:
    """Let 32 connections charge as fast as they can; the slowest process ends the measurement."""
    client = client_id()
    connection.close()
    here = multiprocessing.get_context("fork")
    start = here.Barrier(PROCESSES * THREADS + 1)
    each = size.charges // (PROCESSES * THREADS)
    workers = [here.Process(target=_work, args=(size, pool, client, each, start)) for _ in range(PROCESSES)]
    for worker in workers:
        worker.start()
    start.wait()
    began = time.perf_counter_ns()
    for worker in workers:
        worker.join()
    spent = time.perf_counter_ns() - began
    if any(worker.exitcode for worker in workers):
        raise RuntimeError("A worker failed.")
    return each * PROCESSES * THREADS * 10**9 // spent


def _work(size: Size, pool: Pool, client: int, each: int, start: threading.Barrier) -> None:
    failures: SimpleQueue[BaseException] = SimpleQueue()

    def charge_all() -> None:
        try:
            _charge(size, pool, client, max(each // 10, 1))
            start.wait()
            _charge(size, pool, client, each)
        except BaseException as failure:
            start.abort()
            failures.put(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=charge_all) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not failures.empty():
        raise failures.get()


def _charge(size: Size, pool: Pool, client: int, count: int) -> None:
    for _ in range(count):
        number = random.randrange(size.wallets)
        create_charge(request_of(number, pool(number)), client_id=client, at=now())
