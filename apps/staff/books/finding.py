"""What staff type into a search box: a number read out to them, an address, a name, an id."""

from __future__ import annotations

import re

from django.db.models import Q

from apps.core import look_up
from apps.wallets.models import Wallet

_NUMBER = re.compile(r"(?:(T-)|(C-|ch_)|(P-)|(B-))?(\d{1,18})", re.ASCII | re.IGNORECASE)
MOST_WALLETS = 50
OWNER_TYPES = Wallet.OwnerType.values


def clean(term: str) -> str:
    """What was typed without what no column can hold, and no longer than anything that can be found."""
    return " ".join(term.replace("\x00", "").split())[:200]


def number(term: str) -> tuple[str, int] | None:
    """The number in ``T-12``, ``C-12``, ``ch_12``, ``P-12``, ``B-12`` or ``12``, and what it says it is
    of: a transfer, a charge, a case, a bill or any."""
    match = _NUMBER.fullmatch(term)
    if match is None:
        return None
    names = ("transfer", "charge", "case", "bill")
    kind = next((name for name, said in zip(names, match.groups(), strict=False) if said), "any")
    return kind, int(match[5])


def users_of(term: str) -> list[int]:
    """The first users with this address, or whose name begins so."""
    found = look_up.equal_to("identity_user", "email", term, at_most=MOST_WALLETS)
    named = look_up.beginning_with("identity_user", "name", term, at_most=MOST_WALLETS)
    return sorted({*found, *named})[:MOST_WALLETS]


def organisations_of(term: str) -> list[int]:
    """The first organisations whose name begins so."""
    return look_up.beginning_with("organisations_organisation", "name", term, at_most=MOST_WALLETS)


def wallets_of(term: str) -> list[int]:
    """The first wallets whose owner is meant; each part is asked by itself, so that each has its index."""
    parts = (
        Q(owner_type__in=OWNER_TYPES, owner_key=term),
        Q(organisation__slug=term),
        Q(user_id__in=users_of(term)),
        Q(organisation_id__in=organisations_of(term)),
    )
    found = Wallet.objects.none().values_list("id", flat=True)
    found = found.union(*(Wallet.objects.filter(part).values_list("id", flat=True) for part in parts))
    return sorted(found[:MOST_WALLETS])
