"""The breakdown of a usage page as CSV: exact amounts, shares in percent, the sum at the end."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.core.csv_files import Number, csv_text
from apps.core.units import format_tokens
from apps.portal.usage_page.choices import BY_NAMES
from apps.portal.usage_page.page import UsagePage

MOST_LINES = 10_000


def usage_table(page: UsagePage) -> str:
    """The table as CSV text."""
    head = (
        _(BY_NAMES[page.asked.by]),
        _("Details"),
        _("Tokens"),
        _("Percent"),
        _("Uses"),
        _("Tokens per use"),
        _("From"),
        _("To"),
    )
    first, last = page.asked.span.first.isoformat(), page.asked.span.last.isoformat()
    rows = [
        (
            row.name,
            row.second,
            Number(format_tokens(row.amount)),
            Number(_percent(row.amount, page.total.amount)),
            row.uses,
            Number(format_tokens(row.average) if row.average is not None else ""),
            first,
            last,
        )
        for row in page.rows
    ]
    return csv_text(head, rows)


def file_name(page: UsagePage) -> str:
    """``usage-lindenhof-2026-10-26-2026-11-24-operation.csv``."""
    whose = page.holding.slug or "wallet"
    span = page.asked.span
    return f"usage-{whose}-{span.first.isoformat()}-{span.last.isoformat()}-{page.asked.by}.csv"


def _percent(part: int, whole: int) -> str:
    """With two decimals, rounded down; empty without a whole."""
    if whole <= 0:
        return ""
    hundredths = max(part, 0) * 10_000 // whole
    return f"{hundredths // 100}.{hundredths % 100:02d}"
