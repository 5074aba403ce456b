"""API clients and their keys: made, rotated with an overlap, revoked. Stored hashed, shown once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from apps.core.errors import NotFound, ValidationError
from apps.identity.models import ApiClient, ApiKey
from apps.identity.scopes import SCOPES

PREFIX = "scrip_"
OVERLAP = timedelta(hours=24)
"""How long an old key goes on working after it was rotated."""


def digest_of(secret: str) -> str:
    """What is stored of a key: with 256 random bits a plain SHA-256 cannot be searched through."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create_api_client(*, name: str, at: datetime) -> ApiClient:
    """The client of this name, made if there is none yet."""
    return ApiClient.objects.get_or_create(name=name, defaults={"created_at": at})[0]


def create_api_key(
    *,
    client: ApiClient,
    at: datetime,
    scopes: Sequence[str] = SCOPES,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Another key for the client: the row, and the key itself, which is not stored anywhere."""
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise ValidationError({"scopes": [f"Choose from: {', '.join(SCOPES)}."]})
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        client=client,
        prefix=secret[:12],
        digest=digest_of(secret),
        scopes=[scope for scope in SCOPES if scope in scopes],
        created_at=at,
        expires_at=expires_at,
    )
    return key, secret


def rotate_api_key(*, prefix: str, at: datetime, overlap: timedelta = OVERLAP) -> tuple[ApiKey, str]:
    """A new key with the scopes of an old one, which expires after the overlap."""
    with transaction.atomic():
        old = _usable(prefix, at)
        ends_at = at + overlap
        if old.expires_at is None or old.expires_at > ends_at:
            old.expires_at = ends_at
            old.save(update_fields=["expires_at"])
        return create_api_key(client=old.client, at=at, scopes=old.scopes)


def revoke_api_key(*, prefix: str, at: datetime) -> ApiKey:
    """End a key at once."""
    with transaction.atomic():
        key = _usable(prefix, at)
        key.revoked_at = at
        key.save(update_fields=["revoked_at"])
        return key


def _usable(prefix: str, at: datetime) -> ApiKey:
    """The key with this beginning; NotFound unless there is exactly one that has not ended."""
    keys = ApiKey.objects.select_related("client").filter(prefix=prefix[:12], revoked_at=None)
    found = [key for key in keys if key.expires_at is None or key.expires_at > at]
    if len(found) != 1:
        raise NotFound(f"There is no single usable key that begins with {prefix[:12]}.")
    return found[0]
