"""What staff pages call kinds, buckets and roles, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_KINDS = {
    "grant": gettext_noop("Granted, free"),
    "lapse": gettext_noop("Lapsed, free"),
    "allocation": gettext_noop("Allocated"),
    "reclaim": gettext_noop("Reclaimed"),
    "promotion": gettext_noop("Promotion"),
    "migration": gettext_noop("Brought along"),
    "purchase": gettext_noop("Bought"),
    "adjustment": gettext_noop("Adjusted by staff"),
    "charge": gettext_noop("Spent"),
    "refund": gettext_noop("Refunded"),
    "bill": gettext_noop("Bill paid"),
    "bill_refund": gettext_noop("Bill returned"),
}
_BUCKETS = {
    "free": gettext_noop("Free"),
    "allocated": gettext_noop("Allocated"),
    "earned": gettext_noop("Earned"),
    "purchased": gettext_noop("Purchased"),
}
_CODES = {
    "insufficient_tokens": gettext_noop("Not enough tokens"),
    "limit_reached": gettext_noop("A spending limit is reached"),
    "minimum_balance": gettext_noop("Below the minimum balance"),
    "wallet_frozen": gettext_noop("The wallet is frozen"),
    "not_a_member": gettext_noop("Not a member"),
    "price_book_mismatch": gettext_noop("Different price books"),
    "duplicate_activity": gettext_noop("Charged already"),
    "no_price": gettext_noop("No price"),
}

_ACTIONS = {
    "alert.set": gettext_noop("set an alert"),
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
    "cost_centre.set": gettext_noop("set a cost centre"),
    "funding.remove": gettext_noop("ended a funding rule"),
    "funding.set": gettext_noop("set a funding rule"),
    "grant.set": gettext_noop("set a monthly grant"),
    "limit.remove": gettext_noop("ended a limit"),
    "limit.set": gettext_noop("set a limit"),
    "member.change": gettext_noop("changed a membership"),
    "member.join": gettext_noop("added a member"),
    "member.leave": gettext_noop("ended a membership"),
    "price_book.load": gettext_noop("loaded a price book"),
    "proposal.approve": gettext_noop("approved a proposal"),
    "proposal.change": gettext_noop("changed a proposal"),
    "proposal.declined": gettext_noop("declined a proposal"),
    "proposal.request": gettext_noop("proposed"),
    "proposal.withdrawn": gettext_noop("withdrew a proposal"),
    "rate.publish": gettext_noop("published a price"),
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


def kind_name(kind: str) -> str:
    """What a movement of a kind is called."""
    return _named(_KINDS, kind)


def bucket_name(kind: str) -> str:
    """What a bucket, or a platform account, is called."""
    return _named(_BUCKETS, kind)


def denial_name(code: str) -> str:
    """Why something was denied."""
    return _named(_CODES, code)


def action_name(action: str) -> str:
    """What an action of the audit trail did, as the rest of a sentence that begins with who did it."""
    return _named(_ACTIONS, action)


def _named(names: dict[str, str], code: str) -> str:
    return _(names[code]) if code in names else code.replace("_", " ").capitalize()
