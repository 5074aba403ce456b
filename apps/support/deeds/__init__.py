"""The kinds of Scrip's own: adjust a wallet, freeze it, let it go, refund a charge, release a hold,
publish a price, load a price book, void a bill, set a grant, define and assign plans, set a default limit,
book a payment, let a wallet be paid for afterwards."""

from __future__ import annotations

from apps.support.deeds import (
    adjusting,
    freezing,
    granting,
    loading,
    paying,
    planning,
    postpaying,
    pricing,
    refunding,
    releasing,
    voiding,
)
from apps.support.kinds import register_kind


def register_own() -> None:
    """Make our own kinds known."""
    wallets = (adjusting.KIND, paying.KIND, freezing.FREEZE, freezing.UNFREEZE)
    afterwards = (postpaying.MARK, postpaying.UNMARK)
    charges = (refunding.KIND, releasing.KIND)
    prices = (pricing.KIND, loading.KIND)
    months = (voiding.KIND, granting.GRANT, granting.NEW_TYPE)
    plans = (planning.PLAN, planning.RETIRE, planning.ASSIGN, planning.DEFAULT)
    for kind in (*wallets, *afterwards, *charges, *prices, *months, *plans):
        register_kind(kind)
