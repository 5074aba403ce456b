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
    "migration": gettext_noop("Carried over"),
    "purchase": gettext_noop("Bought"),
    "payment": gettext_noop("Paid with money"),
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


def kind_name(kind: str) -> str:
    """What a movement of a kind is called."""
    return _named(_KINDS, kind)


def bucket_name(kind: str) -> str:
    """What a bucket, or a platform account, is called."""
    return _named(_BUCKETS, kind)


def denial_name(code: str) -> str:
    """Why something was denied."""
    return _named(_CODES, code)


def _named(names: dict[str, str], code: str) -> str:
    return _(names[code]) if code in names else code.replace("_", " ").capitalize()
