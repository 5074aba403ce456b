"""People and keys, as others ask for them."""

from __future__ import annotations

from datetime import datetime

from apps.core.errors import NotFound
from apps.identity.models import AccountType, ApiKey, User


def find_user(key: str) -> User:
    """The user with the platform's id; NotFound if it was never synced."""
    found = User.objects.filter(platform_id=key).first()
    if found is None:
        raise NotFound(f"There is no user {key}. Sync it first.")
    return found


def account_type_codes() -> tuple[str, ...]:
    """The codes of all account types."""
    return tuple(AccountType.objects.order_by("code").values_list("code", flat=True))


def find_usable_key(prefix: str, at: datetime) -> ApiKey:
    """The key with this beginning; NotFound unless there is exactly one that has not ended."""
    keys = ApiKey.objects.select_related("client").filter(prefix=prefix[:12], revoked_at=None)
    found = [key for key in keys if key.works_at(at)]
    if len(found) != 1:
        raise NotFound(f"There is no single usable key that begins with {prefix[:12]}.")
    return found[0]
