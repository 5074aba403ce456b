"""The trail of changes to what decides about money: who changed what, before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from apps.identity.models import AuditRecord

Facts = Mapping[str, Any] | None
"""What a row said, as JSON can hold it; None where there was no row."""


def record_audit(
    *,
    actor: str,
    action: str,
    subject: str,
    before: Facts,
    after: Facts,
    at: datetime,
    reason: str = "",
    address: str = "",
) -> AuditRecord | None:
    """Note a change in the running transaction; a change that changes nothing leaves no record.

    `action` is ``noun.verb`` such as ``limit.set``, `subject` the owner as ``type:id``.
    """
    if before == after:
        return None
    record = made_record(
        actor=actor,
        action=action,
        subject=subject,
        before=before,
        after=after,
        at=at,
        reason=reason,
        address=address,
    )
    record.save(force_insert=True)
    return record


def made_record(
    *,
    actor: str,
    action: str,
    subject: str,
    before: Facts,
    after: Facts,
    at: datetime,
    reason: str = "",
    address: str = "",
) -> AuditRecord:
    """A record that is not on file yet, cut to what its columns hold."""
    return AuditRecord(
        at=at,
        actor=actor[:160],
        action=action,
        subject=subject[:200],
        before=before,
        after=after,
        reason=reason[:500],
        address=address,
    )


def record_audits(records: Iterable[AuditRecord]) -> None:
    """Note many changes together; those that change nothing leave no record."""
    AuditRecord.objects.bulk_create([record for record in records if record.before != record.after])
