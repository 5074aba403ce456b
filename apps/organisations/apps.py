from typing import Any

from django.apps import AppConfig
from django.db import connection
from django.db.models.signals import post_migrate


class OrganisationsConfig(AppConfig):
    name = "apps.organisations"
    label = "organisations"

    def ready(self) -> None:
        post_migrate.connect(ensure_search, sender=self)


def ensure_search(**_: Any) -> None:
    """Organisations are found by the beginning of their name, whatever the case."""
    from apps.core.look_up import install_words
    from apps.organisations.models import Organisation

    if Organisation._meta.db_table in connection.introspection.table_names():
        install_words(Organisation._meta.db_table, "name")
