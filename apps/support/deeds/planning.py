"""Define plans, take them off offer, say which organisation has one; default limits of new organisations.

Payloads: plan (code), and for a definition name, price_book, price_minor, period, quota, free_tokens; for an
assignment organisation (the platform's id); for a default limit period and tokens (micro, None is none).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.allocations.defaults import set_default_limit
from apps.allocations.models import DefaultLimit
from apps.core import figures
from apps.core.errors import InvalidState, NotFound, PriceBookMismatch
from apps.organisations.models import Organisation
from apps.plans.models import Plan
from apps.plans.selectors import plan_of
from apps.plans.services import PlanTerms, assign_plan, define_plan, end_plan, find_plan, retire_plan
from apps.pricing.models import PriceBook
from apps.support.kinds import Effect, EffectLine, Kind, Order, Outcome, Payload
from apps.support.roles import Action
from apps.wallets.models import Wallet


def _terms(payload: Payload) -> PlanTerms:
    return PlanTerms(
        payload["name"],
        payload["price_minor"],
        payload["period"],
        payload["quota"],
        payload["free_tokens"],
    )


def _said(plan: Plan | PlanTerms, currency: str) -> dict[str, str]:
    free = plan.free_tokens_micro if isinstance(plan, Plan) else plan.free_tokens
    return {
        "name": plan.name,
        "price": figures.money(plan.price_minor * 1_000_000, 1, currency),
        "period": {"month": _("month"), "year": _("year")}[plan.period],
        "quota": figures.count(plan.quota),
        "free": str(figures.figure(free)),
    }


def _foresee_plan(payload: Payload, at: datetime) -> Effect:
    book = PriceBook.objects.filter(pk=payload["price_book"]).first()
    if book is None:
        raise NotFound(_("There is no such price book."))
    found = Plan.objects.filter(code=payload["plan"]).first()
    if found is not None and found.price_book_id != book.pk:
        raise InvalidState(_("A plan keeps its price book: define another one."))
    before = _said(found, book.currency) if found else {}
    after = _said(_terms(payload), book.currency)
    if before == after and found is not None and found.retired_at is None:
        raise InvalidState(_("Nothing would change."))
    names = {
        "name": _("Name"),
        "price": _("Price"),
        "period": _("Period"),
        "quota": _("Generations per period"),
        "free": _("Free tokens a month"),
    }
    lines = tuple(EffectLine(names[key], before.get(key), after[key]) for key in names)
    return Effect(
        title=_("Plan %(name)s") % {"name": payload["name"]},
        lines=lines,
        facts={"plan": before, "offered": found is not None and found.retired_at is None},
        hint=_("Who has the plan keeps its terms until it is assigned anew."),
    )


def _define(order: Order) -> Outcome:
    define_plan(
        code=order.payload["plan"],
        price_book=order.payload["price_book"],
        terms=_terms(order.payload),
        actor=order.actor,
        at=order.at,
        reason=order.reason,
        address=order.address,
    )
    return Outcome(said=_("The plan can be assigned."))


def _foresee_retirement(payload: Payload, at: datetime) -> Effect:
    plan = find_plan(payload["plan"])
    if plan.retired_at is not None:
        raise InvalidState(_("This plan is not offered any more."))
    return Effect(
        title=_("Plan %(name)s is not offered any more") % {"name": plan.name},
        lines=(EffectLine(_("Offered"), _("yes"), _("no")),),
        facts={"plan": plan.code},
        hint=_("Who has the plan keeps it."),
    )


def _retire(order: Order) -> Outcome:
    retire_plan(
        code=order.payload["plan"],
        actor=order.actor,
        at=order.at,
        reason=order.reason,
        address=order.address,
    )
    return Outcome(said=_("The plan is not offered any more."))


def _organisation(payload: Payload) -> tuple[Organisation, Wallet]:
    found = Organisation.objects.filter(platform_id=payload["organisation"]).first()
    if found is None:
        raise NotFound(_("There is no such organisation."))
    return found, Wallet.objects.get(organisation=found)


def _foresee_assignment(payload: Payload, at: datetime) -> Effect:
    organisation, wallet = _organisation(payload)
    held = plan_of(organisation, at=at)
    now = f"{held.name}, {figures.count(held.quota)}" if held else _("none")
    if not payload["plan"]:
        if held is None:
            raise InvalidState(_("The organisation has no plan."))
        after, hint = (
            _("none"),
            _("It ends with its period; what is left of the quota can be used until then."),
        )
    else:
        plan = find_plan(payload["plan"])
        if plan.retired_at is not None:
            raise InvalidState(_("This plan is not offered any more."))
        if plan.price_book_id != wallet.price_book_id:
            raise PriceBookMismatch(_("The plan is in another price book than the organisation."))
        after = f"{plan.name}, {figures.count(plan.quota)}"
        hint = _("A higher quota holds at once, a lower one from the next period.")
    return Effect(
        title=_("Plan of %(name)s") % {"name": organisation.name},
        lines=(EffectLine(_("Plan, generations"), now, after),),
        facts={"held": held.pk if held else None},
        wallet_id=wallet.pk,
        hint=hint,
    )


def _assign(order: Order) -> Outcome:
    organisation, _wallet = _organisation(order.payload)
    by: dict[str, Any] = {
        "actor": order.actor,
        "at": order.at,
        "reason": order.reason,
        "address": order.address,
    }
    if order.payload["plan"]:
        made = assign_plan(organisation=organisation, code=order.payload["plan"], **by)
        return Outcome(said=_("It holds from %(day)s on.") % {"day": figures.day_and_year(made.from_on)})
    ended = end_plan(organisation=organisation, **by)
    day = figures.day_and_year(ended.until_on) if ended.until_on else ""
    return Outcome(said=_("It ends on %(day)s.") % {"day": day})


def _foresee_default(payload: Payload, at: datetime) -> Effect:
    stored = DefaultLimit.objects.filter(period=payload["period"]).first()
    before = stored.tokens_micro if stored else None
    if before == payload["tokens"]:
        raise InvalidState(_("That is so already."))
    return Effect(
        title=_("Default limit of new organisations"),
        lines=(EffectLine(_("Tokens"), _words(before), _words(payload["tokens"])),),
        facts={"tokens": before},
        hint=_("Organisations that are there already keep what they have."),
    )


def _words(tokens: int | None) -> str:
    return _("no limit") if tokens is None else str(figures.figure(tokens))


def _set_default(order: Order) -> Outcome:
    set_default_limit(
        period=order.payload["period"],
        tokens=order.payload["tokens"],
        actor=order.actor,
        at=order.at,
        reason=order.reason,
        address=order.address,
    )
    return Outcome(said=_("New organisations begin with it."))


PLAN = Kind("define_plan", gettext_lazy("Define a plan"), Action.PRICE, _foresee_plan, _define)
RETIRE = Kind(
    "retire_plan", gettext_lazy("Take a plan off offer"), Action.PRICE, _foresee_retirement, _retire
)
ASSIGN = Kind("assign_plan", gettext_lazy("Assign a plan"), Action.PRICE, _foresee_assignment, _assign)
DEFAULT = Kind(
    "set_default_limit", gettext_lazy("Set a default limit"), Action.PRICE, _foresee_default, _set_default
)
