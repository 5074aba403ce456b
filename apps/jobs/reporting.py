"""What a command says of a run at its end."""

from __future__ import annotations

from collections.abc import Callable

from django.core.management.base import CommandError

from apps.core.clock import now
from apps.jobs.models import Run
from apps.jobs.selectors import failures_of, progress_of

SHOWN = 20


def report_on(run: Run, say: Callable[[str], object]) -> None:
    """Say what was done; CommandError with the first failures where some were."""
    found = progress_of([run], at=now())[0]
    words = f"{found.done} of {found.total} {found.job.unit} done for {run.subject}"
    say(f"{words}{f' ({run.scope})' if run.scope else ''}.")
    if found.failed:
        for chunk in failures_of(run, SHOWN):
            say(f"  {found.job.unit} {chunk.first} to {chunk.last}: {chunk.error}")
        raise CommandError(f"{found.failed} {found.job.unit} failed; run it again when the cause is mended.")
