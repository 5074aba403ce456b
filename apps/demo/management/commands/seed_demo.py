"""``manage.py seed_demo``: three organisations with a year behind them, only with DEBUG."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from apps.core import sql
from apps.core.clock import now
from apps.demo.people import is_there, is_whole
from apps.demo.year import live_through
from apps.pricing.models import PriceBook


class Command(BaseCommand):
    help = "Make the demo's organisations, people and their past; once made, nothing changes."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo's password is public: it is made with DEBUG=1 only.")
        if is_there() and not is_whole():
            raise CommandError("The demo was cut off while it was made. Begin with an empty database.")
        if is_there():
            self.stdout.write("The demo is there already.")
            return
        if not PriceBook.objects.exists():
            call_command("load_price_book", shipped=True, stdout=self.stdout)
        settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"  # the past was mailed then
        live_through(now())
        sql.execute("ANALYZE")  # else the planner takes what was made in one go for an empty world
        call_command("verify_ledger", stdout=self.stdout)
