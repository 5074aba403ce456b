from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.db import connection
from django.db.models.signals import post_migrate


class SupportConfig(AppConfig):
    name = "apps.support"
    label = "support"

    def ready(self) -> None:
        # Permissions of all our apps exist once Django comes to its own app, which stands behind ours.
        post_migrate.connect(ensure_groups, sender=apps.get_app_config("auth"))
        post_migrate.connect(ensure_thresholds, sender=self)
        from apps.support import bill_mail
        from apps.support.deeds import register_own

        register_own()
        bill_mail.register()


def ensure_thresholds(**_: Any) -> None:
    """The thresholds that ship, where superusers have not set any of their own."""
    from apps.support.models import Threshold
    from apps.support.thresholds import ship_thresholds

    if Threshold._meta.db_table in connection.introspection.table_names():
        ship_thresholds()


def ensure_groups(**_: Any) -> None:
    """The groups of staff with what each may look at; what superusers gave them besides stays."""
    from django.contrib.auth.models import Group, Permission

    from apps.support.roles import Role, sees

    if Permission._meta.db_table not in connection.introspection.table_names():
        return
    labels = [config.label for config in apps.get_app_configs() if config.name.startswith("apps.")]
    views = Permission.objects.filter(content_type__app_label__in=labels, codename__startswith="view_")
    found = list(views.select_related("content_type"))
    for role in Role:
        group, _created = Group.objects.get_or_create(name=role.value)
        group.permissions.add(
            *(
                view
                for view in found
                if sees(role, f"{view.content_type.app_label}.{view.content_type.model}")
            )
        )
