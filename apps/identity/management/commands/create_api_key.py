"""``manage.py create_api_key NAME [--scopes a,b] [--days N]``: the key alone on the last line."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apps.core.clock import now
from apps.core.errors import Problem
from apps.identity.scopes import SCOPES
from apps.identity.services import Author, create_api_client, create_api_key

BY = Author("command")


class Command(BaseCommand):
    help = "Make a key for an API client (another one if the client exists). It is shown only now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the client: one of the platform's services")
        parser.add_argument("--scopes", default=",".join(SCOPES), help=f"of: {', '.join(SCOPES)}")
        parser.add_argument("--days", type=int, default=0, help="expires after so many days")

    def handle(self, *args: Any, **options: Any) -> None:
        at = now()
        expires_at = at + timedelta(days=options["days"]) if options["days"] > 0 else None
        scopes = [scope.strip() for scope in options["scopes"].split(",") if scope.strip()]
        try:
            with transaction.atomic():
                client = create_api_client(name=options["name"], at=at, by=BY)
                key, secret = create_api_key(
                    client=client, at=at, by=BY, scopes=scopes, expires_at=expires_at
                )
        except Problem as problem:
            raise CommandError(problem.detail or str(problem)) from problem
        self.stdout.write(f"Key {key.prefix}… of {client.name} for: {', '.join(key.scopes)}. Keep it safe:")
        self.stdout.write(secret)
