from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PricingConfig(AppConfig):
    name = "apps.pricing"
    label = "pricing"

    def ready(self) -> None:
        post_migrate.connect(prepare, sender=self)


def prepare(**_: Any) -> None:
    """After every migration: published prices can neither be changed nor deleted."""
    from apps.core import append_only
    from apps.pricing.models import APPEND_ONLY

    append_only.install(APPEND_ONLY)
