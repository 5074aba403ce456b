from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class WalletsConfig(AppConfig):
    name = "apps.wallets"
    label = "wallets"

    def ready(self) -> None:
        from apps.wallets.resetting import register

        register()
        post_migrate.connect(protect, sender=self)


def protect(**_: Any) -> None:
    """After every migration the movements' triggers stand."""
    from apps.core import append_only
    from apps.wallets.books import APPEND_ONLY

    append_only.install(APPEND_ONLY)
