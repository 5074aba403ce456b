"""Who may be given tokens: a role or a member can be barred from allocations (organisations.md, members)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.allocations.models import AllocationBar
from apps.allocations.rules import SubjectRef, check_subjects
from apps.core.errors import InvalidState, ValidationError
from apps.identity.auditing import record_audit
from apps.organisations.models import Membership, Organisation
from apps.organisations.services import lock_organisation


def set_bar(
    *, organisation: Organisation, subject: SubjectRef, barred: bool | None, actor: str, at: datetime
) -> None:
    """Bar a role or a member from allocations, allow them, or (None) let the role's word hold again."""
    if subject.type not in ("role", "member"):
        raise ValidationError({"subject.type": ["A role or a member can be barred."]})
    with transaction.atomic():
        lock_organisation(organisation)
        check_subjects(organisation, [subject])
        which: dict[str, Any] = {"subject_type": subject.type, "subject_key": subject.key}
        rows = AllocationBar.objects.filter(organisation=organisation, **which)
        stored = rows.values_list("barred", flat=True).first()
        if barred is None:
            rows.delete()
        else:
            AllocationBar.objects.update_or_create(
                organisation=organisation, **which, defaults={"barred": barred}
            )
        about = {"type": subject.type, "id": subject.key}
        record_audit(
            actor=actor,
            action="allocation_bar.set",
            subject=f"organisation:{organisation.platform_id}",
            before=None if stored is None else {"subject": about, "barred": stored},
            after=None if barred is None else {"subject": about, "barred": barred},
            at=at,
        )


def bars_of(organisation: Organisation) -> dict[tuple[str, str], bool]:
    """What was said about roles and members, by subject type and key."""
    rows = AllocationBar.objects.filter(organisation=organisation)
    return {(kind, key): barred for kind, key, barred in rows.values_list(*_NAMES)}


_NAMES = ("subject_type", "subject_key", "barred")


def is_barred(bars: Mapping[tuple[str, str], bool], *, member: str, role: str) -> bool:
    """The member's own word, else the role's; by default everybody may receive."""
    return bars.get(("member", member), bars.get(("role", role), False))


def require_not_barred(organisation: Organisation, users: Iterable[str]) -> None:
    """InvalidState if one of the members may not be given tokens."""
    bars = bars_of(organisation)
    if not any(bars.values()):
        return
    roles = dict(
        Membership.objects.filter(organisation=organisation, ended_at=None).values_list(
            "user__platform_id", "role"
        )
    )
    for user in users:
        if is_barred(bars, member=user, role=roles.get(user, "")):
            raise InvalidState(
                _(
                    "%(user)s is barred from allocations of %(organisation)s. "
                    "An owner or admin can lift that on the member's page."
                )
                % {"user": user, "organisation": organisation.platform_id}
            )
