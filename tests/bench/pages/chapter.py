"""The chapter of `make bench` about pages: two worlds, every page of the large one, the overview in both."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median

from tests.bench import databases
from tests.bench.pages.scale import SMALL, Scale, large
from tests.bench.table import plain
from tooling.shell import PYTHON, ROOT, say

GOAL = 1_000
"""Milliseconds that the server may take for a page."""
RATIO = Fraction("1.5")
"""How many times as long the overview may take in the large world."""
OVERVIEW = "overview"
"""Of somebody with ten entries, in each world."""
TIMES, OFTEN, ROUNDS = 3, 20, 5
Environment = Callable[[str], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Look:
    """Milliseconds of each time a page was asked for, the first of them cold; queries of the first time."""

    page: str
    address: str
    status: int
    microseconds: Sequence[int]
    queries: int

    @property
    def first(self) -> int:
        return self.microseconds[0] // 1_000

    @property
    def middle(self) -> int:
        """Of the times after the first, in microseconds."""
        return int(median(self.microseconds[1:]))

    @property
    def verdict(self) -> str:
        if self.status not in (200, 302):  # what is found at once is gone to
            return f"answers {self.status}"
        return "reached" if self.first < GOAL else "too slow"


def measure(environment: Environment) -> str:
    """Fill both worlds, look at their pages, and tell the tables; the worlds are dropped afterwards."""
    worlds = (SMALL, large())
    try:
        for scale in worlds:
            say(f"Filling {scale.wallets:,} wallets and {scale.entries:,} entries …")
            databases.make(scale.database)
            _side(environment, scale, "fill")
        databases.settle()
        return _report(_pages(environment, large()), _overviews(environment, worlds), worlds)
    finally:
        for scale in worlds:
            databases.drop(scale.database)


def _pages(environment: Environment, scale: Scale) -> list[Look]:
    return looks(_side(environment, scale, "look", str(TIMES), ""))


def _overviews(environment: Environment, worlds: Sequence[Scale]) -> Mapping[Scale, list[int]]:
    """Microseconds of the overview in each world, in turn."""
    runs: dict[Scale, list[int]] = {scale: [] for scale in worlds}
    for _ in range(ROUNDS):
        for scale in worlds:
            found = looks(_side(environment, scale, "look", str(OFTEN), OVERVIEW))
            runs[scale].append(next(look.middle for look in found if look.page == OVERVIEW))
    return runs


def _side(environment: Environment, scale: Scale, *words: str) -> str:
    """What a process of its own says about a world."""
    command = [str(PYTHON), "-m", "tests.bench.pages.side", scale.database, *words]
    answer = subprocess.run(
        command, cwd=ROOT, env=environment(scale.database), stdout=subprocess.PIPE, text=True, check=True
    )
    return answer.stdout


def looks(answer: str) -> list[Look]:
    """The looks among the lines of a process."""
    return [Look(**json.loads(line)) for line in answer.splitlines() if line.startswith('{"page"')]


def _report(pages: Sequence[Look], overviews: Mapping[Scale, list[int]], worlds: tuple[Scale, Scale]) -> str:
    small, big = worlds
    ratio = Fraction(int(median(overviews[big])), int(median(overviews[small])))
    slow = sum(look.verdict != "reached" for look in pages)
    title = (
        f"Pages at {big.wallets:,} wallets and {big.entries:,} entries: {len(pages)}, of which {slow} miss"
    )
    goal = f"at most {plain(RATIO)}: {'reached' if ratio <= RATIO else 'too slow'}"
    compared = f"The overview takes {plain(ratio)} times as long as at {small.entries:,} entries ({goal})"
    lines = [f"{title} {GOAL:,} ms of server time.", "", *_table(pages), ""]
    lines += [f"{compared}. Runs in turn, in µs:", ""]
    for scale, runs in overviews.items():
        lines.append(f"- {scale.entries:,} entries: {', '.join(f'{run:,}' for run in runs)}")
    return "\n".join([*lines, ""])


def _table(pages: Sequence[Look]) -> list[str]:
    head = ["| page | first, ms | then, ms | queries | |", "| --- | --: | --: | --: | --- |"]
    return head + [
        f"| {look.page} | {look.first:,} | {look.middle // 1_000:,} | {look.queries} | {look.verdict} |"
        for look in pages
    ]
