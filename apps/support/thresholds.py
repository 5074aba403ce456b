"""Up to which amount somebody acts alone: dated rows, changed by superusers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import PermissionDenied, ValidationError
from apps.core.units import LARGEST, MICRO, format_tokens
from apps.identity.auditing import record_audit
from apps.identity.models import User
from apps.support.models import Threshold
from apps.support.roles import Action, Reach, Role, may_alone, roles_of

SUPERUSER = "superuser"
HOLDERS = (*Role, SUPERUSER)
LIMITED = (Action.REFUND, Action.ADJUST)
"""Actions that move tokens, of which there can be too many."""
SHIPPED = {
    (Action.REFUND, Role.SUPPORT): 100,
    (Action.REFUND, Role.OPERATIONS): 100,
    (Action.REFUND, Role.FINANCE): 1_000,
    (Action.REFUND, SUPERUSER): 10_000,
    (Action.ADJUST, Role.FINANCE): 1_000,
    (Action.ADJUST, SUPERUSER): 10_000,
}
"""Whole tokens; rows change them."""


def needs_second(reach: Reach, tokens: int | None, threshold: int) -> bool:
    """Whether another person must approve: by the role, or by the amount (micro-tokens)."""
    return reach < Reach.DO or (tokens is not None and tokens > threshold)


def holders_of(user: User) -> Collection[str]:
    """Whose thresholds hold for a person."""
    return (SUPERUSER,) if user.is_superuser else roles_of(user)


def threshold_of(user: User, action: Action, *, at: datetime) -> int:
    """Micro-tokens a person may move alone: the largest of their roles', 0 where there is none."""
    rows = Threshold.objects.filter(action=action.value, role__in=holders_of(user), from_at__lte=at)
    latest = dict(rows.order_by("from_at").values_list("role", "tokens_micro"))
    return max(latest.values(), default=0)


def set_threshold(
    *, action: str, role: str, tokens: int, from_at: datetime, by: User, at: datetime, address: str = ""
) -> Threshold:
    """Let a threshold (micro-tokens) hold from an instant on, which is not past; earlier rows stay.

    PermissionDenied unless a superuser sets it; ValidationError for what cannot be.
    """
    if not may_alone(by, Action.STAFF):
        raise PermissionDenied(_("Only superusers set thresholds."))
    _check(action, role, tokens, from_at, at)
    with transaction.atomic():
        earlier = Threshold.objects.filter(action=action, role=role, from_at__lte=from_at)
        before = earlier.order_by("-from_at").values_list("tokens_micro", flat=True).first()
        made, _created = Threshold.objects.update_or_create(
            action=action,
            role=role,
            from_at=from_at,
            defaults={"tokens_micro": tokens, "set_by": f"user:{by.platform_id}"},
        )
        record_audit(
            actor=f"user:{by.platform_id}",
            action="threshold.set",
            subject=f"threshold:{action}:{role}",
            before=None if before is None else {"tokens": format_tokens(before)},
            after={"tokens": format_tokens(tokens), "from": from_at.isoformat()},
            at=at,
            address=address,
        )
        return made


def _check(action: str, role: str, tokens: int, from_at: datetime, at: datetime) -> None:
    errors = {}
    if action not in LIMITED:
        errors["action"] = [_("This action has no threshold.")]
    if role not in HOLDERS:
        errors["role"] = [_("There is no such role.")]
    if not 0 <= tokens <= LARGEST:
        errors["tokens"] = [_("Between 0 and 1000000000000 tokens are possible.")]
    if from_at < at:
        errors["from_at"] = [_("A threshold cannot begin in the past.")]
    if errors:
        raise ValidationError(errors)


def ship_thresholds() -> None:
    """The thresholds that ship, where nobody has set any."""
    if Threshold.objects.exists():
        return
    began = datetime(2000, 1, 1, tzinfo=UTC)
    Threshold.objects.bulk_create(
        Threshold(
            action=action.value, role=str(role), tokens_micro=tokens * MICRO, from_at=began, set_by="shipped"
        )
        for (action, role), tokens in SHIPPED.items()
    )
