"""Where months end: Celery rings, the rows say which payers are due."""

from __future__ import annotations

from celery import shared_task

from apps.core.clock import now
from apps.hosting.running import start_due_billing
from apps.hosting.settling import mark_overdue, settle_due
from apps.jobs.ringing import on_record
from apps.jobs.tasks import ring


@shared_task(name="hosting.bill_months")
def bill_months() -> None:
    """Begin the run for months that have ended, if any has."""
    on_record("hosting.bill_months", _bill_months)


def _bill_months() -> str:
    run = start_due_billing(at=now())
    if run is None:
        return "nothing due"
    ring()
    return f"{run.subject}: {run.total} payers"


@shared_task(name="hosting.settle_bills")
def settle() -> None:
    """Settle what can be paid, and let what was not paid in time be overdue."""
    on_record("hosting.settle_bills", _settle)


def _settle() -> str:
    at = now()
    settled = settle_due(at=at)
    return f"{settled} settled, {mark_overdue(at=at)} overdue"
