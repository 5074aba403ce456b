"""Begin a run: what is due is cut into chunks once; a second start of the same run joins the first."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from apps.core import sql
from apps.identity.auditing import record_audit
from apps.jobs.models import Chunk, Run
from apps.jobs.registry import Task, job_of

CLOCK = "clock"
"""Who starts what nobody asked for."""
_CUT = """
SELECT MIN(key), MAX(key), COUNT(*) FROM (
    SELECT key, (ROW_NUMBER() OVER (ORDER BY key) - 1) / {size} AS part FROM ({select}) AS due) AS cut
GROUP BY part ORDER BY part
"""


def start_run(*, job: str, subject: str, scope: str = "", actor: str, at: datetime) -> Run:
    """The run of the job for the subject: the one under way, else a new one with all that is due now.

    A run is on record even where nothing is due, because somebody asked for it.
    """
    while True:
        try:
            with transaction.atomic():
                return _under_way(job, subject, scope) or _begin(job, Task(subject, scope, at), actor)
        except IntegrityError:  # another start came first: join it, or begin anew if it has ended already
            continue


def start_if_due(*, job: str, subject: str, scope: str = "", at: datetime) -> Run | None:
    """The clock's start: as `start_run`, but None, and no record, where nothing is due."""
    select, values = job_of(job).select(Task(subject, scope, at))
    if not sql.fetch(f"SELECT key FROM ({select}) AS due LIMIT 1", values):
        return _under_way(job, subject, scope)
    return start_run(job=job, subject=subject, scope=scope, actor=CLOCK, at=at)


def _under_way(job: str, subject: str, scope: str) -> Run | None:
    return Run.objects.filter(job=job, subject=subject, scope=scope, under_way=True).first()


def _begin(code: str, task: Task, actor: str) -> Run:
    job = job_of(code)
    run = Run.objects.create(
        job=job.code, subject=task.subject, scope=task.scope, actor=actor[:160], asked_at=task.at
    )
    select, values = job.select(task)
    cut = sql.fetch(_CUT.format(size=job.chunk, select=select), values)
    sql.insert(
        "jobs_chunk",
        ("run_id", "first", "last", "size", "state", "attempts", "error", "worker"),
        [(run.pk, first, last, size, Chunk.State.WAITING.value, 0, "", "") for first, last, size in cut],
    )
    run.total = sum(size for _first, _last, size in cut)
    run.save(update_fields=["total"])
    if actor != CLOCK:
        record_audit(
            actor=actor,
            action="run.start",
            subject=f"run:{run.pk}",
            before=None,
            after={"job": job.code, "subject": task.subject, "scope": task.scope, "total": run.total},
            at=task.at,
        )
    return run


def retry_failed(*, run: Run, actor: str, at: datetime) -> int:
    """Let what failed in a run be tried again; answers how many chunks. 0 if another one took its place."""
    try:
        with transaction.atomic():
            locked = Run.objects.select_for_update(no_key=True).get(pk=run.pk)
            failed = locked.chunks.filter(state=Chunk.State.FAILED)
            count = failed.update(state=Chunk.State.WAITING, error="")
            if count:
                locked.state, locked.under_way, locked.finished_at = Run.State.RUNNING, True, None
                locked.save(update_fields=["state", "under_way", "finished_at"])
                record_audit(
                    actor=actor,
                    action="run.retry",
                    subject=f"run:{run.pk}",
                    before={"failed": count},
                    after={"failed": 0},
                    at=at,
                )
            return count
    except IntegrityError:
        return 0
