"""The web server as production runs it, and what it is asked over HTTP."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tooling.shell import PYTHON, answers, fail, free_port, start, stop, wait_until

PATHS = {"scrip": "/api/v1/charges", "naive": "/naive/charges"}
SECRET = "scrip_only-for-measuring"


@contextmanager
def server(env: Mapping[str, str]) -> Iterator[int]:
    """The port of a server with two processes of eight threads."""
    port = free_port()
    program = [str(PYTHON), "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    size = ["--workers", "2", "--worker-class", "gthread", "--threads", "8", "--keep-alive", "60"]
    child = start([*program, *size, "--no-control-socket", "--log-level", "warning"], env)
    try:
        if not wait_until(lambda: answers(port), child, seconds=30):
            fail("The web server did not start.")
        yield port
    finally:
        stop(child, signal.SIGTERM)


def measure(port: int, side: str, env: Mapping[str, str]) -> int:
    """Requests a second, asked by a process of its own."""
    command = [str(PYTHON), "-m", "tests.bench.load", str(port), PATHS[side], SECRET]
    answer = subprocess.run(command, env=dict(env), stdout=subprocess.PIPE, text=True, check=True)
    return int(answer.stdout)
