"""Paths, messages, and programs that are started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

_one_line_at_a_time = threading.Lock()
_labelled: set[subprocess.Popen[str]] = set()
_stopped = threading.Event()


def say(text: str) -> None:
    """Tell the person at the terminal."""
    with _one_line_at_a_time:
        print(text, flush=True)


def fail(text: str) -> NoReturn:
    """Stop with what is wrong and what would help."""
    sys.exit(f"\n{text}")


def is_root() -> bool:
    return os.geteuid() == 0


def run(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> int:
    """Run a program in the project's folder, to its end; answers its exit code."""
    return subprocess.run(command, cwd=ROOT, env=_with(env), check=False).returncode


def need(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> None:
    """Run a program that must succeed."""
    code = run(command, env)
    if code:
        fail(f"This failed with exit code {code}: {' '.join(map(str, command))}")


def start(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a program in a group of its own, so that all it starts can be ended with it."""
    return subprocess.Popen(command, cwd=ROOT, env=_with(env), start_new_session=True)


def run_labelled(label: str, command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> int:
    """Run a program beside others, each of its lines with the label; none begins once they were stopped."""
    if _stopped.is_set():
        return 1
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        env=_with(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    _labelled.add(child)
    for line in child.stdout or ():
        say(f"[{label}] {line.rstrip()}")
    return child.wait()


def stop_labelled() -> None:
    """End what runs beside others, because nobody waits for it any more."""
    _stopped.set()
    for child in _labelled:
        if child.poll() is None:
            _signal_group(child, signal.SIGTERM)


def _with(env: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, **(env or {})}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def answers(port: int) -> bool:
    """Whether something listens on this port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(ready: Callable[[], bool], child: subprocess.Popen[bytes], seconds: int) -> bool:
    """Whether the program became ready in time; False at once when it ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and child.poll() is None:
        if ready():
            return True
        time.sleep(0.05)
    return False


def stop(child: subprocess.Popen[bytes], signal_number: int, seconds: int = 10) -> None:
    """Ask the program's whole group to end; kill what is left of it after a while."""
    if child.poll() is None:
        _signal_group(child, signal_number)
    with suppress(subprocess.TimeoutExpired):
        child.wait(seconds)
    _signal_group(child, signal.SIGKILL)
    child.wait()


def _signal_group(child: subprocess.Popen[bytes] | subprocess.Popen[str], signal_number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal_number)
