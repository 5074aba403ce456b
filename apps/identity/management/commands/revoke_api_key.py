"""``manage.py revoke_api_key PREFIX``: the key stops working at once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.clock import now
from apps.core.errors import Problem
from apps.identity.selectors import find_usable_key
from apps.identity.services import Author, revoke_api_key


class Command(BaseCommand):
    help = "End an API key at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("prefix", help="the beginning of the key, as create_api_key showed it")

    def handle(self, *args: Any, **options: Any) -> None:
        at = now()
        try:
            key = find_usable_key(options["prefix"].rstrip("…"), at)
            revoke_api_key(key_id=key.pk, at=at, by=Author("command"))
        except Problem as problem:
            raise CommandError(problem.detail) from problem
        self.stdout.write(f"Key {key.prefix}… no longer works.")
