"""Book a payment for a wallet that is paid for afterwards.

Payload: wallet (id), tokens (micro-tokens that were paid for).
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core import figures
from apps.core.errors import InvalidState
from apps.support.deeds.naming import amount, find_wallet, owner_name
from apps.support.kinds import Effect, EffectLine, Kind, Order, Outcome, Payload
from apps.support.roles import Action
from apps.usage.models import UsageStatement
from apps.usage.postpaid import book_payment
from apps.wallets.books import project


def _foresee(payload: Payload, at: datetime) -> Effect:
    wallet_id, tokens = payload["wallet"], payload["tokens"]
    wallet = find_wallet(wallet_id)
    open_ones = list(UsageStatement.objects.filter(wallet=wallet_id, paid_at=None).order_by("month"))
    if not wallet.unlimited and not UsageStatement.objects.filter(wallet=wallet_id).exists():
        raise InvalidState(_("This wallet is not paid for afterwards."))
    balance = project([wallet_id], at=at).wallets[wallet_id].balance
    lines = [EffectLine(_("Whole wallet"), balance, balance + tokens)]
    left = tokens
    for row in open_ones:
        part = min(row.tokens_micro - row.paid_micro, left)
        left -= part
        name = f"U-{row.pk}, {figures.month_and_year(row.month)}"
        lines.append(EffectLine(name, row.paid_micro, row.paid_micro + part))
    return Effect(
        title=_("Payment of %(owner)s for %(tokens)s tokens")
        % {"owner": owner_name(wallet), "tokens": amount(tokens)},
        lines=tuple(lines),
        facts={"open": [[row.pk, row.paid_micro] for row in open_ones]},
        tokens=tokens,
        wallet_id=wallet_id,
        hint=_("It pays the oldest statement first. Write the invoice's number as the reason."),
    )


def _execute(order: Order) -> Outcome:
    number = book_payment(
        wallet_id=order.payload["wallet"],
        tokens=order.payload["tokens"],
        reference=order.reason,
        actor=order.actor,
        at=order.at,
        address=order.address,
    )
    return Outcome(number, _("The payment is booked."))


KIND = Kind(
    code="book_payment",
    name=gettext_lazy("Book a payment"),
    action=Action.ADJUST,
    foresee=_foresee,
    execute=_execute,
    scope=lambda payload: [payload["wallet"]],
)
