"""Scrip's usage events: batches of a thousand through the service, in one process."""

from __future__ import annotations

import random
import time
import uuid

from apps.core.clock import now
from apps.usage.batch import charge_events
from tests.bench.names import HOT
from tests.bench.size import Size
from tests.bench.world import client_id, request_of


def measure(size: Size, organisation: str | None) -> int:
    """Events a second; people at random, each paying alone or all out of one pool."""
    client = client_id()
    for _ in range(max(size.events // size.batch // 5, 1)):
        _charge(size, organisation, client)
    spent = sum(_charge(size, organisation, client) for _ in range(size.events // size.batch))
    return size.events * 10**9 // spent


def _charge(size: Size, organisation: str | None, client: int) -> int:
    """One batch; nanoseconds that it took. What the caller would have read already is not counted."""
    requests = [
        request_of(random.randrange(size.wallets), organisation, event_id=uuid.uuid4().hex)
        for _ in range(size.batch)
    ]
    began = time.perf_counter_ns()
    results = charge_events(requests, client_id=client, at=now())
    spent = time.perf_counter_ns() - began
    if any(result.status != "charged" for result in results):
        raise RuntimeError(f"An event was not charged: {results[0]}")
    return spent


def own_wallets(size: Size) -> int:
    return measure(size, None)


def shared_pool(size: Size) -> int:
    return measure(size, HOT)
