"""The kinds of Scrip's own: adjust a wallet, freeze it, let it go, refund a charge, release a hold."""

from __future__ import annotations

from apps.support.deeds import adjusting, freezing, refunding, releasing
from apps.support.kinds import register_kind


def register_own() -> None:
    """Make our own kinds known."""
    for kind in (adjusting.KIND, freezing.FREEZE, freezing.UNFREEZE, refunding.KIND, releasing.KIND):
        register_kind(kind)
