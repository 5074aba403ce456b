"""Keys of requests that move tokens: an effect and its key commit together, so it happens once.

Used inside the transaction of the effect: `claim` first, then the work, then `keep` with the answer. A
refusal rolls the claim back with everything else, so the key may be used again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.core import sql
from apps.core.errors import IdempotencyConflict
from apps.identity.models import IdempotencyKey

LOCK_TIMEOUT = "10s"
"""How long PostgreSQL lets a request wait for an equal one, or for a wallet, before it gives up."""

_VALUES = "(client_id, key, digest, status, body, object_type, object_id, created_at)"
_CLAIM = f"INSERT INTO identity_idempotencykey {_VALUES} "
_ONCE = " ON CONFLICT (client_id, key) DO NOTHING"


@dataclass(frozen=True, slots=True)
class Kept:
    """What was answered to a request that had its effect; an empty body must be built from the object."""

    status: int
    body: str
    object_type: str
    object_id: str


def meaning(path: str, values: Any) -> str:
    """SHA-256 of where a request went and of its validated values: equal meaning, equal digest."""
    text = json.dumps([path, values], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def claim(*, client_id: int, key: str, digest: str, at: datetime) -> Kept | None:
    """Take the key for this transaction: None if it is free, else what was answered to it before.

    IdempotencyConflict if it belongs to a request of another meaning. An equal request that is being
    worked on is waited for: on PostgreSQL at its unique row, on SQLite at the one writing transaction.
    """
    row = [client_id, key, digest, 0, "", "", "", at]
    if sql.execute(_claim_statement(), row, often=True):
        return None
    columns = "digest, status, body, object_type, object_id"
    found = sql.fetch(
        f"SELECT {columns} FROM identity_idempotencykey WHERE client_id = %s AND key = %s", [client_id, key]
    )
    if found[0][0] != digest:
        raise IdempotencyConflict("This Idempotency-Key was used for another request. Choose a new one.")
    return Kept(*found[0][1:])


def _claim_statement() -> str:
    """The insert; on PostgreSQL the same statement sets how long this transaction waits for locks."""
    if not sql.is_postgresql():
        return f"{_CLAIM} VALUES (%s, %s, %s, %s, %s, %s, %s, %s){_ONCE}"
    wait = f"WITH patience AS (SELECT set_config('lock_timeout', '{LOCK_TIMEOUT}', true))"
    row = "%s::bigint, %s, %s, %s::smallint, %s, %s, %s, %s::timestamptz"
    return f"{wait} {_CLAIM} SELECT {row} FROM patience{_ONCE}"


def keep(*, client_id: int, key: str, kept: Kept) -> None:
    """Store the answer with the key that this transaction claimed."""
    sql.put(
        "UPDATE identity_idempotencykey SET status = %s, body = %s, object_type = %s, object_id = %s "
        "WHERE client_id = %s AND key = %s",
        [kept.status, kept.body, kept.object_type, kept.object_id, client_id, key],
    )


def give_up(*, client_id: int, key: str) -> None:
    """Let go of a claimed key while the rest of the transaction commits: the key may be used again."""
    IdempotencyKey.objects.filter(client_id=client_id, key=key).delete()


def purge_bodies(*, before: datetime, limit: int = 10_000) -> int:
    """Empty the answers of keys older than the instant; the keys stay, so no effect can happen twice."""
    old = IdempotencyKey.objects.filter(created_at__lt=before).exclude(body="")
    ids = list(old.order_by("created_at").values_list("pk", flat=True)[:limit])
    return IdempotencyKey.objects.filter(pk__in=ids).update(body="")
