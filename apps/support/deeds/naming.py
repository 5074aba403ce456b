"""How wallets, buckets and amounts are called in what staff read."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import NotFound
from apps.core.figures import figure
from apps.wallets.models import Wallet

BUCKETS = {
    "free": gettext_lazy("Free tokens"),
    "allocated": gettext_lazy("Allocated tokens"),
    "earned": gettext_lazy("Earned tokens"),
    "purchased": gettext_lazy("Purchased tokens"),
}


def find_wallet(wallet_id: int) -> Wallet:
    """A wallet with its owner; NotFound if there is none."""
    found = Wallet.objects.select_related("user", "organisation").filter(pk=wallet_id).first()
    if found is None:
        raise NotFound(_("There is no such wallet."))
    return found


def owner_name(wallet: Wallet) -> str:
    """The owner as people call them; their id where they have no name."""
    return str(wallet.user or wallet.organisation or wallet.owner_key)


def owner_names(wallet_ids: list[int]) -> dict[int, str]:
    """The owners' names by wallet."""
    found = Wallet.objects.select_related("user", "organisation").filter(pk__in=wallet_ids)
    return {wallet.pk: owner_name(wallet) for wallet in found}


def amount(micro: int) -> str:
    """Micro-tokens as text, all decimals where there are any."""
    return str(figure(micro))
