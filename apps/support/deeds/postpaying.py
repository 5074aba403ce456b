"""Let an organisation pay for its wallet afterwards, or no longer. Payload: wallet (id)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import InvalidState
from apps.support.deeds.naming import find_wallet, owner_name
from apps.support.kinds import Effect, EffectLine, Kind, Order, Outcome, Payload
from apps.support.roles import Action
from apps.wallets.books import project
from apps.wallets.models import Wallet
from apps.wallets.services import set_unlimited


def _foresee(payload: Payload, at: datetime, *, unlimited: bool) -> Effect:
    wallet = find_wallet(payload["wallet"])
    _check(wallet, unlimited, at)
    title = (
        _("Let %(owner)s pay for its wallet afterwards")
        if unlimited
        else _("Let %(owner)s pay for its wallet beforehand")
    )
    words = {True: _("paid for afterwards"), False: _("paid for beforehand")}
    return Effect(
        title=title % {"owner": owner_name(wallet)},
        lines=(EffectLine(_("Wallet"), words[not unlimited], words[unlimited]),),
        facts={"unlimited": wallet.unlimited},
        wallet_id=wallet.pk,
        hint=_("Charges always pass, limits still hold. It may go below zero, and is billed each month.")
        if unlimited
        else _("From now on it can only spend what is there. Statements that are open stay to be paid."),
    )


def _check(wallet: Wallet, unlimited: bool, at: datetime) -> None:
    """InvalidState if the wallet is no organisation's, stands so already or is below zero."""
    if wallet.organisation_id is None:
        raise InvalidState(_("Only an organisation’s wallet can be paid for afterwards."))
    if wallet.unlimited == unlimited:
        raise InvalidState(
            _("The wallet is paid for afterwards already.")
            if unlimited
            else _("This wallet is not paid for afterwards.")
        )
    buckets = project([wallet.pk], at=at).wallets[wallet.pk].buckets.values()
    if not unlimited and any(bucket.available < 0 for bucket in buckets):
        raise InvalidState(_("The wallet is below zero. Book the payment of what is owed first."))


def _execute(order: Order, *, unlimited: bool) -> Outcome:
    set_unlimited(
        wallet_id=order.payload["wallet"],
        unlimited=unlimited,
        actor=order.actor,
        reason=order.reason,
        at=order.at,
        address=order.address,
    )
    return Outcome(
        said=_("The wallet is paid for afterwards now.")
        if unlimited
        else _("The wallet is paid for beforehand now.")
    )


MARK = Kind(
    code="mark_unlimited",
    name=gettext_lazy("Let a wallet be paid for afterwards"),
    action=Action.UNLIMITED,
    foresee=lambda payload, at: _foresee(payload, at, unlimited=True),
    execute=lambda order: _execute(order, unlimited=True),
    scope=lambda payload: [payload["wallet"]],
)
UNMARK = Kind(
    code="unmark_unlimited",
    name=gettext_lazy("Let a wallet be paid for beforehand"),
    action=Action.UNLIMITED,
    foresee=lambda payload, at: _foresee(payload, at, unlimited=False),
    execute=lambda order: _execute(order, unlimited=False),
    scope=lambda payload: [payload["wallet"]],
)
