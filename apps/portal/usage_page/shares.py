"""What a span of use went on, by operation, as bars with a sentence over them. Micro-tokens."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.core import figures, findings
from apps.core.charts import Bar, bars
from apps.portal.usage_page.names import names_of
from apps.usage.history import Instants, Wanted, breakdown

MOST = 6
ALL = 1000
"""More operations than a price book has."""


@dataclass(frozen=True, slots=True)
class Shares:
    """The bars and their sum; without any use there are no bars and no title."""

    title: str
    bars: tuple[Bar, ...]
    total: int

    @property
    def places(self) -> int:
        return figures.sum_places([bar.amount for bar in self.bars], self.total)


def load_shares(wanted: Wanted, span: Instants, price_book: str) -> Shares:
    """An organisation's use by operation: two queries."""
    parts = breakdown(wanted, span, "operation", limit=ALL)
    names = names_of(parts, "operation", price_book=price_book, is_organisation=True)
    total = sum(part.sum.amount for part in parts)
    rows = most_of([(name.text, part.sum.amount) for name, part in zip(names, parts, strict=True)])
    title = findings.share_title(rows[0][0], rows[0][1], total) if rows else ""
    return Shares(title, bars(rows, total=total) if rows else (), total)


def most_of(rows: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The largest, and all others in one row, so that the rows add up to the whole."""
    if len(rows) <= MOST:
        return rows
    return [*rows[: MOST - 1], (_("All others"), sum(amount for _name, amount in rows[MOST - 1 :]))]
