"""`make test`: what reads the code, then the suites that run it on both databases."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tooling import browser, services
from tooling.shell import PYTHON, ROOT, VENV, fail, run_labelled, say, stop_labelled

Job = Callable[[], int]
BIN = VENV / "bin"
EMBEDDED = {"DATABASE_URL": f"sqlite:///{ROOT / 'var' / 'scrip.sqlite3'}", "REDIS_URL": ""}
IN_TESTS = {"DJANGO_SETTINGS_MODULE": "config.settings_test"}

STATIC: dict[str, Sequence[str | Path]] = {
    "types": [BIN / "mypy"],
    "lint": [BIN / "ruff", "check", "--quiet", "."],
    "format": [BIN / "ruff", "format", "--check", "--quiet", "."],
    "layers": [BIN / "lint-imports", "--no-logo"],
    "migrations": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
    "deployment": [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
}
PRODUCTION = {
    "DEBUG": "0",
    "HTTPS": "1",
    "SECRET_KEY": "only-to-be-checked-0123456789-abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "scrip.example",
}


def read_code() -> list[str]:
    """Lint, format, types, layers, migrations, deployment; answers what failed."""
    jobs = {name: _job(name, command, {**EMBEDDED, **PRODUCTION}) for name, command in STATIC.items()}
    return _together(jobs)


DRIVEN = {"sqlite": "browser", "postgresql": "browser and not every_page"}
"""What each database's run of the browser is: pages are looked at one by one where that is quicker."""


def run_suites(arguments: Sequence[str]) -> list[str]:
    """The suite on SQLite and then with a browser; at the same time both on PostgreSQL with Redis."""
    with services.private() as given:
        found = {"CHROMIUM": browser.chromium(), "DJANGO_ALLOW_ASYNC_UNSAFE": "true"}
        rows = []
        for name, env in {"postgresql": given, "sqlite": EMBEDDED}.items():
            alone = _suite(name, env, ["-m", "not browser", *arguments])
            driven = _suite(f"{name} browser", {**env, **found}, ["-m", DRIVEN[name], *arguments])
            rows.append({name: alone, f"{name} browser": driven})
        return _beside(rows)


def test(arguments: Sequence[str]) -> int:
    """Everything; prints what failed and how long it took."""
    began = time.monotonic()
    failed = read_code()
    if failed:
        say("The code was read with findings; the suites run all the same.")
    failed += run_suites(arguments)
    spent = f"{time.monotonic() - began:.0f} s"
    if failed:
        fail(f"Failed after {spent}: {', '.join(failed)}.")
    say(f"All passed in {spent}.")
    return 0


def _suite(name: str, env: Mapping[str, str], arguments: Sequence[str]) -> Job:
    expected = {"SCRIP_EXPECTS": name.split(maxsplit=1)[0], "PYTHONUNBUFFERED": "1"}
    command = [str(PYTHON), "-m", "pytest", "-q", *arguments]
    return _job(name, command, {**env, **expected})


def _job(name: str, command: Sequence[str | Path], env: Mapping[str, str]) -> Job:
    return lambda: run_labelled(name, command, env)


def _together(jobs: Mapping[str, Job]) -> list[str]:
    """Run jobs two at a time, in order; the names of those that failed."""
    return _beside([{name: job} for name, job in jobs.items()])


def _beside(rows: Sequence[Mapping[str, Job]]) -> list[str]:
    """Run rows of jobs, two rows at a time, a row's jobs one by one; the names of those that failed."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        answers = [pool.submit(_failed_of, row) for row in rows]
        try:
            return [name for answer in answers for name in answer.result()]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            stop_labelled()
            raise


def _failed_of(row: Mapping[str, Job]) -> list[str]:
    return [name for name, job in row.items() if job() != 0]
