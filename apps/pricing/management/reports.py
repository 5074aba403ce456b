"""What the two loading commands have in common: their options and what they print."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from django.core.management.base import CommandError, OutputWrapper

from apps.pricing.publishing import Published
from apps.pricing.services import ImportReport, LoadReport

SHOWN = 20
"""How many single changes are printed."""


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="show what would change, store nothing")
    parser.add_argument("--effective-from", metavar="ISO", help="when new versions start (default: now)")


def starting_instant(text: str | None) -> datetime | None:
    """The instant of an ISO text; without an offset it is UTC."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--effective-from: {text!r} is no ISO 8601 instant.") from None
    return instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(UTC)


def write_import(out: OutputWrapper, report: ImportReport) -> None:
    for model, field, before, after in report.changes[:SHOWN]:
        out.write(f"  {model}: {field} {before or 'none'} -> {after or 'none'}")
    if len(report.changes) > SHOWN:
        out.write(f"  and {len(report.changes) - SHOWN} more prices")
    out.write(
        f"Models: {report.new} new, {report.changed} changed, {report.unchanged} unchanged; "
        f"{report.not_chargeable} not chargeable."
    )
    out.write(
        f"Ignored: {report.ignored.total()} values of {len(report.ignored)} unknown fields, "
        f"{report.tiered} tiered_pricing lists."
    )
    _write_published(out, report.published)


def write_load(out: OutputWrapper, report: LoadReport) -> None:
    if report.is_empty:
        out.write(f"{report.price_book}: unchanged.")
        return
    for change in report.changes.other:
        out.write(f"  {change}")
    out.write(f"{report.price_book}: loaded.")
    if report.hosting:
        out.write(f"  {report.price_book} hosting and storage: new version")
    _write_published(out, report.published)


def _write_published(out: OutputWrapper, published: Iterable[Published]) -> None:
    first = Counter((item.price_book, item.operation, item.first) for item in published)
    for (book, operation, new), number in sorted(first.items()):
        out.write(f"  {book} {operation}: {number} {'new rates' if new else 'new versions'}")
