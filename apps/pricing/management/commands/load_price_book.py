"""``manage.py load_price_book FILE | --shipped [--dry-run] [--effective-from ISO]``."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apps.core.clock import now
from apps.core.errors import Problem
from apps.pricing.file_tables import PriceFileError
from apps.pricing.management.reports import add_options, starting_instant, write_import, write_load
from apps.pricing.price_book_file import read_price_book
from apps.pricing.services import load_price_book, load_shipped_catalogue


class Command(BaseCommand):
    help = "Load a price book from its file, or all shipped ones with the shipped provider prices."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="a price book's TOML file")
        parser.add_argument("--shipped", action="store_true", help="the shipped books and provider prices")
        add_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["file"]) == options["shipped"]:
            raise CommandError("Give a FILE or --shipped.")
        if options["shipped"] and options["effective_from"]:
            raise CommandError("--effective-from goes with a FILE.")
        try:
            with transaction.atomic():
                self._load(options)
                transaction.set_rollback(options["dry_run"])
        except (PriceFileError, Problem) as error:
            raise CommandError(str(error)) from error
        if options["dry_run"]:
            self.stdout.write("Dry run: nothing was stored.")

    def _load(self, options: dict[str, Any]) -> None:
        if options["shipped"]:
            imported, reports = load_shipped_catalogue(at=now(), actor="the shipped price books")
            write_import(self.stdout, imported)
        else:
            start = starting_instant(options["effective_from"])
            book = read_price_book(options["file"])
            actor = f"the price book file {options['file'].name}"
            reports = [load_price_book(book=book, at=now(), actor=actor, effective_from=start)]
        for report in reports:
            write_load(self.stdout, report)
