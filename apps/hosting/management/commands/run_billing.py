"""``manage.py run_billing YYYY-MM [--owner organisation:ID]``: the bills of an ended month."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.clock import now
from apps.core.errors import Problem
from apps.hosting.running import start_billing
from apps.jobs.reporting import report_on
from apps.jobs.working import carry_out


class Command(BaseCommand):
    help = "Bill what was hosted in a month; again it only makes what is missing or was voided."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("month", help="an ended month, such as 2026-10")
        parser.add_argument("--owner", default="", help="one payer alone: organisation:ID or user:ID")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = start_billing(month=options["month"], owner=options["owner"], actor="command", at=now())
        except Problem as problem:
            raise CommandError(problem.detail or str(problem)) from problem
        report_on(carry_out(run), self.stdout.write)
