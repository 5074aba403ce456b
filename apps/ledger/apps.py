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
    """After every migration: the triggers stand and the platform's accounts exist."""
    from apps.core import append_only
    from apps.ledger.models import Account
    from apps.ledger.platform import NAMES
    from apps.ledger.posting import APPEND_ONLY

    append_only.install(APPEND_ONLY)
    if Account._meta.db_table not in connection.introspection.table_names():
        return
    for number, name in NAMES.items():
        Account.objects.get_or_create(id=number, defaults={"kind": name})
