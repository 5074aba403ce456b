from typing import Any

from django.apps import AppConfig
from django.db import connection
from django.db.models.signals import post_migrate


class IdentityConfig(AppConfig):
    name = "apps.identity"
    label = "identity"

    def ready(self) -> None:
        post_migrate.connect(ensure_account_types, sender=self)
        post_migrate.connect(ensure_search, sender=self)


SHIPPED = (("learner", "Learner", 200), ("creator", "Creator", 500), ("teacher", "Teacher", 500))


def ensure_account_types(**_: Any) -> None:
    """The account types that ship, where staff have not made any of their own yet."""
    from datetime import UTC, datetime

    from apps.core.units import MICRO
    from apps.identity.models import AccountType, FreeGrant

    if AccountType._meta.db_table not in connection.introspection.table_names():
        return
    if AccountType.objects.exists():
        return
    for code, name, tokens in SHIPPED:
        account_type = AccountType.objects.create(code=code, name=name)
        FreeGrant.objects.create(
            account_type=account_type, from_at=datetime(2000, 1, 1, tzinfo=UTC), tokens_micro=tokens * MICRO
        )


def ensure_search(**_: Any) -> None:
    """People are found by address and by the beginning of their name, whatever the case."""
    from apps.core.look_up import install_words
    from apps.identity.models import User

    if User._meta.db_table in connection.introspection.table_names():
        install_words(User._meta.db_table, "name")
        install_words(User._meta.db_table, "email")
