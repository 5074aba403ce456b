"""Where months turn: Celery rings, the rows say which wallets are due."""

from __future__ import annotations

from celery import shared_task

from apps.core.clock import now
from apps.jobs.ringing import on_record
from apps.jobs.tasks import ring
from apps.wallets.resetting import start_due_reset


@shared_task(name="wallets.reset_free_tokens")
def reset_free_tokens() -> None:
    """Begin the run for cycles that have come, if any has."""
    on_record("wallets.reset_free_tokens", _begin)


def _begin() -> str:
    run = start_due_reset(at=now())
    if run is None:
        return "nothing due"
    ring()
    return f"{run.subject}: {run.total} wallets"
