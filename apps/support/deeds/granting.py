"""Set what an account type is granted each month, or add a type.

Payload: account_type (code), tokens (micro-tokens a month); for a new type also name.
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import InvalidState
from apps.identity.granting import add_account_type, find_account_type, grant_of, set_grant
from apps.identity.models import AccountType, User
from apps.support.deeds.naming import amount
from apps.support.kinds import Effect, EffectLine, Kind, Order, Outcome, Payload
from apps.support.roles import Action


def _foresee(payload: Payload, at: datetime) -> Effect:
    found = find_account_type(payload["account_type"])
    before, after = grant_of(found.code, at), payload["tokens"]
    if before == after:
        raise InvalidState(_("That many it is already."))
    people = User.objects.filter(account_type=found).count()
    return Effect(
        title=_("%(name)s: %(tokens)s free tokens a month") % {"name": found.name, "tokens": amount(after)},
        lines=(
            EffectLine(_("Each person, a month"), before or 0, after),
            EffectLine(_("All of them, a month"), (before or 0) * people, after * people),
        ),
        facts={"tokens": before},
        hint=_("It holds from each wallet's next cycle on; the month under way stays as it is."),
    )


def _execute(order: Order) -> Outcome:
    payload = order.payload
    set_grant(
        code=payload["account_type"],
        tokens=payload["tokens"],
        actor=order.actor,
        at=order.at,
        reason=order.reason,
        address=order.address,
    )
    return Outcome(said=_("The new grant holds from the next cycle on."))


def _foresee_new(payload: Payload, at: datetime) -> Effect:
    if AccountType.objects.filter(code=payload["account_type"]).exists():
        raise InvalidState(_("There is an account type of this code already."))
    return Effect(
        title=_("A new account type: %(name)s") % {"name": payload["name"]},
        lines=(EffectLine(_("Each person, a month"), 0, payload["tokens"]),),
        facts={"account_type": payload["account_type"]},
        hint=_("The platform gives it to people by its code, %(code)s.") % {"code": payload["account_type"]},
    )


def _execute_new(order: Order) -> Outcome:
    payload = order.payload
    add_account_type(
        code=payload["account_type"],
        name=payload["name"],
        tokens=payload["tokens"],
        actor=order.actor,
        at=order.at,
        reason=order.reason,
        address=order.address,
    )
    return Outcome(said=_("The account type is there."))


GRANT = Kind("set_free_grant", gettext_lazy("Set a monthly grant"), Action.PRICE, _foresee, _execute)
NEW_TYPE = Kind(
    "add_account_type", gettext_lazy("Add an account type"), Action.PRICE, _foresee_new, _execute_new
)
