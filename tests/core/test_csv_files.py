"""A CSV file is data: nothing in it may run in a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest

from apps.core.csv_files import Number, csv_text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_text_becomes_a_formula(start: str) -> None:
    rows = list(csv.reader(io.StringIO(csv_text(["name"], [[f"{start}cmd()"]]), newline="")))
    assert rows[1][0] == f"'{start}cmd()"


def test_our_own_numbers_stay_numbers() -> None:
    assert csv_text(["a", "b"], [[Number("-1.5"), 3]]).splitlines()[1] == "-1.5,3"
