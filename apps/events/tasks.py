"""The bell for events: each is told within seconds of its cause."""

from __future__ import annotations

from celery import shared_task

from apps.core.clock import now
from apps.events.outbox import deliver, purge


@shared_task(name="events.deliver")
def deliver_events() -> int:
    """Tell what waits, for a few seconds."""
    return deliver(seconds=3)


@shared_task(name="events.purge")
def purge_events() -> int:
    """Forget what was told long ago."""
    return purge(at=now())
