"""``manage.py revoke_api_key PREFIX``: the key stops working at once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.clock import now
from apps.core.errors import Problem
from apps.identity.services import revoke_api_key


class Command(BaseCommand):
    help = "End an API key at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("prefix", help="the beginning of the key, as create_api_key showed it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key = revoke_api_key(prefix=options["prefix"].rstrip("…"), at=now())
        except Problem as problem:
            raise CommandError(problem.detail) from problem
        self.stdout.write(f"Key {key.prefix}… no longer works.")
