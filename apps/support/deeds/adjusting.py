"""Adjust a wallet: credit or take tokens of one bucket.

Payload: wallet (id), bucket, tokens (signed micro-tokens).
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.support.deeds.naming import BUCKETS, amount, find_wallet, owner_name
from apps.support.kinds import Effect, EffectLine, Kind, Order, Outcome, Payload
from apps.support.models import Proposal
from apps.support.roles import Action
from apps.wallets.adjusting import adjust_wallet, bucket_at, check_adjustment, require_room
from apps.wallets.books import project

ADJUST = "adjust_wallet"


def foresee(payload: Payload, at: datetime) -> Effect:
    """The bucket and the wallet before and after; what others adjusted meanwhile is a fact to look at."""
    wallet_id, kind, tokens = payload["wallet"], payload["bucket"], payload["tokens"]
    check_adjustment(bucket=kind, tokens=tokens, reason="foreseen")
    wallet = find_wallet(wallet_id)
    desk = project([wallet_id], at=at)
    bucket = bucket_at(desk, wallet_id, kind)
    require_room(bucket, tokens)
    balance = desk.wallets[wallet_id].balance
    return Effect(
        title=_title(tokens, owner_name(wallet)),
        lines=(
            EffectLine(str(BUCKETS[kind]), bucket.balance, bucket.balance + tokens),
            EffectLine(_("Whole wallet"), balance, balance + tokens),
        ),
        facts={"adjusted": _last_adjustment(wallet_id), "frozen": wallet.frozen},
        tokens=abs(tokens),
        wallet_id=wallet_id,
        hint=_("Free tokens lapse when the month ends.") if kind == "free" and tokens > 0 else "",
    )


def _title(tokens: int, owner: str) -> str:
    pattern = (
        _("Credit %(tokens)s tokens to %(owner)s")
        if tokens > 0
        else _("Take %(tokens)s tokens from %(owner)s")
    )
    return pattern % {"tokens": amount(abs(tokens)), "owner": owner}


def _last_adjustment(wallet_id: int) -> int:
    done = Proposal.objects.filter(wallet_id=wallet_id, kind=ADJUST, state=Proposal.State.EXECUTED)
    return done.order_by("-pk").values_list("pk", flat=True).first() or 0


def execute(order: Order) -> Outcome:
    """The transfer."""
    payload = order.payload
    _desk, number = adjust_wallet(
        wallet_id=payload["wallet"],
        bucket=payload["bucket"],
        tokens=payload["tokens"],
        reason=order.reason,
        actor=order.actor,
        at=order.at,
    )
    tokens = payload["tokens"]
    said = _("%(tokens)s tokens were credited.") if tokens > 0 else _("%(tokens)s tokens were taken back.")
    return Outcome(number, said % {"tokens": amount(abs(tokens))})


KIND = Kind(
    code=ADJUST,
    name=gettext_lazy("Adjust a wallet"),
    action=Action.ADJUST,
    foresee=foresee,
    execute=execute,
    scope=lambda payload: [payload["wallet"]],
)
