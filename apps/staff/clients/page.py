"""The platform's services that call the API, with their keys and when those were last used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import ngettext

from apps.core import figures
from apps.core.errors import NotFound
from apps.identity.keys import KeyLine, key_line
from apps.identity.models import ApiClient, ApiKey

MOST_CLIENTS = 200


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
    """The clients with all their keys, the platform's own first; two queries."""
    rows = ApiClient.objects.prefetch_related("keys").order_by("organisation", "name")[:MOST_CLIENTS]
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
    lines = tuple(key_line(key, at) for key in newest_first)
    return ClientView(row.pk, row.name, row.created_at, row.is_active, lines)


def _working(count: int) -> str:
    words = ngettext("%(count)s key works", "%(count)s keys work", count)
    return words % {"count": figures.count(count)}
