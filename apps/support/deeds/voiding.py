"""Make a bill void: its tokens return to where they came from. Payload: bill (number)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import InvalidState, NotFound
from apps.hosting.bills import SETTLED, title_of
from apps.hosting.explaining import state_name
from apps.hosting.models import Bill
from apps.hosting.selectors import state_at
from apps.hosting.voiding import paid_from, void_bill
from apps.support.deeds.naming import BUCKETS, amount, find_wallet, owner_name
from apps.support.kinds import Effect, EffectLine, Kind, Order, Outcome, Payload
from apps.support.roles import Action
from apps.wallets.books import project


def find_bill(bill_id: int) -> Bill:
    """A bill with its resource; NotFound if there is none."""
    found = Bill.objects.select_related("resource").filter(pk=bill_id).first()
    if found is None:
        raise NotFound(_("There is no bill B-%(number)s.") % {"number": bill_id})
    return found


def foresee(payload: Payload, at: datetime) -> Effect:
    """The buckets that get their tokens back, and the bill's state."""
    bill = find_bill(payload["bill"])
    if bill.state == Bill.State.VOID:
        raise InvalidState(_("The bill is void already."))
    wallet = find_wallet(bill.payer_id)
    desk = project([bill.payer_id], at=at)
    lines = [EffectLine(_("Bill"), state_name(state_at(bill, at)), state_name(Bill.State.VOID))]
    if bill.state == SETTLED and bill.transfer_id is not None:
        for kind, moved in paid_from(bill.transfer_id, bill.payer_id):
            balance = desk.wallets[bill.payer_id].bucket(kind).balance
            lines.append(EffectLine(str(BUCKETS[kind]), balance, balance - moved))
    resource = bill.resource
    name = title_of(resource.name, resource.kind, resource.platform_id)
    return Effect(
        title=_("Void B-%(number)s of %(owner)s: %(name)s, %(month)s")
        % {"number": bill.pk, "owner": owner_name(wallet), "name": name, "month": f"{bill.month:%Y-%m}"},
        lines=tuple(lines),
        facts={"state": bill.state, "tokens": bill.tokens_micro},
        tokens=abs(bill.tokens_micro),
        wallet_id=bill.payer_id,
        hint=_("Running the month again makes a new bill; else it stays waived."),
    )


def execute(order: Order) -> Outcome:
    """The void bill; where it had been paid, the transfer is the receipt."""
    bill = void_bill(
        bill_id=order.payload["bill"],
        reason=order.reason,
        actor=order.actor,
        at=order.at,
        address=order.address,
    )
    said = _("B-%(number)s over %(tokens)s tokens is void.")
    return Outcome(bill.refund_id, said % {"number": bill.pk, "tokens": amount(abs(bill.tokens_micro))})


KIND = Kind(
    code="void_bill",
    name=gettext_lazy("Void a bill"),
    action=Action.VOID_BILL,
    foresee=foresee,
    execute=execute,
    scope=lambda payload: [find_bill(payload["bill"]).payer_id],
)
