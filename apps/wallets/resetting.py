"""Free tokens of a new cycle for all wallets at once: the job beside the first write that touches one.

Both are the same code (`Desk.roll_over`), under the same lock, so whoever comes first does it and the other
finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

from django.utils.translation import gettext_lazy as _

from apps.core import sql
from apps.core.errors import ValidationError
from apps.core.periods import month_of, month_start
from apps.jobs.models import Run
from apps.jobs.registry import Job, NotYet, Query, Task, register_job
from apps.jobs.starting import start_if_due, start_run
from apps.wallets.books import DueElsewhere, open_desk, settle_apart, write

RESET = "free_tokens"
EARLIEST = timedelta(hours=14)
"""So far ahead of UTC the first zone is in which a month begins."""


def _select(task: Task) -> Query:
    """Wallets whose cycle has ended and that have not begun the one asked for."""
    query = "SELECT id AS key FROM wallets_wallet WHERE cycle_ends_at <= %s AND cycle_month < %s"
    return query, [task.at, month_of(task.subject)]


def _work(task: Task, keys: Sequence[int]) -> None:
    with settling_first(task.at):
        write(open_desk(keys, at=task.at), at=task.at)


@contextmanager
def settling_first(at: datetime) -> Iterator[None]:
    """In the work of a job: what is due on wallets beyond the chunk's is settled before the chunk begins."""
    try:
        yield
    except DueElsewhere as due:
        raise NotYet(partial(settle_apart, due.wallet_ids, at)) from due


JOB = Job(
    code=RESET,
    title=_("Free tokens of the new month"),
    unit=_("wallets"),
    select=_select,
    work=_work,
    chunk=2000,
)


def register() -> None:
    """Make the job known."""
    register_job(JOB)


def start_reset(*, cycle: str, actor: str, at: datetime) -> Run:
    """Begin the cycle (a month such as ``2026-12``) in all wallets in which it has come.

    ValidationError for a month that has not begun anywhere.
    """
    if month_of(cycle) > month_start((at + EARLIEST).date()):
        raise ValidationError({"cycle": [f"{cycle} has not begun anywhere yet."]})
    return start_run(job=RESET, subject=cycle, actor=actor, at=at)


def start_due_reset(*, at: datetime) -> Run | None:
    """Begin what has come and nobody has begun yet; None if all wallets are in their cycle."""
    first = sql.fetch("SELECT MIN(cycle_ends_at) FROM wallets_wallet")[0][0]
    if first is None or sql.instant(first) > at:
        return None
    cycle = f"{(at + EARLIEST).date():%Y-%m}"
    return start_if_due(job=RESET, subject=cycle, at=at)
