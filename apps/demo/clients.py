"""The platform's services that call the API: their keys, one of them rotated and one long unused."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.identity.models import ApiClient, ApiKey
from apps.identity.scopes import READ
from apps.identity.services import Author, create_api_client, create_api_key, rotate_api_key

PLATFORM = "learning platform"
BY = Author("user:operations")


def open_client(at: datetime) -> ApiClient:
    """The learning platform itself, with its first key. Nobody sees the key: demos make their own."""
    client = create_api_client(name=PLATFORM, at=at, by=BY)
    create_api_key(client=client, at=at, by=BY)
    return client


def use_keys(client: ApiClient, now: datetime) -> None:
    """Rotate the platform's key half-way through, add a service for reports, and note their last uses."""
    first = ApiKey.objects.get(client=client)
    half = client.created_at + (now - client.created_at) / 2
    rotated, _ = rotate_api_key(key_id=first.pk, at=half, by=BY)
    reports = create_api_client(name="reports", at=half, by=BY)
    read, _ = create_api_key(client=reports, at=half, by=BY, scopes=[READ])
    for key, ago in (
        (first, now - half - timedelta(hours=21)),
        (rotated, timedelta(seconds=40)),
        (read, timedelta(days=8)),
    ):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now - ago)
