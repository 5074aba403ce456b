"""Runs as they are shown: how far, how fast, how long still, what failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import figures
from apps.jobs.models import Chunk, Run
from apps.jobs.selectors import Progress, failures_of, latest_runs, progress_of
from apps.staff.jobs.machine import load_machine
from apps.staff.jobs.schedule import Scheduled, show_schedule

LATEST = 12
FAILURES = 50


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run; counts are what the job counts. `width` is how far it is, for the bar."""

    id: int
    title: str
    subject: str
    scope: str
    actor: str
    asked_at: datetime
    finished_at: datetime | None
    state: str
    words: str
    total: int
    done: int
    failed: int
    unit: str
    rate: str
    left: str
    took: str
    width: str

    @property
    def is_running(self) -> bool:
        return self.state == Run.State.RUNNING


@dataclass(frozen=True, slots=True)
class JobsPage:
    """The schedule and the latest runs."""

    schedule: Sequence[Scheduled]
    runs: tuple[RunLine, ...]

    @property
    def is_busy(self) -> bool:
        return any(run.is_running for run in self.runs)


@dataclass(frozen=True, slots=True)
class RunPage:
    """One run with its failures and who worked on it."""

    run: RunLine
    failures: Sequence[Chunk]
    workers: Sequence[tuple[str, int]]


def load_jobs_page(at: datetime) -> JobsPage:
    """Three queries."""
    return JobsPage(
        show_schedule(load_machine(at, 1).rings, at), tuple(show_runs(list(latest_runs(LATEST)), at))
    )


def load_run_page(run: Run, at: datetime) -> RunPage:
    """Three queries."""
    workers: dict[str, int] = {}
    for worker in run.chunks.exclude(worker="").values_list("worker", flat=True)[:10_000]:
        workers[worker] = workers.get(worker, 0) + 1
    return RunPage(
        show_runs([run], at)[0],
        list(failures_of(run, FAILURES)),
        sorted(workers.items(), key=lambda w: -w[1]),
    )


def show_runs(runs: Sequence[Run], at: datetime) -> list[RunLine]:
    return [_line(progress) for progress in progress_of(runs, at=at)]


def _line(progress: Progress) -> RunLine:
    run = progress.run
    done = progress.done + progress.failed
    return RunLine(
        id=run.pk,
        title=str(progress.job.title),
        subject=run.subject,
        scope="" if run.scope == "due" else run.scope,
        actor=run.actor,
        asked_at=run.asked_at,
        finished_at=run.finished_at,
        state=run.state,
        words=str(run.get_state_display()),
        total=progress.total,
        done=progress.done,
        failed=progress.failed,
        unit=str(progress.job.unit),
        rate=_rate(progress.rate),
        left="" if progress.left is None else _duration(progress.left),
        took="" if progress.took is None else _duration(progress.took),
        width=figures.percent(done, progress.total) if progress.total else "100%",
    )


def _rate(rate: float | None) -> str:
    if rate is None:
        return ""
    number = figures.count(round(rate)) if rate >= 10 else f"{rate:.1f}"
    return _("%(rate)s a second") % {"rate": number}


def _duration(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    if seconds >= 120:
        minutes = round(seconds / 60)
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
