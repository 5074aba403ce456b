"""Runs as staff see them: how far each is, how fast, and what failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet, Sum

from apps.jobs.models import Chunk, Run
from apps.jobs.registry import Job, job_of, jobs


@dataclass(frozen=True, slots=True)
class Progress:
    """A run and how far it is; counts are keys. `rate` is keys a second, None before anything is done."""

    run: Run
    job: Job
    done: int
    failed: int
    waiting: int
    rate: float | None
    left: timedelta | None

    @property
    def total(self) -> int:
        return self.done + self.failed + self.waiting

    @property
    def took(self) -> timedelta | None:
        return None if self.run.finished_at is None else self.run.finished_at - self.run.asked_at


def progress_of(runs: Sequence[Run], *, at: datetime) -> list[Progress]:
    """How far each of the runs is: one query."""
    rows = (
        Chunk.objects.filter(run__in=runs)
        .values("run_id")
        .annotate(
            done=Sum("size", filter=Q(state=Chunk.State.DONE), default=0),
            failed=Sum("size", filter=Q(state=Chunk.State.FAILED), default=0),
            waiting=Sum("size", filter=Q(state=Chunk.State.WAITING), default=0),
        )
        .order_by()
    )
    found: dict[int, Mapping[str, Any]] = {row["run_id"]: row for row in rows}
    return [_progress(run, found.get(run.pk, {}), at) for run in runs]


def _progress(run: Run, of_run: Mapping[str, Any], at: datetime) -> Progress:
    counts: dict[str, int] = {name: int(of_run.get(name, 0)) for name in ("done", "failed", "waiting")}
    seconds = ((run.finished_at or at) - run.asked_at).total_seconds()
    rate = counts["done"] / seconds if counts["done"] and seconds > 0 else None
    left = timedelta(seconds=round(counts["waiting"] / rate)) if rate and counts["waiting"] else None
    return Progress(run, job_of(run.job), counts["done"], counts["failed"], counts["waiting"], rate, left)


def latest_runs(count: int) -> QuerySet[Run]:
    """The latest runs of jobs that there are, those under way first."""
    return known_runs().order_by("under_way", "-asked_at", "-pk")[:count]


def known_runs() -> QuerySet[Run]:
    """Runs of jobs that there are: an older version may have had others."""
    return Run.objects.filter(job__in=[job.code for job in jobs()])


def failures_of(run: Run, count: int) -> QuerySet[Chunk]:
    """The chunks of a run that failed."""
    return run.chunks.filter(state=Chunk.State.FAILED).order_by("pk")[:count]
