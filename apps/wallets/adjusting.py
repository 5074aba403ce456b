"""Putting a bucket right: a transfer of kind `adjustment` between it and the platform's account for that."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from apps.core.errors import InvalidState, NotFound, ValidationError
from apps.core.figures import CENT, figure
from apps.core.units import LARGEST, format_tokens
from apps.identity.auditing import record_audit
from apps.ledger import platform
from apps.wallets.books import atomically, open_desk, write
from apps.wallets.state import BURN_ORDER, Bucket, Desk

ADJUSTMENT = "adjustment"
ADJUSTABLE = BURN_ORDER
"""Buckets of the owner's own. Allocated tokens are an organisation's: they move by allocation and reclaim."""


def adjust_wallet(
    *, wallet_id: int, bucket: str, tokens: int, reason: str, actor: str, at: datetime
) -> tuple[Desk, int]:
    """Credit (+) or take (−) micro-tokens; answers the desk as written and the transfer's number.

    ValidationError without a reason, an amount or an adjustable bucket; NotFound for an unknown wallet;
    InvalidState where more would be taken than is there and not held, in unlimited wallets too.
    """
    check_adjustment(bucket=bucket, tokens=tokens, reason=reason)

    def work() -> tuple[Desk, int]:
        desk = open_desk([wallet_id], at=at)
        found = bucket_at(desk, wallet_id, bucket)
        require_room(found, tokens)
        before = found.balance
        transfer = desk.post(
            ADJUSTMENT,
            at,
            [(found, tokens)],
            against=platform.ADJUSTED,
            description="Adjustment",
            actor=actor,
            note=reason,
            credit=True,
        )
        write(desk, at=at)
        _audit(desk, found, before, reason, actor, at)
        return desk, transfer.number if transfer else 0

    return atomically(work, at=at)


def check_adjustment(*, bucket: str, tokens: int, reason: str) -> None:
    """ValidationError for what can be no adjustment, whatever the wallet."""
    if bucket not in ADJUSTABLE:
        raise ValidationError({"bucket": [_("Choose free, earned or purchased tokens.")]})
    if not tokens or abs(tokens) > LARGEST:
        raise ValidationError({"tokens": [_("Say how many tokens: more than 0, at most 1000000000000.")]})
    if not reason.strip():
        raise ValidationError({"reason": [_("Say why.")]})


def bucket_at(desk: Desk, wallet_id: int, bucket: str) -> Bucket:
    """The wallet's bucket on the desk; NotFound if there is no such wallet."""
    if wallet_id not in desk.wallets:
        raise NotFound(f"There is no wallet {wallet_id}.")
    return desk.wallets[wallet_id].bucket(bucket)


def require_room(bucket: Bucket, tokens: int) -> None:
    """InvalidState if the adjustment takes more than is there and not held."""
    if bucket.available + tokens < 0 and tokens < 0:
        raise InvalidState(
            _("Only %(tokens)s can be taken from there: the rest is held or was never there.")
            % {"tokens": figure(max(bucket.available, 0), 6 if bucket.available % CENT else None)}
        )


def _audit(desk: Desk, bucket: Bucket, before: int, reason: str, actor: str, at: datetime) -> None:
    wallet = desk.wallets[bucket.wallet_id]
    record_audit(
        actor=actor,
        action="wallet.adjust",
        subject=f"{wallet.owner_type}:{wallet.owner_key}",
        before={"bucket": bucket.kind, "balance": format_tokens(before)},
        after={"bucket": bucket.kind, "balance": format_tokens(bucket.balance)},
        at=at,
        reason=reason,
    )
