"""What staff type into a search box: a number read out to them, an address, a name, an id."""

from __future__ import annotations

import re

from django.db.models import Q, QuerySet

from apps.wallets.models import Wallet

_NUMBER = re.compile(r"(?:(T-)|(C-|ch_))?(\d{1,18})", re.ASCII | re.IGNORECASE)
MOST_WALLETS = 50


def number(term: str) -> tuple[str, int] | None:
    """The number in ``T-12``, ``C-12``, ``ch_12`` or ``12``, and whether it says transfer or charge."""
    match = _NUMBER.fullmatch(term)
    if match is None:
        return None
    return ("transfer" if match[1] else "charge" if match[2] else "any"), int(match[3])


def owner(term: str) -> Q:
    """A condition on wallets: the owner's id, e-mail address, or the beginning of the name."""
    exact = Q(owner_key=term) | Q(user__email__iexact=term)
    return exact | Q(user__name__istartswith=term) | Q(organisation__name__istartswith=term)


def wallets_of(term: str) -> list[int]:
    """The first wallets whose owner is meant."""
    found: QuerySet[Wallet] = Wallet.objects.filter(owner(term)).order_by("id")
    return list(found.values_list("id", flat=True)[:MOST_WALLETS])
