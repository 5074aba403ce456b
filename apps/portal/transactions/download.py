"""The transactions that were looked for as CSV, line by line: exact amounts, and no cell is a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _

from apps.core.csv_files import plain_cell
from apps.core.units import format_tokens
from apps.portal.transactions.lines import Line
from apps.portal.transactions.reading import Search, read_page

BATCH = 1000


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(search: Search, zone: ZoneInfo, language: str) -> Iterator[str]:
    """The download piece by piece; a thousand lines are read at a time."""
    writer = csv.writer(_Echo())
    with translation.override(language):
        heading: str = writer.writerow(_headings(search.holding.is_own))
    yield heading
    cursor = None
    while True:
        page = read_page(search, cursor, BATCH)
        with translation.override(language):
            rows = [_cells(line, zone, search.holding.is_own) for line in page.lines]
        yield "".join(writer.writerow(row) for row in rows)
        if page.next is None:
            return
        cursor = page.next


def _headings(is_own: bool) -> list[str]:
    who = [_("Organisation that paid"), _("Paid by the organisation")] if is_own else [_("Person")]
    return [
        _("Number"),
        _("Time"),
        _("Type"),
        _("What"),
        _("Category"),
        _("Operation"),
        _("Model"),
        _("Tokens"),
        _("Balance after"),
        *who,
        _("Refunded"),
        _("Charge"),
        _("Note"),
    ]


def _cells(line: Line, zone: ZoneInfo, is_own: bool) -> list[str]:
    after = "" if line.balance_after is None else format_tokens(line.balance_after)
    paid = format_tokens(line.paid) if line.paid else ""
    who = [plain_cell(line.payer), paid] if is_own else [plain_cell(line.who)]
    texts = (line.kind, line.title, line.category, line.operation, line.model)
    return [
        line.transfer,
        line.at.astimezone(zone).isoformat(timespec="seconds"),
        *map(plain_cell, texts),
        format_tokens(line.amount),
        after,
        *who,
        format_tokens(line.refunded) if line.refunded else "",
        line.charge,
        plain_cell(line.note),
    ]
