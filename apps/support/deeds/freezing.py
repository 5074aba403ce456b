"""Freeze a wallet so that nothing is charged to it, or let it go again. Payload: wallet (id)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import InvalidState
from apps.support.deeds.naming import find_wallet, owner_name
from apps.support.kinds import Effect, EffectLine, Kind, Order, Outcome, Payload
from apps.support.roles import Action
from apps.wallets.services import set_frozen


def _foresee(payload: Payload, *, frozen: bool) -> Effect:
    wallet = find_wallet(payload["wallet"])
    if wallet.frozen == frozen:
        raise InvalidState(_("The wallet is frozen already.") if frozen else _("The wallet is not frozen."))
    title = _("Freeze the wallet of %(owner)s") if frozen else _("Unfreeze the wallet of %(owner)s")
    words = {True: _("frozen"), False: _("in use")}
    return Effect(
        title=title % {"owner": owner_name(wallet)},
        lines=(EffectLine(_("Wallet"), words[not frozen], words[frozen]),),
        facts={"frozen": wallet.frozen},
        wallet_id=wallet.pk,
        hint=_("Nothing new is charged to it; what is held stays held, refunds still arrive.")
        if frozen
        else _("It can be charged again at once."),
    )


def _execute(order: Order, *, frozen: bool) -> Outcome:
    wallet = find_wallet(order.payload["wallet"])
    set_frozen(wallet=wallet, frozen=frozen, actor=order.actor, reason=order.reason, at=order.at)
    return Outcome(said=_("The wallet was frozen.") if frozen else _("The wallet can be used again."))


def _freezes(payload: Payload, at: datetime) -> Effect:
    return _foresee(payload, frozen=True)


def _unfreezes(payload: Payload, at: datetime) -> Effect:
    return _foresee(payload, frozen=False)


FREEZE = Kind(
    code="freeze_wallet",
    name=gettext_lazy("Freeze a wallet"),
    action=Action.FREEZE,
    foresee=_freezes,
    execute=lambda order: _execute(order, frozen=True),
    scope=lambda payload: [payload["wallet"]],
)
UNFREEZE = Kind(
    code="unfreeze_wallet",
    name=gettext_lazy("Unfreeze a wallet"),
    action=Action.FREEZE,
    foresee=_unfreezes,
    execute=lambda order: _execute(order, frozen=False),
    scope=lambda payload: [payload["wallet"]],
)
