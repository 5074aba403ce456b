"""The benchmark's own databases on the given server."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

DURABILITY = ("fsync", "synchronous_commit", "full_page_writes")
SCRIP, MINIMAL, PEER, MONTHS = "bench_scrip", "bench_minimal", "bench_peer", "bench_months"


def url(database: str) -> str:
    """The address of a database beside the given one."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}"))


@contextmanager
def connected(database: str | None = None) -> Iterator[psycopg.Connection]:
    """An open connection whose statements take effect one by one."""
    address = url(database) if database else os.environ["DATABASE_URL"]
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


def make(database: str) -> None:
    """An empty database of that name, in place of one that an earlier execution left."""
    with connected() as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {database}".encode())


def drop(database: str) -> None:
    with connected() as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)".encode())


def settle() -> None:
    """Write out what earlier runs left in memory, so that no run pays for the one before."""
    with connected() as connection:
        connection.execute("CHECKPOINT")


def tidy(database: str) -> None:
    """Fresh statistics, and no dead rows from the run before."""
    with connected(database) as connection:
        connection.execute("VACUUM (ANALYZE)")


def machine() -> dict[str, str]:
    """Where the figures come from."""
    with connected() as connection:
        version = connection.execute("SELECT version()").fetchone()
        durability = [_setting(connection, name) for name in DURABILITY]
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": platform.platform(),
        "Python": platform.python_version(),
        "PostgreSQL": str(version[0]).split(" on ")[0].removeprefix("PostgreSQL ") if version else "?",
        "durability": ", ".join(durability),
    }


def _setting(connection: psycopg.Connection, name: str) -> str:
    row = connection.execute(f"SHOW {name}".encode()).fetchone()
    return f"{name} {row[0]}" if row else name


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def parts(database: str) -> dict[str, str]:
    """The same as Django's settings name them."""
    given = urlsplit(url(database))
    return {
        "NAME": database,
        "USER": given.username or "",
        "PASSWORD": given.password or "",
        "HOST": given.hostname or "",
        "PORT": str(given.port or 5432),
    }
