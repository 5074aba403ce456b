"""Keys as pages show them: never what could be used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.identity.models import ApiKey

ENDS_SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One key; `ended_at` is when it stopped working, `ends_soon` that people should rotate it by now."""

    id: int
    prefix: str
    label: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None
    was_revoked: bool
    ends_soon: bool


def key_line(row: ApiKey, at: datetime) -> KeyLine:
    """The key as it stands at an instant."""
    ended_at = row.revoked_at
    if ended_at is None and not row.works_at(at):
        ended_at = row.expires_at
    return KeyLine(
        id=row.pk,
        prefix=row.prefix,
        label=row.label,
        scopes=tuple(row.scopes),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
        ended_at=ended_at,
        was_revoked=row.revoked_at is not None,
        ends_soon=ended_at is None and row.expires_at is not None and row.expires_at - at <= ENDS_SOON,
    )


def keys_of_organisation(organisation: str, *, at: datetime) -> tuple[KeyLine, ...]:
    """The keys that read one organisation, the newest first, those that have ended too; one query."""
    rows = ApiKey.objects.filter(client__organisation=organisation).order_by("-pk")
    return tuple(key_line(row, at) for row in rows)
