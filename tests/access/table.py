"""The access matrix as it is written in the text files beside this one.

A line is a method, an address and what each person gets; `#` begins a comment. The line that begins with
`who` names the people of the lines below it. Addresses may hold `{names}` of things in `tests.access.world`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Row:
    """What everybody gets at one address by one method."""

    place: str
    method: str
    address: str
    expected: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.address}"


def rows_of(name: str) -> tuple[Row, ...]:
    """The rows of a file, in its order; ValueError names a line that does not fit its columns."""
    return tuple(_rows(name))


def _rows(name: str) -> Iterator[Row]:
    people: list[str] = []
    for number, line in enumerate((HERE / name).read_text().splitlines(), 1):
        words = line.partition("#")[0].split()
        if words[:1] == ["who"]:
            people = words[1:]
        elif words:
            method, address, *statuses = words
            if len(statuses) != len(people):
                raise ValueError(f"{name}, line {number}: {len(statuses)} statuses for {len(people)} people")
            yield Row(f"{name}:{number}", method, address, dict(zip(people, statuses, strict=True)))
