"""The table of a usage breakdown: names, shares, averages, where each row leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.core import figures
from apps.core.charts import bar_width
from apps.portal.usage_page.links import Links
from apps.portal.usage_page.names import Name
from apps.usage.history import Part, Sum

MOST = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `url` leads to the same page for a person or a cost centre, `list_url` to transactions.
    Micro-tokens."""

    name: str
    second: str
    amount: int
    uses: int
    width: str
    share: str
    url: str = ""
    list_url: str = ""

    @property
    def average(self) -> int | None:
        """Per use, rounded down."""
        return self.amount // self.uses if self.uses else None


def make_rows(
    parts: Sequence[Part], names: Sequence[Name], whole: Sum, links: Links, *, most: int = MOST
) -> tuple[Row, ...]:
    """At most `most` rows, the rest put together in one, so that the rows add up to the whole."""
    longest = max((part.sum.amount for part in parts), default=0)
    shown = list(zip(parts, names, strict=True))[:most]
    rows = [_row(name, part.sum, longest, whole, links, part.key) for part, name in shown]
    if len(parts) > most:
        amount = whole.amount - sum(row.amount for row in rows)
        uses = max(whole.uses - sum(row.uses for row in rows), 0)
        rows.append(_plain(_("All others"), "", Sum(amount, uses), max(longest, amount), whole))
    return tuple(rows)


def _row(name: Name, found: Sum, longest: int, whole: Sum, links: Links, key: str) -> Row:
    url = _url(name, links)
    list_url = ""
    if name.person:
        list_url = links.transactions(links.asked.span, person=name.text)
    elif links.asked.by == "operation":
        list_url = links.transactions(links.asked.span, operation=key)
    return _plain(name.text, name.second, found, longest, whole, url, list_url)


def _url(name: Name, links: Links) -> str:
    """Where a row leads, but to the page it stands on."""
    if name.person:
        return links.here(person=name.person, by="operation")
    if name.centre and name.centre != links.asked.centre:
        return links.here(centre=name.centre, by="operation")
    return ""


def _plain(
    name: str, second: str, found: Sum, longest: int, whole: Sum, url: str = "", list_url: str = ""
) -> Row:
    return Row(
        name=name,
        second=second,
        amount=found.amount,
        uses=found.uses,
        width=bar_width(found.amount, longest),
        share=figures.share(found.amount, whole.amount),
        url=url,
        list_url=list_url,
    )
