"""``manage.py import_model_prices FILE [--dry-run] [--effective-from ISO]``."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apps.core.clock import now
from apps.core.errors import Problem
from apps.pricing.file_tables import PriceFileError
from apps.pricing.management.reports import add_options, starting_instant, write_import
from apps.pricing.price_list import read_price_list
from apps.pricing.services import import_model_prices


class Command(BaseCommand):
    help = "Read the community's list of provider prices into new rate versions; all or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="model_prices.json")
        add_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        start = starting_instant(options["effective_from"])
        try:
            price_list = read_price_list(path)
            with transaction.atomic():
                report = import_model_prices(
                    price_list=price_list,
                    at=now(),
                    actor=f"import_model_prices {path.name}",
                    effective_from=start,
                )
                write_import(self.stdout, report)
                transaction.set_rollback(options["dry_run"])
        except (PriceFileError, Problem) as error:
            raise CommandError(f"{error} Nothing was changed.") from error
        if options["dry_run"]:
            self.stdout.write("Dry run: nothing was stored.")
