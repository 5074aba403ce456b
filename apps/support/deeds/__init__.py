"""The kinds of Scrip's own: adjust a wallet, freeze it, let it go, refund a charge, release a hold,
publish a price, load a price book."""

from __future__ import annotations

from apps.support.deeds import adjusting, freezing, loading, pricing, refunding, releasing
from apps.support.kinds import register_kind


def register_own() -> None:
    """Make our own kinds known."""
    wallets = (adjusting.KIND, freezing.FREEZE, freezing.UNFREEZE)
    charges = (refunding.KIND, releasing.KIND)
    prices = (pricing.KIND, loading.KIND)
    for kind in (*wallets, *charges, *prices):
        register_kind(kind)
