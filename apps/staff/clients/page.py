"""The platform's services that call the API, with their keys and when those were last used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import ngettext

from apps.core import figures
from apps.core.errors import NotFound
from apps.identity.models import ApiClient, ApiKey

ENDS_SOON = timedelta(days=14)
MOST_CLIENTS = 200


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One key; `ended_at` is when it stopped working, `ends_soon` that people should rotate it by now."""

    id: int
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None
    was_revoked: bool
    ends_soon: bool


@dataclass(frozen=True, slots=True)
class ClientView:
    """A client with its keys, the newest first."""

    id: int
    name: str
    created_at: datetime
    is_active: bool
    keys: tuple[KeyLine, ...]

    @property
    def working(self) -> tuple[KeyLine, ...]:
        return tuple(key for key in self.keys if key.ended_at is None)

    @property
    def ended(self) -> tuple[KeyLine, ...]:
        return tuple(key for key in self.keys if key.ended_at is not None)

    @property
    def standing(self) -> str:
        """How many of its keys work, in words."""
        return _working(len(self.working))


@dataclass(frozen=True, slots=True)
class ClientsPage:
    """All clients by name."""

    clients: tuple[ClientView, ...]

    @property
    def title(self) -> str:
        count = len(self.clients)
        return ngettext("%(count)s client", "%(count)s clients", count) % {"count": figures.count(count)}

    @property
    def standing(self) -> str:
        return _working(sum(len(client.working) for client in self.clients))


@dataclass(frozen=True, slots=True)
class KeyView:
    """One key with whose it is and how many others of the client would go on working."""

    key: KeyLine
    client_id: int
    client_name: str
    others: int

    @property
    def working(self) -> int:
        return self.others + (self.key.ended_at is None)


def load_clients(*, at: datetime) -> ClientsPage:
    """The clients with all their keys; two queries."""
    rows = ApiClient.objects.prefetch_related("keys").order_by("name")[:MOST_CLIENTS]
    return ClientsPage(tuple(_client(row, at) for row in rows))


def load_client(client_id: int, *, at: datetime) -> ClientView:
    """One client; NotFound if there is none."""
    row = ApiClient.objects.prefetch_related("keys").filter(pk=client_id).first()
    if row is None:
        raise NotFound
    return _client(row, at)


def load_key(key_id: int, *, at: datetime) -> KeyView:
    """One key; NotFound if there is none."""
    client_id = ApiKey.objects.filter(pk=key_id).values_list("client_id", flat=True).first()
    client = load_client(client_id or 0, at=at)
    key = next(key for key in client.keys if key.id == key_id)
    others = sum(other.id != key_id for other in client.working)
    return KeyView(key, client.id, client.name, others)


def _client(row: ApiClient, at: datetime) -> ClientView:
    keys: Iterable[ApiKey] = row.keys.all()
    newest_first = sorted(keys, key=lambda key: -key.pk)
    lines = tuple(_key(key, at) for key in newest_first)
    return ClientView(row.pk, row.name, row.created_at, row.is_active, lines)


def _key(row: ApiKey, at: datetime) -> KeyLine:
    ended_at = row.revoked_at
    if ended_at is None and not row.works_at(at):
        ended_at = row.expires_at
    return KeyLine(
        id=row.pk,
        prefix=row.prefix,
        scopes=tuple(row.scopes),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
        ended_at=ended_at,
        was_revoked=row.revoked_at is not None,
        ends_soon=ended_at is None and row.expires_at is not None and row.expires_at - at <= ENDS_SOON,
    )


def _working(count: int) -> str:
    words = ngettext("%(count)s key works", "%(count)s keys work", count)
    return words % {"count": figures.count(count)}
