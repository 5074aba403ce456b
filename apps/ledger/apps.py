from typing import Any

from django.apps import AppConfig
from django.db import connection
from django.db.models.signals import post_migrate


class LedgerConfig(AppConfig):
    name = "apps.ledger"
    label = "ledger"

    def ready(self) -> None:
        post_migrate.connect(prepare, sender=self)


def prepare(**_: Any) -> None:
    """After every migration: triggers and indexes stand, and the platform's accounts exist."""
    from apps.core import append_only, look_up
    from apps.ledger.models import Account, Transfer
    from apps.ledger.platform import NAMES
    from apps.ledger.posting import APPEND_ONLY

    append_only.install(APPEND_ONLY)
    if Account._meta.db_table not in connection.introspection.table_names():
        return
    look_up.install_time(Transfer._meta.db_table, "recorded_at")
    for number, name in NAMES.items():
        Account.objects.get_or_create(id=number, defaults={"kind": name})
