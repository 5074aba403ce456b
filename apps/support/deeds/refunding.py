"""Refund a charge in part or whole. Payload: charge (id), tokens (micro)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import InvalidState, ValidationError
from apps.core.units import format_tokens
from apps.identity.auditing import record_audit
from apps.ledger.models import Transfer
from apps.support.deeds.naming import BUCKETS, amount, owner_names
from apps.support.kinds import Effect, EffectLine, Kind, Order, Outcome, Payload
from apps.support.roles import Action
from apps.usage.changing import refund_charge
from apps.usage.foreseeing import Foreseen, foresee_refund
from apps.usage.rows import load_charge
from apps.usage.selectors import get_charge


def foresee(payload: Payload, at: datetime) -> Effect:
    """What the charge costs and whose tokens there are, before and after."""
    charge_id, tokens = payload["charge"], payload["tokens"]
    _check(charge_id, tokens, at)
    found = foresee_refund(charge_id, tokens=tokens, at=at)
    charge = found.charge
    return Effect(
        title=_("Refund %(tokens)s tokens of %(charge)s")
        % {"tokens": amount(tokens), "charge": charge.number},
        lines=(
            EffectLine(
                _("%(charge)s costs") % {"charge": charge.number},
                charge.collected - found.refunded,
                charge.collected - charge.refunded,
            ),
            *lines_of(found),
        ),
        facts={"refunded": found.refunded, "price": charge.price, "uncollected": charge.uncollected},
        tokens=tokens,
        wallet_id=charge.wallet_id,
        charge_id=charge.id,
        hint=""
        if len(found.buckets)
        else _("What returns is free tokens of an earlier month: they lapse at once."),
    )


def _check(charge_id: int, tokens: int, at: datetime) -> None:
    """Say in the words of the page what the decision below would say in those of the API."""
    charge = get_charge(charge_id, at=at)
    if charge.status != "captured":
        raise InvalidState(
            _("Only what was paid can be refunded: this charge is %(state)s.") % {"state": charge.status}
        )
    if not charge.refundable:
        raise InvalidState(_("All of it has been refunded already."))
    if tokens <= 0:
        raise ValidationError({"tokens": [_("Say how many tokens.")]})
    if tokens > charge.refundable:
        words = _("At most %(tokens)s can be refunded.") % {"tokens": amount(charge.refundable)}
        raise ValidationError({"tokens": [words]})


def lines_of(found: Foreseen) -> list[EffectLine]:
    """The buckets that change, named by their owners: what is available in each."""
    names = owner_names(sorted({bucket.wallet_id for bucket, _before in found.buckets}))
    return [
        EffectLine(
            _("%(owner)s: %(bucket)s") % {"owner": names[bucket.wallet_id], "bucket": BUCKETS[bucket.kind]},
            before,
            bucket.available,
        )
        for bucket, before in found.buckets
    ]


def execute(order: Order) -> Outcome:
    """The refund; its transfer is the receipt."""
    charge_id, tokens = order.payload["charge"], order.payload["tokens"]
    before = load_charge(charge_id).refunded
    charge = refund_charge(charge_id, tokens=tokens, reason=order.reason, actor=order.actor, at=order.at)
    record_audit(
        actor=order.actor,
        action="charge.refund",
        subject=f"charge:{charge.number}",
        before={"refunded": format_tokens(before)},
        after={"refunded": format_tokens(charge.refunded)},
        at=order.at,
        reason=order.reason,
        address=order.address,
    )
    transfers = Transfer.objects.filter(charge_id=charge_id, kind="refund")
    number = transfers.order_by("-recorded_at", "-number").values_list("number", flat=True).first()
    said = _("%(tokens)s tokens of %(charge)s were refunded.")
    return Outcome(number, said % {"tokens": amount(tokens), "charge": charge.number})


KIND = Kind(
    code="refund_charge",
    name=gettext_lazy("Refund a charge"),
    action=Action.REFUND,
    foresee=foresee,
    execute=execute,
    scope=lambda payload: load_charge(payload["charge"]).scope,
)
