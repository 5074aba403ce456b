"""Carry runs on: take a chunk nobody has, do it, and note that in the same transaction.

A worker that is killed leaves its chunk as it was, for whoever comes next. What fails is cut in halves
until the one key that cannot be done stands alone, with its error, and all others are done.
"""

from __future__ import annotations

import gc
import logging
import os
import socket
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction

from apps.core import sql
from apps.core.clock import now
from apps.jobs.models import Chunk, Run
from apps.jobs.registry import Job, NotYet, Task, job_of

logger = logging.getLogger(__name__)
REMEDIES = 5
_CLAIM = (
    "SELECT id, first, last, size, attempts FROM jobs_chunk WHERE run_id = %s AND state = 'waiting' "
    "ORDER BY id LIMIT 1"
)
Clock = Callable[[], datetime]


def carry_on(*, seconds: float, clock: Clock = now) -> int:
    """Work on all runs under way for about so long; answers how many keys were done.

    A run that cannot be worked on at all keeps no other from its work; its error is raised at the end.
    """
    until, done, failed = time.monotonic() + seconds, 0, None
    for run in Run.objects.filter(under_way=True).order_by("pk"):
        try:
            done += _carry_on(run, until, clock)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            logger.exception("run %s cannot be worked on", run.pk)
            failed = failed or error
    if failed is not None:
        raise failed
    return done


def _carry_on(run: Run, until: float, clock: Clock) -> int:
    done = 0
    while time.monotonic() < until:
        of_chunk = do_chunk(run, at=clock())
        if of_chunk is None:
            break
        done += of_chunk
    finish(run, at=clock())
    return done


def carry_out(
    run: Run, *, clock: Clock = now, pause: float = 0.2, tell: Callable[[Run], None] | None = None
) -> Run:
    """Work on one run until it is finished, by this process or by others too; `tell` hears of each chunk."""
    while True:
        done = do_chunk(run, at=clock())
        if done is None and finish(run, at=clock()):
            return run
        if done is None:
            time.sleep(pause)
        if tell is not None:
            tell(run)


def has_waiting() -> bool:
    """Whether any run under way has chunks that nobody has done."""
    return Chunk.objects.filter(run__under_way=True, state=Chunk.State.WAITING).exists()


def do_chunk(run: Run, *, at: datetime) -> int | None:
    """Do one chunk that nobody is at; answers its size, None if there is none."""
    for _ in range(REMEDIES):
        try:
            with transaction.atomic():
                return _do_next(run, at)
        except NotYet as first:
            first.remedy()
        except OperationalError as error:
            if not _is_deadlock(error):
                raise
    raise OperationalError("A chunk could not be begun: what is due before it never ends.")


def _is_deadlock(error: OperationalError) -> bool:
    return getattr(error.__cause__, "sqlstate", "") in {"40P01", "40001"}


def _do_next(run: Run, at: datetime) -> int | None:
    skipping = " FOR UPDATE SKIP LOCKED" if sql.is_postgresql() else ""
    claimed = sql.fetch(_CLAIM + skipping, [run.pk])
    if not claimed:
        return None
    number, first, last, size, attempts = claimed[0]
    job, task = job_of(run.job), Task(run.subject, run.scope, at)
    keys: list[int] = []
    try:
        with transaction.atomic():
            keys = _keys(job, task, first, last)
            if keys:
                with _collector_resting():
                    job.work(task, keys)
    except (NotYet, OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.exception("chunk %s of run %s failed", number, run.pk)
        _fail(run, number, keys, attempts, error, at)
        return 0
    _note(number, Chunk.State.DONE, attempts + 1, "", at)
    return int(size)


@contextmanager
def _collector_resting() -> Iterator[None]:
    """A chunk makes many objects that all live until its end: looking for garbage among them is wasted."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _keys(job: Job, task: Task, first: int, last: int) -> list[int]:
    """What of the chunk is still to be done."""
    select, values = job.select(task)
    rows = sql.fetch(
        f"SELECT key FROM ({select}) AS due WHERE key BETWEEN %s AND %s ORDER BY key", [*values, first, last]
    )
    return [row[0] for row in rows]


def _fail(run: Run, number: int, keys: Sequence[int], attempts: int, error: Exception, at: datetime) -> None:
    """Cut the chunk in halves; a single key stays, failed, with its error."""
    if len(keys) > 1:
        middle = len(keys) // 2
        for half in (keys[:middle], keys[middle:]):
            Chunk.objects.create(run=run, first=half[0], last=half[-1], size=len(half))
        done_already = sql.fetch("SELECT size FROM jobs_chunk WHERE id = %s", [number])[0][0] - len(keys)
        Chunk.objects.filter(pk=number).update(size=done_already)
        _note(number, Chunk.State.DONE, attempts + 1, "Cut in two after an error.", at)
        return
    said = "".join(traceback.format_exception_only(error)).strip()
    _note(number, Chunk.State.FAILED, attempts + 1, said[:2000], at)


def _note(number: int, state: Chunk.State, attempts: int, error: str, at: datetime) -> None:
    sql.execute(
        "UPDATE jobs_chunk SET state = %s, attempts = %s, error = %s, worker = %s, finished_at = %s "
        "WHERE id = %s",
        [state.value, attempts, error, worker_name(), at, number],
    )


def worker_name() -> str:
    """This machine and process."""
    return f"{socket.gethostname()}:{os.getpid()}"[:120]


def finish(run: Run, *, at: datetime) -> bool:
    """Close a run that has nothing waiting any more; whether it is closed."""
    waiting = Chunk.objects.filter(run=run, state=Chunk.State.WAITING)
    if waiting.exists():
        return False
    failed = Chunk.objects.filter(run=run, state=Chunk.State.FAILED).exists()
    Run.objects.filter(pk=run.pk, under_way=True).update(
        state=Run.State.FAILED if failed else Run.State.DONE, under_way=None, finished_at=at
    )
    run.refresh_from_db()
    return True
