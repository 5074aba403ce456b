"""``manage.py reset_free_tokens --cycle YYYY-MM``: begin the cycle in every wallet in which it has come."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.clock import now
from apps.core.errors import Problem
from apps.jobs.reporting import report_on
from apps.jobs.working import carry_out
from apps.wallets.resetting import start_reset


class Command(BaseCommand):
    help = "Let the old cycle's free tokens lapse and grant the new ones, once per wallet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cycle", required=True, help="the month that begins, such as 2026-12")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = start_reset(cycle=options["cycle"], actor="command", at=now())
        except Problem as problem:
            raise CommandError(problem.detail or str(problem)) from problem
        report_on(carry_out(run), self.stdout.write)
