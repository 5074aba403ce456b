"""A worker that carries all runs under way to their end, and tells in a log where it is.

It writes a line at once: ``open PID KEY`` when the work of a chunk is done but not committed, ``closed PID
RUN`` once it is, ``wait PID ERROR`` when the database was busy or gone. A kill between the first two has hit
an open chunk.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from django.db import InterfaceError, OperationalError, connections

from apps.jobs import registry
from apps.jobs.models import Run
from apps.jobs.registry import Task
from apps.jobs.working import do_chunk, finish

PAUSE = 0.03
"""So long a chunk stays open after its work, in seconds."""
Work = Callable[[Task, Sequence[int]], None]


def watch(log: Path) -> None:
    """Let every job tell when its chunk is open, and stay so for a moment."""
    for job in registry.jobs():
        registry.register_job(replace(job, work=_told(job.work, log)))


def _told(work: Work, log: Path) -> Work:
    def told(task: Task, keys: Sequence[int]) -> None:
        work(task, keys)
        _write(log, f"open {os.getpid()} {keys[0]}")
        time.sleep(PAUSE)

    return told


def _write(log: Path, words: str) -> None:
    with log.open("ab", buffering=0) as file:
        file.write(f"{words}\n".encode())


def work(log: Path, at: datetime) -> None:
    """Work until no run is under way."""
    connections.close_all()
    busy = True
    while busy:
        try:
            busy = _work_once(log, at)
        except (OperationalError, InterfaceError) as error:
            _write(log, f"wait {os.getpid()} {type(error).__name__}")
            connections.close_all()
            time.sleep(0.05)


def _work_once(log: Path, at: datetime) -> bool:
    """A chunk of each run under way; whether there is any run."""
    runs = list(Run.objects.filter(under_way=True))
    for run in runs:
        done = do_chunk(run, at=at)
        if done is not None:
            _write(log, f"closed {os.getpid()} {run.pk}")
        elif not finish(run, at=at):
            time.sleep(0.01)
    return bool(runs)
