"""Where time passes: Celery rings, the rows say what is due."""

from __future__ import annotations

from celery import shared_task

from apps.core.clock import now
from apps.jobs.ringing import on_record
from apps.usage.postpaid import issue_due_statements
from apps.usage.settling import sweep_holds


@shared_task(name="usage.expire_holds")
def expire_holds() -> int:
    """End holds past their deadline; what one bounded sweep leaves, the next one takes."""
    return int(str(on_record("usage.expire_holds", lambda: sweep_holds(at=now()))))


@shared_task(name="usage.issue_statements")
def issue_statements() -> None:
    """Statements of months that are over, for wallets that are paid for afterwards."""
    on_record("usage.issue_statements", _issue)


def _issue() -> str:
    made = issue_due_statements(at=now())
    return f"{len(made)} statements" if made else "nothing due"
