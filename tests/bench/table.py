"""Figures from runs: medians, ratios and the tables they are read in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from statistics import median


@dataclass(slots=True)
class Comparison:
    """One row: what is measured against what, with the runs of both sides in operations a second."""

    title: str
    ours: str
    theirs: str
    goal: Fraction
    least: Fraction
    runs: dict[str, list[int]] = field(default_factory=dict)

    def add(self, side: str, rate: int) -> None:
        self.runs.setdefault(side, []).append(rate)

    @property
    def ratio(self) -> Fraction:
        """How many times the other side's median ours is."""
        return Fraction(self.middle(self.ours), max(self.middle(self.theirs), 1))

    def middle(self, side: str) -> int:
        return int(median(self.runs[side]))

    @property
    def verdict(self) -> str:
        if self.ratio >= self.goal:
            return "reached"
        return "short of the goal" if self.ratio >= self.least else "too slow"


def markdown(comparisons: Sequence[Comparison]) -> str:
    """Everything about one execution: the table, and every run."""
    lines = [
        "| what | ours/s | against | theirs/s | ratio | goal | |",
        "| --- | --: | --- | --: | --: | --: | --- |",
    ]
    lines += [_row(comparison) for comparison in comparisons]
    lines += ["", "Runs, per second, in the order they were made:", ""]
    for comparison in comparisons:
        for side, rates in comparison.runs.items():
            lines.append(f"- {comparison.title}, {side}: {', '.join(f'{rate:,}' for rate in rates)}")
    return "\n".join([*lines, ""])


def _row(row: Comparison) -> str:
    cells = (
        row.title,
        f"{row.middle(row.ours):,}",
        row.theirs,
        f"{row.middle(row.theirs):,}",
        plain(row.ratio),
        plain(row.goal),
        row.verdict,
    )
    return f"| {' | '.join(cells)} |"


def plain(number: Fraction) -> str:
    """Two decimals, or one from ten on."""
    return f"{float(number):.1f}" if number >= 10 else f"{float(number):.2f}"
