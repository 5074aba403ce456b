"""The bell for events: each is told within seconds of its cause."""

from __future__ import annotations

from celery import shared_task

from apps.core.clock import now
from apps.events.outbox import deliver, purge
from apps.jobs.ringing import on_record


@shared_task(name="events.deliver")
def deliver_events() -> int:
    """Tell what waits, for a few seconds."""
    return int(str(on_record("events.deliver", lambda: deliver(seconds=3), often=True)))


@shared_task(name="events.purge")
def purge_events() -> int:
    """Forget what was told long ago."""
    return int(str(on_record("events.purge", lambda: purge(at=now()))))
