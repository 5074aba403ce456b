"""`make run`: the embedded database made ready, then web server and clock until somebody stops them."""

from __future__ import annotations

import hashlib
import http.client
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tooling.shell import PYTHON, ROOT, VAR, answers, fail, need, say, start, stop, wait_until

WORDS = """
Scrip is at     http://{host}:{port}/
Staff pages at  http://{host}:{port}/admin/
API at          http://{host}:{port}/api/v1/docs/

Log in with the password  scrip-demo  as
  owner@, teacher@ or learner@ of aldermoor.example (campus), lingua.example (school),
  pixelworks.example (studio), or as staff@scrip.example.

Ctrl-C stops everything.
"""


def serve() -> int:
    """Run the demo on PORT (8000) of this machine until SIGINT or SIGTERM; 0 when it was stopped so."""
    port, host = int(os.environ.get("PORT", "8000")), os.environ.get("HOST", "127.0.0.1")
    if answers(port):
        fail(f"Port {port} is taken. Choose another one: PORT={port + 1} make run")
    env = {"DEBUG": os.environ.get("DEBUG", "1")}
    _prepare(env)
    with _children(env, host, port) as children:
        if not wait_until(lambda: _replies(port), children[0], seconds=60):
            fail("The web server did not start; its log is above.")
        say(WORDS.format(host="localhost" if host == "127.0.0.1" else host, port=port))
        return _wait(children)


def _replies(port: int) -> bool:
    """Whether a request is answered, whatever the answer: the port alone is open before that."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        link.request("GET", "/healthz")
        return link.getresponse().status > 0
    except OSError:
        return False
    finally:
        link.close()


def _prepare(env: Mapping[str, str]) -> None:
    """Migrate, load prices, seed: only when something that these read has changed.

    A new database whose making is cut off goes again, so that the next start makes it whole.
    """
    stamp = VAR / "prepared"
    wanted = _fingerprint()
    embedded = not os.environ.get("DATABASE_URL")
    existed = (VAR / "scrip.sqlite3").exists()
    if embedded and existed and stamp.exists() and stamp.read_text() == wanted:
        return
    try:
        for command in _steps():
            need([PYTHON, "manage.py", *command], env)
    except (KeyboardInterrupt, SystemExit):
        if embedded and not existed:
            _remove_database()
        raise
    if embedded:
        stamp.write_text(wanted)


def _remove_database() -> None:
    for path in VAR.glob("scrip.sqlite3*"):
        path.unlink()


def _steps() -> list[list[str]]:
    steps = [["migrate", "--verbosity", "0"]]
    if _has_command("load_price_book"):
        steps.append(["load_price_book", "--shipped"])
    if _has_command("seed_demo"):
        steps.append(["seed_demo"])
    return steps


def _has_command(name: str) -> bool:
    return any(ROOT.glob(f"apps/*/management/commands/{name}.py"))


def _fingerprint() -> str:
    """Of the migrations, the shipped prices, and the demo's world with the trace it is made of."""
    kinds = ("apps/*/migrations/*.py", "apps/pricing/catalogue/*", "apps/demo/**/*.py", "apps/usage/traces/*")
    files = sorted(path for kind in kinds for path in ROOT.glob(kind) if path.is_file())
    digest = hashlib.sha256()
    for path in files:
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _children(env: Mapping[str, str], host: str, port: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    children: list[subprocess.Popen[bytes]] = []
    try:
        children.append(start(_web(host, port), env))
        if _has_scheduled_work(env):
            children.append(start(_clock(), env))
        yield children
    finally:
        for child in children:
            stop(child, signal.SIGTERM)


def _web(host: str, port: int) -> list[str]:
    """Without Redis the cache lives in one process, so one process serves; else two."""
    workers = "2" if os.environ.get("REDIS_URL") else "1"
    program = [str(PYTHON), "-m", "gunicorn", "config.wsgi", "--bind", f"{host}:{port}"]
    size = ["--workers", workers, "--worker-class", "gthread", "--threads", "8"]
    return [*program, *size, "--no-control-socket", "--log-level", "warning"]


def _clock() -> list[str]:
    """One process that rings and works, without its banner and its advice about the machine's user."""
    program = [str(PYTHON), "-W", "ignore:You're running the worker", "-m", "celery", "-q", "-A", "config"]
    return [*program, "worker", "-B", "--pool=solo", "--loglevel=warning"]


def _has_scheduled_work(env: Mapping[str, str]) -> bool:
    ask = "import sys; from config.celery import app; sys.exit(not app.conf.beat_schedule)"
    return (
        subprocess.run([PYTHON, "-c", ask], cwd=ROOT, env={**os.environ, **env}, check=False).returncode == 0
    )


def _wait(children: list[subprocess.Popen[bytes]]) -> int:
    """0 when asked to stop; 1 when a program ended by itself."""
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    while not asked.wait(0.3):
        if any(child.poll() is not None for child in children):
            say("A part of Scrip has ended by itself; stopping the others.")
            return 1
    return 0
