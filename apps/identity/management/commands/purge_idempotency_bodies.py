"""``manage.py purge_idempotency_bodies``: empty the stored answers of requests older than 30 days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from apps.core.clock import now
from apps.identity.idempotency import purge_bodies

KEPT_FOR = timedelta(days=30)


class Command(BaseCommand):
    help = "Empty stored answers older than 30 days; the keys stay, so no effect can happen twice."

    def handle(self, *args: Any, **options: Any) -> None:
        before = now() - KEPT_FOR
        emptied = 0
        while count := purge_bodies(before=before):
            emptied += count
        self.stdout.write(f"Emptied {emptied} answers.")
