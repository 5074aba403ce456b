"""A process that has all loaded and forks workers: ``python -m tests.crashes.nursery LOG AT``.

Each line on its input is one more worker, whose process id it answers. The worker itself is
`tests.crashes.worker`, which can only be imported once Django is set up.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from importlib import import_module
from pathlib import Path

import django


def main() -> None:
    log, at = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
    django.setup()
    worker = import_module("tests.crashes.worker")
    worker.watch(log)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            worker.work(log, at)
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
