"""``manage.py rotate_api_key PREFIX [--overlap-hours N]``: the new key alone on the last line."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.clock import now
from apps.core.errors import Problem
from apps.identity.selectors import find_usable_key
from apps.identity.services import Author, rotate_api_key


class Command(BaseCommand):
    help = "Make a new key with the scopes of an old one; the old one goes on working for the overlap."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("prefix", help="the beginning of the old key, as create_api_key showed it")
        parser.add_argument("--overlap-hours", type=int, default=24)

    def handle(self, *args: Any, **options: Any) -> None:
        at, overlap = now(), timedelta(hours=max(options["overlap_hours"], 0))
        try:
            old = find_usable_key(options["prefix"].rstrip("…"), at)
            key, secret = rotate_api_key(key_id=old.pk, at=at, by=Author("command"), overlap=overlap)
        except Problem as problem:
            raise CommandError(problem.detail) from problem
        self.stdout.write(f"Key {key.prefix}… replaces {options['prefix']}. Keep it safe:")
        self.stdout.write(secret)
