"""A process that has all loaded and forks workers: ``python -m tests.crashes.nursery LOG AT``.

Each line on its input is one more worker, whose process id it answers. A worker carries all runs under way
to their end at the instant AT. It writes to LOG, a line at once: ``open PID RUN FIRST`` when the work of a
chunk is done but not committed, ``closed PID RUN FIRST`` once it is. A kill between the two has hit an open
chunk.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import django

PAUSE = 0.03
"""So long a chunk stays open after its work, in seconds."""


def main() -> None:
    log, at = sys.argv[1], datetime.fromisoformat(sys.argv[2])
    django.setup()
    _watch(log)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            _work(log, at)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def _watch(log: str) -> None:
    """Let every job tell when its chunk is open, and stay so for a moment."""
    from apps.jobs import registry  # noqa: PLC0415 (models may be read only after `setup`)

    for job in registry.jobs():
        registry.register_job(replace(job, work=_told(job.work, log)))


def _told(work: Callable[[Any, Sequence[int]], None], log: str) -> Callable[[Any, Sequence[int]], None]:
    def told(task: Any, keys: Sequence[int]) -> None:
        work(task, keys)
        _write(log, f"open {os.getpid()} {keys[0]}")
        time.sleep(PAUSE)

    return told


def _write(log: str, words: str) -> None:
    with open(log, "ab", buffering=0) as file:  # noqa: PTH123 (one unbuffered write)
        file.write(f"{words}\n".encode())


def _work(log: str, at: datetime) -> None:
    from django.db import InterfaceError, OperationalError, connections  # noqa: PLC0415

    connections.close_all()
    while True:
        try:
            if not _work_once(log, at):
                os._exit(0)
        except (OperationalError, InterfaceError) as error:  # busy, or restarted
            _write(log, f"wait {os.getpid()} {type(error).__name__}")
            connections.close_all()
            time.sleep(0.05)


def _work_once(log: str, at: datetime) -> bool:
    """A chunk of each run under way; whether there is any run."""
    from apps.jobs.models import Run  # noqa: PLC0415
    from apps.jobs.working import do_chunk, finish  # noqa: PLC0415

    runs = list(Run.objects.filter(under_way=True))
    for run in runs:
        done = do_chunk(run, at=at)
        if done is not None:
            _write(log, f"closed {os.getpid()} {run.pk}")
        elif not finish(run, at=at):
            time.sleep(0.01)
    return bool(runs)


if __name__ == "__main__":
    main()
