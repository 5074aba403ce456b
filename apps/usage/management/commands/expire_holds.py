"""``manage.py expire_holds``: carry out the deadlines that have passed. Celery rings the same each minute."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.core.clock import now
from apps.usage.settling import sweep_holds


class Command(BaseCommand):
    help = "End the holds whose deadline has passed: captured at what was used, else everything returns."

    def handle(self, *args: Any, **options: Any) -> None:
        ended = sweep_holds(at=now())
        self.stdout.write(f"{ended} {'hold' if ended == 1 else 'holds'} ended.")
