"""`python -m tests.bench [ROW … | pages]`: make databases, measure, write the tables."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

from tests.bench import databases, minimal, serving
from tests.bench.pages import chapter
from tests.bench.size import chosen
from tests.bench.table import Comparison, markdown
from tooling.shell import PYTHON, ROOT, VAR, say

SIZE = chosen()
MONTH_END = {"reset", "reset_by_two", "bills", "bills_by_two"}
"""Rows over a database of their own, at size."""
PAGES = "pages"
"""Asked for like a row; a chapter with a table of its own."""
Measure = Callable[[], int]
SETTINGS = {
    databases.SCRIP: {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEBUG": "0",
        "HTTPS": "0",
        "REDIS_URL": "",
    },
    "served": {
        "DJANGO_SETTINGS_MODULE": "tests.bench.server_settings",
        "DEBUG": "0",
        "HTTPS": "0",
        "LOG_LEVEL": "WARNING",
    },
    databases.MONTHS: {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEBUG": "0",
        "HTTPS": "0",
        "REDIS_URL": "",
    },
    databases.PEER: {"DJANGO_SETTINGS_MODULE": "tests.bench.peer_settings"},
}
KEY = {"SECRET_KEY": "only-for-measuring-" + "k" * 50}


@dataclass(frozen=True, slots=True)
class Row:
    """A comparison, how each of its sides is measured, and how often: once where it is large."""

    comparison: Comparison
    ours: Measure
    theirs: Measure
    runs: int = SIZE.runs


def environment(settings: str, database: str) -> dict[str, str]:
    """What a process of one side is told."""
    return {**os.environ, **KEY, **SETTINGS[settings], "DATABASE_URL": databases.url(database)}


def side(name: str, database: str = databases.SCRIP, settings: str | None = None) -> int:
    """What a side, run in a process of its own, says."""
    answer = subprocess.run(
        [str(PYTHON), "-m", "tests.bench.side", name],
        cwd=ROOT,
        env=environment(settings or database, database),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return int(answer.stdout.split()[-1])


def rows(folder: Path) -> Mapping[str, Row]:
    """The comparisons by the name they are asked for."""

    def floor() -> int:
        return minimal.measure(SIZE, folder)

    def against(title: str, theirs: str, goal: str, least: str) -> Comparison:
        return Comparison(title, "Scrip", theirs, Fraction(goal), Fraction(least))

    own, pool = "batch of 1,000 events, own wallets", "batch of 1,000 events, one shared pool"
    bare = "bare SQL that writes the same rows"
    pgbench = "minimal charges, 50 per transaction, pgbench"
    return {
        "batch": Row(against(own, pgbench, "0.20", "0.10"), lambda: side("own_wallets"), floor),
        "pool": Row(against(pool, pgbench, "0.20", "0.10"), lambda: side("shared_pool"), floor),
        "peer": Row(
            against(own, "django-hordak, one transfer per event, balance checked", "20", "10"),
            lambda: side("own_wallets"),
            lambda: side("peer_charge", databases.PEER),
        ),
        "bare_peer": Row(
            against(own, "django-hordak, bare transfers", "20", "10"),
            lambda: side("own_wallets"),
            lambda: side("peer_transfer", databases.PEER),
        ),
        "http": Row(
            against("POST charges over HTTP, 8 connections, full rules", "naive ORM view", "0.70", "0.35"),
            lambda: over_http("scrip"),
            lambda: over_http("naive"),
        ),
        "hot": Row(
            against(
                "one hot wallet, 32 connections", f"spread over {SIZE.wallets:,} wallets", "0.80", "0.40"
            ),
            lambda: side("hot"),
            lambda: side("spread"),
        ),
        "reset": Row(
            against(f"free tokens of {SIZE.people:,} wallets reset, one process", bare, "0.50", "0.25"),
            lambda: side("reset", databases.MONTHS),
            lambda: side("bare_reset", databases.MONTHS),
            runs=1,
        ),
        "reset_by_two": Row(
            against(f"free tokens of {SIZE.people:,} wallets reset, two workers", bare, "0.50", "0.25"),
            lambda: side("reset_by_two", databases.MONTHS),
            lambda: side("bare_reset", databases.MONTHS),
            runs=1,
        ),
        "bills_by_two": Row(
            against(f"{SIZE.payers * 10:,} resources billed, two workers", bare, "0.50", "0.25"),
            lambda: side("bills_by_two", databases.MONTHS),
            lambda: side("bare_bills", databases.MONTHS),
        ),
        "bills": Row(
            against(f"{SIZE.payers * 10:,} resources billed, one process", bare, "0.50", "0.25"),
            lambda: side("bills", databases.MONTHS),
            lambda: side("bare_bills", databases.MONTHS),
        ),
    }


def over_http(name: str) -> int:
    """Requests a second that a server, started for this run, answers."""
    env = environment("served", databases.SCRIP)
    with serving.server(env) as port:
        return serving.measure(port, name, env)


def main() -> None:
    asked = _asked()
    parts = [_ratios(asked)] if asked - {PAGES} else []
    if PAGES in asked:
        quiet = {"LOG_LEVEL": "ERROR"}
        parts.append(chapter.measure(lambda database: environment(databases.SCRIP, database) | quiet))
    _report("\n".join(parts))


def _asked() -> set[str]:
    known = [*rows(Path()), PAGES]
    asked = sys.argv[1:] or known
    unknown = sorted(set(asked) - set(known))
    if unknown:
        sys.exit(f"There is no row {unknown[0]}. Known: {', '.join(known)}.")
    return set(asked)


def _ratios(asked: set[str]) -> str:
    databases.make(databases.SCRIP)
    databases.make(databases.PEER)
    try:
        with tempfile.TemporaryDirectory() as folder:
            chosen_rows = {name: row for name, row in rows(Path(folder)).items() if name in asked}
            _prepare(chosen_rows)
            for row in chosen_rows.values():
                _run(row)
        figures = markdown([row.comparison for row in chosen_rows.values()])
        return figures + (_memory() if "reset" in asked else "")
    finally:
        for database in (databases.SCRIP, databases.MINIMAL, databases.PEER, databases.MONTHS):
            databases.drop(database)


def _memory() -> str:
    """What a reset of all wallets takes of memory beyond the first 10,000: at most 64 MiB are meant."""
    more = side("reset_memory", databases.MONTHS)
    return f"\nMemory at {SIZE.people:,} wallets above that at 10,000: {more} MiB (at most 64).\n"


def _prepare(asked: Mapping[str, Row]) -> None:
    say("Making the databases …")
    if asked.keys() - MONTH_END:
        side("world")
        databases.tidy(databases.SCRIP)
    if asked.keys() & MONTH_END:
        databases.make(databases.MONTHS)
        side("month_world", databases.MONTHS)
    if "http" in asked:
        side("naive_world", settings="served")
        databases.tidy(databases.SCRIP)
    if asked.keys() & {"batch", "pool"}:
        minimal.prepare(SIZE)
    if asked.keys() & {"peer", "bare_peer"}:
        side("peer_world", databases.PEER)
        databases.tidy(databases.PEER)


def _run(row: Row) -> None:
    comparison = row.comparison
    for _ in range(row.runs):
        for name, measure in ((comparison.ours, row.ours), (comparison.theirs, row.theirs)):
            databases.settle()
            comparison.add(name, measure())
            say(f"{comparison.title}, {name}: {comparison.runs[name][-1]:,}/s")


def _report(figures: str) -> None:
    machine = "".join(f"- {name}: {value}\n" for name, value in databases.machine().items())
    text = f"{machine}\n{figures}"
    folder = VAR / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.md"
    place.write_text(text)
    say(f"\n{text}\nWritten to {place.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
