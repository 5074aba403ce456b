"""Tables as CSV files that spreadsheets open without running anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_text(head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    """The table with its head line. Texts that a spreadsheet would take for a formula get an apostrophe in
    front; numbers are given as int or as `Number`."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([plain_cell(cell) for cell in head])
    writer.writerows([plain_cell(cell) for cell in row] for row in rows)
    return out.getvalue()


class Number(str):
    """A number written by us, such as an amount from `format_tokens`: its minus is no formula."""

    __slots__ = ()


def plain_cell(cell: str | int) -> str:
    """The cell's text, harmless."""
    if isinstance(cell, Number | int) or not cell.startswith(STARTS_A_FORMULA):
        return str(cell)
    return f"'{cell}"
