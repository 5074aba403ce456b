"""People, as others ask for them."""

from __future__ import annotations

from apps.core.errors import NotFound
from apps.identity.models import AccountType, User


def find_user(key: str) -> User:
    """The user with the platform's id; NotFound if it was never synced."""
    found = User.objects.filter(platform_id=key).first()
    if found is None:
        raise NotFound(f"There is no user {key}. Sync it first.")
    return found


def account_type_codes() -> tuple[str, ...]:
    """The codes of all account types."""
    return tuple(AccountType.objects.order_by("code").values_list("code", flat=True))
