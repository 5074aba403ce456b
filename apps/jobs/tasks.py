"""The bell for runs under way: whoever hears it works a few seconds, and calls one more to help."""

from __future__ import annotations

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from apps.jobs.ringing import on_record
from apps.jobs.working import carry_on, has_waiting

logger = logging.getLogger(__name__)
SECONDS = 4.0
"""One worker also does what is due every minute: no task keeps it for long."""


@shared_task(name="jobs.carry_on")
def carry_runs_on() -> int:
    """Work on runs under way for a few seconds; answers how many keys were done."""
    if has_waiting():
        ring()
    return int(str(on_record("jobs.carry_on", lambda: carry_on(seconds=SECONDS), often=True)))


def ring() -> None:
    """Call a worker, if there is a broker: without one the clock's next ring, or a command, does the work."""
    try:
        carry_runs_on.apply_async(expires=30, retry=False)
    except OperationalError:
        logger.warning("no broker: runs under way wait for the next ring")
