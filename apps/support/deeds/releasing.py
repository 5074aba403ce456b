"""Release a hold whose work will not be finished: everything held returns. Payload: charge (id)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import InvalidState
from apps.core.units import format_tokens
from apps.identity.auditing import record_audit
from apps.support.deeds.naming import amount
from apps.support.deeds.refunding import lines_of
from apps.support.kinds import Effect, Kind, Order, Outcome, Payload
from apps.support.roles import Action
from apps.usage.changing import release_charge
from apps.usage.foreseeing import foresee_release
from apps.usage.rows import load_charge
from apps.usage.selectors import get_charge


def foresee(payload: Payload, at: datetime) -> Effect:
    """What is available to whom, before and after the hold has ended."""
    charge = get_charge(payload["charge"], at=at)
    if charge.status != "held":
        raise InvalidState(
            _("There is no hold to release: this charge is %(state)s.") % {"state": charge.status}
        )
    held = charge.given
    found = foresee_release(charge.id, at=at)
    return Effect(
        title=_("Release %(tokens)s tokens held for %(charge)s")
        % {"tokens": amount(held), "charge": charge.number},
        lines=tuple(lines_of(found)),
        facts={"held": held, "quantities": charge.quantities},
        tokens=held,
        wallet_id=charge.wallet_id,
        charge_id=charge.id,
        hint=_("The work can then no longer be charged by this charge."),
    )


def execute(order: Order) -> Outcome:
    """The end of the hold; no transfer, because nothing was spent."""
    held = load_charge(order.payload["charge"]).given
    charge = release_charge(order.payload["charge"], reason=order.reason, at=order.at)
    record_audit(
        actor=order.actor,
        action="charge.release",
        subject=f"charge:{charge.number}",
        before={"status": "held", "held": format_tokens(held)},
        after={"status": charge.status, "held": "0"},
        at=order.at,
        reason=order.reason,
        address=order.address,
    )
    said = _("%(tokens)s tokens held for %(charge)s were released.")
    return Outcome(said=said % {"tokens": amount(held), "charge": charge.number})


KIND = Kind(
    code="release_charge",
    name=gettext_lazy("Release a hold"),
    action=Action.RELEASE,
    foresee=foresee,
    execute=execute,
    scope=lambda payload: load_charge(payload["charge"]).scope,
)
