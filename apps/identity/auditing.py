"""The trail of changes to what decides about money: who changed what, before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NotRequired, TypedDict, Unpack

from apps.identity.models import AuditRecord

Facts = Mapping[str, Any] | None
"""What a row said, as JSON can hold it; None where there was no row."""


class Said(TypedDict):
    """What a record says: `action` is ``noun.verb`` such as ``limit.set``, `subject` the owner as
    ``type:id``."""

    actor: str
    action: str
    subject: str
    before: Facts
    after: Facts
    at: datetime
    reason: NotRequired[str]
    address: NotRequired[str]


def record_audit(**said: Unpack[Said]) -> AuditRecord | None:
    """Note a change in the running transaction; a change that changes nothing leaves no record."""
    record = made_record(**said)
    if record.before == record.after:
        return None
    record.save(force_insert=True)
    return record


def made_record(**said: Unpack[Said]) -> AuditRecord:
    """A record that is not on file yet, cut to what its columns hold."""
    return AuditRecord(
        at=said["at"],
        actor=said["actor"][:160],
        action=said["action"],
        subject=said["subject"][:200],
        before=said["before"],
        after=said["after"],
        reason=said.get("reason", "")[:500],
        address=said.get("address", ""),
    )


def record_audits(records: Iterable[AuditRecord]) -> None:
    """Note many changes together; those that change nothing leave no record."""
    AuditRecord.objects.bulk_create([record for record in records if record.before != record.after])
