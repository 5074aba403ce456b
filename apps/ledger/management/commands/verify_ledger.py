"""``manage.py verify_ledger``: exit 0 and counts, or exit 1 and the first differences."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from apps.core.clock import now
from apps.core.proof import SHOWN, Report
from apps.ledger.checking import check_ledger


class Command(BaseCommand):
    help = "Prove the books: every rule of every app, in one snapshot of live data. Only the result is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, default=SHOWN, help="differences shown of each rule")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        report = check_ledger(actor="command", at=now(), limit=max(options["limit"], 1))
        self._write_counts(report)
        spent = f"{len(report.rules)} rules in {time.monotonic() - began:.1f} s"
        if report.holds:
            self.stdout.write(f"The ledger holds. ({spent})")
            return
        for difference in report.differences:
            self.stdout.write(f"{difference.rule}\n  {difference.subject}: {difference.detail}")
        self.stdout.write(f"The ledger does not hold: see the {len(report.differences)} above. ({spent})")
        sys.exit(1)

    def _write_counts(self, report: Report) -> None:
        for table, count in report.counts.items():
            self.stdout.write(f"{count:>12,}  {table}")
