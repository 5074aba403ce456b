"""Define plans, and say which organisation has one. Every change leaves an audit record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.errors import InvalidState, NotFound, PriceBookMismatch, ValidationError
from apps.core.units import LARGEST, format_tokens
from apps.identity.auditing import record_audit
from apps.organisations.models import Organisation
from apps.organisations.services import lock_organisation
from apps.plans.models import Plan, Subscription
from apps.plans.quota import period_of
from apps.pricing.models import PriceBook
from apps.wallets.granting import set_monthly_grant
from apps.wallets.models import Wallet

MOST_GENERATIONS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """What a plan offers: price in cents per period, generations per period, free micro-tokens a month."""

    name: str
    price_minor: int
    period: str
    quota: int
    free_tokens: int = 0


def define_plan(
    *,
    code: str,
    price_book: str,
    terms: PlanTerms,
    actor: str,
    at: datetime,
    reason: str = "",
    address: str = "",
) -> Plan:
    """Offer a new plan, or change the terms of one for those who take it from now on.

    Who has it keeps its terms until it is assigned anew. NotFound for an unknown price book,
    ValidationError for impossible terms, InvalidState if a plan would change its price book.
    """
    _check(terms)
    if not PriceBook.objects.filter(pk=price_book).exists():
        raise NotFound(f"There is no price book {price_book}.")
    with transaction.atomic():
        found = Plan.objects.select_for_update(no_key=True).filter(code=code).first()
        if found is not None and found.price_book_id != price_book:
            raise InvalidState(_("A plan keeps its price book: define another one."))
        before = None if found is None else _facts(found)
        plan, _created = Plan.objects.update_or_create(
            code=code,
            defaults={
                "name": terms.name,
                "price_book_id": price_book,
                "price_minor": terms.price_minor,
                "period": terms.period,
                "quota": terms.quota,
                "free_tokens_micro": terms.free_tokens,
                "retired_at": None,
            },
        )
        record_audit(
            actor=actor,
            action="plan.define",
            subject=f"plan:{code}",
            before=before,
            after=_facts(plan),
            at=at,
            reason=reason,
            address=address,
        )
        return plan


def retire_plan(*, code: str, actor: str, at: datetime, reason: str = "", address: str = "") -> Plan:
    """Offer a plan no longer; who has it keeps it. InvalidState if it is not offered already."""
    with transaction.atomic():
        plan = find_plan(code)
        if plan.retired_at is not None:
            raise InvalidState(_("This plan is not offered any more."))
        before = _facts(plan)
        plan.retired_at = at
        plan.save(update_fields=["retired_at"])
        record_audit(
            actor=actor,
            action="plan.retire",
            subject=f"plan:{code}",
            before=before,
            after={**_facts(plan), "retired": True},
            at=at,
            reason=reason,
            address=address,
        )
        return plan


def find_plan(code: str) -> Plan:
    """The plan; NotFound if there is none."""
    found = Plan.objects.filter(code=code).first()
    if found is None:
        raise NotFound(f"There is no plan {code}.")
    return found


def assign_plan(
    *,
    organisation: Organisation,
    code: str,
    actor: str,
    at: datetime,
    reason: str = "",
    address: str = "",
) -> Subscription:
    """Let an organisation have a plan: at once, or from its next period if that lowers the quota.

    Free tokens come at once if this month has had none, else with the next month. PriceBookMismatch for
    a plan of another price book, InvalidState for one not offered any more or had already.
    """
    with transaction.atomic():
        lock_organisation(organisation)
        plan = find_plan(code)
        wallet = Wallet.objects.get(organisation=organisation)
        if plan.price_book_id != wallet.price_book_id:
            raise PriceBookMismatch(_("The plan is in another price book than the organisation."))
        if plan.retired_at is not None:
            raise InvalidState(_("This plan is not offered any more."))
        today = wallet.calendar.day_of(at)
        present = subscription_on(organisation, today)
        coming = Subscription.objects.filter(organisation=organisation, from_on__gt=today).first()
        before = _subscribed(coming or present)
        first = _begins(organisation, present, plan, today)
        if _is_the_same(present, plan) and coming is None and present and present.until_on is None:
            raise InvalidState(_("The organisation has this plan already."))
        _make_room(organisation, first)
        made = Subscription.objects.create(
            organisation=organisation,
            plan=plan,
            name=plan.name,
            price_minor=plan.price_minor,
            period=plan.period,
            quota=plan.quota,
            free_tokens_micro=plan.free_tokens_micro,
            from_on=first,
            made_at=at,
            actor=actor[:160],
        )
        set_monthly_grant(wallet_id=wallet.pk, tokens=plan.free_tokens_micro, from_on=first, at=at)
        _audit(organisation, "plan.assign", before, _subscribed(made), actor, at, reason, address)
        return made


def end_plan(
    *, organisation: Organisation, actor: str, at: datetime, reason: str = "", address: str = ""
) -> Subscription:
    """Let an organisation's plan end with its period; what is left of the quota can be used until then.

    InvalidState if there is none, or if it ends already.
    """
    with transaction.atomic():
        lock_organisation(organisation)
        wallet = Wallet.objects.get(organisation=organisation)
        today = wallet.calendar.day_of(at)
        present = subscription_on(organisation, today)
        if present is None:
            raise InvalidState(_("The organisation has no plan."))
        end = period_of(present.period, today)[1]
        if present.until_on is not None and not _coming(organisation, today):
            raise InvalidState(_("The plan ends already."))
        before = _subscribed(present)
        _make_room(organisation, end)
        present.refresh_from_db()
        set_monthly_grant(wallet_id=wallet.pk, tokens=0, from_on=end, at=at)
        _audit(organisation, "plan.end", before, _subscribed(present), actor, at, reason, address)
        return present


def subscription_on(organisation: Organisation, day: date) -> Subscription | None:
    """The plan that an organisation has on one of its days."""
    held = Subscription.objects.filter(organisation=organisation, from_on__lte=day)
    return held.filter(Q(until_on=None) | Q(until_on__gt=day)).select_related("plan").first()


def _coming(organisation: Organisation, today: date) -> bool:
    return Subscription.objects.filter(organisation=organisation, from_on__gt=today).exists()


def _begins(organisation: Organisation, present: Subscription | None, plan: Plan, today: date) -> date:
    """Today; a lower quota waits for the next period of the plan that it replaces (organisations.md).

    What was assigned today counts for nothing beside the plan of the days before.
    """
    had = present
    if present is not None and present.from_on == today:
        had = Subscription.objects.filter(organisation=organisation, until_on=today).first()
    if had is None:
        return today
    is_lower = _a_year(plan.period, plan.quota) < _a_year(had.period, had.quota)
    return period_of(had.period, today)[1] if is_lower else today


def _a_year(period: str, quota: int) -> int:
    return quota if period == Plan.Period.YEAR else quota * 12


def _is_the_same(present: Subscription | None, plan: Plan) -> bool:
    return present is not None and (
        present.plan_id,
        present.period,
        present.quota,
        present.free_tokens_micro,
        present.name,
        present.price_minor,
    ) == (plan.pk, plan.period, plan.quota, plan.free_tokens_micro, plan.name, plan.price_minor)


def _make_room(organisation: Organisation, first: date) -> None:
    """What would hold on the day or later makes way: ended before it, or taken back if not yet begun."""
    Subscription.objects.filter(organisation=organisation, from_on__gte=first).delete()
    held = Subscription.objects.filter(organisation=organisation, from_on__lt=first)
    held.filter(Q(until_on=None) | Q(until_on__gt=first)).update(until_on=first)


def _check(terms: PlanTerms) -> None:
    problems: dict[str, list[str]] = {}
    if not terms.name.strip():
        problems["name"] = [_("A plan needs a name.")]
    if terms.period not in Plan.Period.values:
        problems["period"] = [_("A period is a month or a year.")]
    if not 0 <= terms.price_minor <= LARGEST:
        problems["price"] = [_("A price is not negative.")]
    if not 0 <= terms.quota <= MOST_GENERATIONS:
        problems["quota"] = [_("Between 0 and 1000000000 generations are possible.")]
    if not 0 <= terms.free_tokens <= LARGEST:
        problems["free_tokens"] = [_("Between 0 and 1000000000000 tokens are possible.")]
    if problems:
        raise ValidationError(problems)


def _facts(plan: Plan) -> dict[str, Any]:
    return {
        "name": plan.name,
        "price_minor": plan.price_minor,
        "period": plan.period,
        "quota": plan.quota,
        "free_tokens": format_tokens(plan.free_tokens_micro),
    }


def _subscribed(held: Subscription | None) -> dict[str, Any] | None:
    if held is None:
        return None
    return {
        "plan": held.plan.code,
        "quota": held.quota,
        "from": held.from_on.isoformat(),
        "until": held.until_on.isoformat() if held.until_on else None,
    }


def _audit(
    organisation: Organisation,
    action: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    actor: str,
    at: datetime,
    reason: str,
    address: str,
) -> None:
    record_audit(
        actor=actor,
        action=action,
        subject=f"organisation:{organisation.platform_id}",
        before=before,
        after=after,
        at=at,
        reason=reason,
        address=address,
    )
