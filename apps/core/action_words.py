"""What actions of the audit trail did, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

ACTIONS = {
    "alert.set": gettext_noop("set an alert"),
    "allocation_bar.set": gettext_noop("said who may receive allocations"),
    "api_key.create": gettext_noop("made an API key"),
    "api_key.revoke": gettext_noop("revoked an API key"),
    "api_key.rotate": gettext_noop("rotated an API key"),
    "bill.void": gettext_noop("voided a bill"),
    "budget.set": gettext_noop("set a personal budget"),
    "case.answer": gettext_noop("answered a case"),
    "case.move": gettext_noop("changed the state of a case"),
    "case.take": gettext_noop("took a case"),
    "charge.refund": gettext_noop("refunded a charge"),
    "charge.release": gettext_noop("released a hold"),
    "client.create": gettext_noop("added an API client"),
    "cost_centre.people": gettext_noop("changed the people of a cost centre"),
    "cost_centre.set": gettext_noop("set a cost centre"),
    "default_limit.set": gettext_noop("set a default limit of new organisations"),
    "earmark.set": gettext_noop("set an earmark"),
    "funding.remove": gettext_noop("ended a funding rule"),
    "funding.set": gettext_noop("set a funding rule"),
    "grant.set": gettext_noop("set a monthly grant"),
    "limit.remove": gettext_noop("ended a limit"),
    "limit.set": gettext_noop("set a limit"),
    "limit_request.decide": gettext_noop("decided a request"),
    "member_alert.set": gettext_noop("set the members’ alert"),
    "member.change": gettext_noop("changed a membership"),
    "member.invite": gettext_noop("invited people"),
    "member.join": gettext_noop("added a member"),
    "member.leave": gettext_noop("ended a membership"),
    "member.uninvite": gettext_noop("took an invitation back"),
    "organisation.close": gettext_noop("closed the organisation"),
    "payment.book": gettext_noop("booked a payment"),
    "plan.assign": gettext_noop("assigned a plan"),
    "plan.define": gettext_noop("defined a plan"),
    "plan.end": gettext_noop("ended a plan"),
    "plan.retire": gettext_noop("took a plan off offer"),
    "price_book.load": gettext_noop("loaded a price book"),
    "proposal.approve": gettext_noop("approved a proposal"),
    "proposal.change": gettext_noop("changed a proposal"),
    "proposal.declined": gettext_noop("declined a proposal"),
    "proposal.request": gettext_noop("proposed"),
    "proposal.withdrawn": gettext_noop("withdrew a proposal"),
    "rate.publish": gettext_noop("published a price"),
    "recurring_allocation.end": gettext_noop("ended a recurring allocation"),
    "recurring_allocation.set": gettext_noop("set a recurring allocation"),
    "run.retry": gettext_noop("tried again what failed in a run"),
    "run.start": gettext_noop("started a run"),
    "second_factor.remove": gettext_noop("removed a second factor"),
    "threshold.set": gettext_noop("set a threshold"),
    "user.standing": gettext_noop("changed a person's standing"),
    "wallet.adjust": gettext_noop("adjusted a wallet"),
    "wallet.change": gettext_noop("changed a wallet"),
    "wallet.freeze": gettext_noop("froze a wallet"),
    "wallet.note": gettext_noop("wrote a note"),
    "wallet.open": gettext_noop("opened a wallet"),
    "wallet.unfreeze": gettext_noop("unfroze a wallet"),
}


def action_name(action: str) -> str:
    """What an action did, as the rest of a sentence that begins with who did it."""
    return _(ACTIONS[action]) if action in ACTIONS else action.replace("_", " ").capitalize()
