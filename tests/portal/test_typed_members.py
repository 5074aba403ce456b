"""Lines of members as people write them: whom each means, or why it means nobody."""

from __future__ import annotations

import pytest

from apps.allocations.audience import Candidate
from apps.portal.allocations_page.typed import read_lines

ADA = Candidate("ada", "Ada Byron", "ada@school.example", "member", 0, None)
BOB = Candidate("bob@old.example", "head@school.example", "bob@school.example", "member", 0, None)
EVE = Candidate("eve", "eve@school.example", "eve@school.example", "member", 0, None)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("ada", "ada"),
        ("ADA byron", "ada"),
        ("ada@school.example", "ada"),
        ("bob@old.example", "bob@old.example"),
        ("bob@school.example", "bob@old.example"),
        ("head@school.example", ""),
        ("eve@school.example", "eve"),
    ],
)
def test_an_address_means_who_has_it_and_nobody_who_is_called_so(line: str, key: str) -> None:
    (read,) = read_lines(f"{line};50", [ADA, BOB, EVE], with_amounts=True)
    assert read.key == key
    assert bool(read.problem) == (not key)
