"""Where recurring allocations come due: Celery rings, the rows say which."""

from __future__ import annotations

from celery import shared_task

from apps.allocations.recurring import carry_out, due_now
from apps.core.clock import now
from apps.jobs.ringing import on_record


@shared_task(name="allocations.carry_out_recurring")
def carry_out_recurring() -> None:
    """Carry out what is due, each in a transaction of its own."""
    on_record("allocations.carry_out_recurring", _carry_out)


def _carry_out() -> str:
    at = now()
    done = 0
    while due := due_now(at=at):
        done += sum(carry_out(number, at=at) for number in due)
    return f"{done} recurring allocations" if done else "nothing due"
