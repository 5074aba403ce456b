"""Who calls: the key of `Authorization: Bearer KEY`, looked up by its digest in one query."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import OperationalError
from django.http import HttpRequest

from apps.api import limits
from apps.core import clock, sql
from apps.core.errors import NotAuthenticated, PermissionDenied
from apps.identity.models import ApiKey
from apps.identity.services import digest_of

NOTED_EVERY = timedelta(minutes=1)
_KEY = """
SELECT k.id, c.id, c.name, k.scopes, k.expires_at, k.last_used_at, c.organisation, {clock}
FROM identity_apikey k JOIN identity_apiclient c ON c.id = k.client_id
WHERE k.digest = %s AND k.revoked_at IS NULL AND c.is_active
"""


@dataclass(frozen=True, slots=True)
class Caller:
    """An API client with what the key it used allows.

    `organisation` is the only one it may read, empty for the platform's services.
    """

    client_id: int
    name: str
    scopes: frozenset[str]
    organisation: str = ""

    @property
    def actor(self) -> str:
        """How ledger lines and audit rows name this client."""
        return f"client:{self.name}"

    def require(self, scopes: tuple[str, ...]) -> None:
        """PermissionDenied, naming the missing scope, unless the key carries one of these."""
        if self.scopes.isdisjoint(scopes):
            raise PermissionDenied(f"This key lacks the scope {scopes[0]}.", scope=scopes[0])


def authenticate(request: HttpRequest) -> tuple[Caller, datetime]:
    """The caller of a request and the instant by the database's clock; NotAuthenticated without a usable
    key. One query brings both."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    rows = []
    if scheme.lower() == "bearer" and secret.strip().isascii():
        clock_now = clock.IN_A_QUERY if sql.is_postgresql() else "NULL"
        rows = sql.fetch(_KEY.format(clock=clock_now), [digest_of(secret.strip())], often=True)
    at = clock.read(rows[0][7]) if rows else None
    if at is None or _is_over(rows[0][4], at):
        limits.count_failure(request)
        raise NotAuthenticated("Send a valid API key: Authorization: Bearer KEY.")
    key_id, client_id, name, scopes, _, used_at, organisation, _ = rows[0]
    _note_use(key_id, sql.instant(used_at), at)
    allowed = frozenset(json.loads(scopes) if isinstance(scopes, str) else scopes)
    found = Caller(client_id, name, allowed, organisation)
    limits.count_request(client_id)
    return found, at


def _is_over(expires_at: object, at: datetime) -> bool:
    ends_at = sql.instant(expires_at)
    return ends_at is not None and ends_at <= at


def _note_use(key_id: int, used_at: datetime | None, at: datetime) -> None:
    """Note the use of a key, at most once a minute; a busy database may miss one."""
    if used_at is None or at - used_at >= NOTED_EVERY:
        with suppress(OperationalError):
            ApiKey.objects.filter(pk=key_id).update(last_used_at=at)
