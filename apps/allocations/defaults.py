"""What new organisations may spend until they have limits of their own; staff set it for the platform."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.allocations.models import DefaultLimit
from apps.allocations.rules import LimitChange, SubjectRef, set_limits
from apps.core.errors import ValidationError
from apps.core.periods import PERIODS
from apps.core.units import LARGEST, format_tokens
from apps.identity.auditing import record_audit
from apps.wallets.books import atomically
from apps.wallets.services import Synced, sync_organisation


def open_organisation(
    *, key: str, fields: Mapping[str, Any], at: datetime, actor: str = "platform"
) -> Synced:
    """Make or change an organisation as `sync_organisation` does; a new one gets the platform's limits."""

    def work() -> Synced:
        synced = sync_organisation(key=key, fields=fields, at=at, actor=actor)
        organisation = synced.wallet.organisation
        if synced.created and organisation is not None:
            changes = [
                LimitChange(SubjectRef("organisation"), period, tokens)
                for period in PERIODS
                for tokens in DefaultLimit.objects.filter(period=period).values_list(
                    "tokens_micro", flat=True
                )
            ]
            set_limits(organisation=organisation, changes=changes, actor="platform", at=at)
        return synced

    return atomically(work, at=at)


def set_default_limit(
    *,
    period: str,
    tokens: int | None,
    actor: str,
    at: datetime,
    reason: str = "",
    address: str = "",
) -> None:
    """Let new organisations begin with so many micro-tokens per period, or without a limit (None).

    Organisations that are there already keep what they have.
    """
    if period not in PERIODS:
        raise ValidationError({"period": [f"Periods are: {', '.join(PERIODS)}."]})
    if tokens is not None and not 0 <= tokens <= LARGEST:
        raise ValidationError({"tokens": ["Between 0 and 1000000000000 tokens are possible."]})

    def work() -> None:
        stored = DefaultLimit.objects.filter(period=period).first()
        before = None if stored is None else {"period": period, "tokens": format_tokens(stored.tokens_micro)}
        if tokens is None:
            DefaultLimit.objects.filter(period=period).delete()
        else:
            values = {"tokens_micro": tokens, "set_at": at}
            DefaultLimit.objects.update_or_create(period=period, defaults=values)
        record_audit(
            actor=actor,
            action="default_limit.set",
            subject=f"default_limit:{period}",
            before=before,
            after=None if tokens is None else {"period": period, "tokens": format_tokens(tokens)},
            at=at,
            reason=reason,
            address=address,
        )

    atomically(work, at=at)
