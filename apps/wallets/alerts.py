"""From which amount on a wallet counts as low, as its owner said."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.core.errors import ValidationError
from apps.core.units import LARGEST, format_tokens
from apps.identity.auditing import record_audit
from apps.wallets.models import Wallet


def set_alert(*, wallet_id: int, below: int | None, actor: str, at: datetime) -> None:
    """Tell the owner when less than so many micro-tokens are available; None: do not tell.

    ValidationError for an amount that is no threshold.
    """
    if below is not None and not 0 < below <= LARGEST:
        raise ValidationError({"tokens": ["Give more than 0 tokens."]})
    with transaction.atomic():
        wallet = Wallet.objects.select_for_update(no_key=True).get(pk=wallet_id)
        before = _facts(wallet.alert_below_micro)
        wallet.alert_below_micro = below
        wallet.watch_micro, wallet.watch_lower = below, None
        wallet.save(update_fields=["alert_below_micro", "watch_micro", "watch_lower"])
        record_audit(
            actor=actor,
            action="alert.set",
            subject=f"{wallet.owner_type}:{wallet.owner_key}",
            before=before,
            after=_facts(below),
            at=at,
        )


def is_low(available: int, below: int | None) -> bool:
    """Whether an owner who asked to be told is to be told."""
    return below is not None and available < below


def _facts(below: int | None) -> dict[str, str] | None:
    return None if below is None else {"below": format_tokens(below)}
