"""What an action is about: the wallet or the charge, its page, and what the form begins with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.allocations.models import DefaultLimit
from apps.core.errors import NotFound
from apps.core.figures import count, figure
from apps.core.periods import PERIODS
from apps.hosting.bills import title_of
from apps.hosting.explaining import state_name
from apps.hosting.selectors import state_at
from apps.identity.granting import find_account_type, grant_of
from apps.plans.services import find_plan
from apps.staff.actions.fields import typed
from apps.staff.actions.forms import (
    AccountTypeForm,
    AdjustForm,
    AssignForm,
    DefaultLimitForm,
    GrantForm,
    PaymentForm,
    PlanForm,
    ReasonForm,
    RefundForm,
    ReleaseForm,
    RetireForm,
    VoidForm,
)
from apps.support.deeds.naming import find_wallet, owner_name
from apps.support.deeds.voiding import find_bill
from apps.support.roles import Action
from apps.usage.deciding import describe
from apps.usage.models import UsageStatement
from apps.usage.selectors import get_charge
from apps.wallets.books import project


@dataclass(frozen=True, slots=True)
class Subject:
    """What is acted on: `kind` is what would be asked for, `standing` how it stands now."""

    key: int | str
    kind: str
    heading: str
    name: str
    url: str
    standing: str
    initial: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deed:
    """An action of the staff: its form, who may begin it, and how its subject is found (NotFound)."""

    action: Action
    form: type[ReasonForm]
    subject: Callable[[Any, datetime], Subject]


def _wallet(key: int, kind: str, heading: str, at: datetime) -> Subject:
    wallet = find_wallet(key)
    available = project([key], at=at).wallets[key].available
    return Subject(
        key=key,
        kind=kind,
        heading=heading,
        name=owner_name(wallet),
        url=reverse("admin:wallets_wallet_change", args=[key]),
        standing=_("%(tokens)s tokens available now") % {"tokens": figure(available)},
    )


def _adjusted(key: int, at: datetime) -> Subject:
    return _wallet(key, "adjust_wallet", _("Adjust a wallet"), at)


def _paid(key: int, at: datetime) -> Subject:
    rows = UsageStatement.objects.filter(wallet=key, paid_at=None)
    waiting = sum(row.tokens_micro - row.paid_micro for row in rows)
    subject = _wallet(key, "book_payment", _("Book a payment"), at)
    standing = _("%(tokens)s tokens wait for payment") % {"tokens": figure(waiting)}
    return replace(subject, standing=standing, initial={"tokens": typed(waiting)} if waiting else {})


def _frozen(key: int, at: datetime) -> Subject:
    if find_wallet(key).frozen:
        return _wallet(key, "unfreeze_wallet", _("Unfreeze a wallet"), at)
    return _wallet(key, "freeze_wallet", _("Freeze a wallet"), at)


def _unlimited(key: int, at: datetime) -> Subject:
    if find_wallet(key).unlimited:
        return _wallet(key, "unmark_unlimited", _("Let a wallet be paid for beforehand"), at)
    return _wallet(key, "mark_unlimited", _("Let a wallet be paid for afterwards"), at)


def _charge(key: int, kind: str, heading: str, at: datetime) -> Subject:
    charge = get_charge(key, at=at)
    refundable = charge.refundable
    if kind == "refund_charge":
        standing = _("%(tokens)s tokens can be refunded") % {"tokens": figure(refundable)}
    else:
        standing = _("%(tokens)s tokens held") % {
            "tokens": figure(charge.given if charge.status == "held" else 0)
        }
    return Subject(
        key=key,
        kind=kind,
        heading=heading,
        name=f"{charge.number} · {describe(charge)}",
        url=reverse("admin:usage_charge_change", args=[key]),
        standing=standing,
        initial={"tokens": typed(refundable)} if refundable else {},
    )


def _refunded(key: int, at: datetime) -> Subject:
    return _charge(key, "refund_charge", _("Refund a charge"), at)


def _released(key: int, at: datetime) -> Subject:
    return _charge(key, "release_charge", _("Release a hold"), at)


def _voided(key: int, at: datetime) -> Subject:
    bill = find_bill(key)
    resource = bill.resource
    return Subject(
        key=key,
        kind="void_bill",
        heading=_("Void a bill"),
        name=f"B-{bill.pk} · {title_of(resource.name, resource.kind, resource.platform_id)}",
        url=reverse("admin:hosting_bill_change", args=[key]),
        standing=_("%(tokens)s tokens, %(state)s")
        % {"tokens": figure(bill.tokens_micro), "state": state_name(state_at(bill, at))},
    )


def _granted(key: str, at: datetime) -> Subject:
    found = find_account_type(key)
    tokens = grant_of(key, at) or 0
    return Subject(
        key=key,
        kind="set_free_grant",
        heading=_("Set the monthly grant"),
        name=found.name,
        url=reverse("admin:identity_accounttype_change", args=[key]),
        standing=_("%(tokens)s free tokens a month now") % {"tokens": figure(tokens)},
        initial={"tokens": typed(tokens)},
    )


def _new_type(key: str, at: datetime) -> Subject:
    return Subject(
        key=key,
        kind="add_account_type",
        heading=_("Add an account type"),
        name=_("Account types"),
        url=reverse("admin:identity_accounttype_changelist"),
        standing=_("it decides the monthly free tokens"),
    )


def _plan(key: str, at: datetime) -> Subject:
    """A plan to be changed, or (``new``) one that is to be defined."""
    url = reverse("admin:plans_plan_changelist")
    if key == "new":
        return Subject(key, "define_plan", _("Define a plan"), _("Plans"), url, _("it can then be assigned"))
    return _known_plan(key, "define_plan", _("Change a plan's terms"))


def _known_plan(key: str, kind: str, heading: str) -> Subject:
    plan = find_plan(key)
    terms = {
        "plan": plan.code,
        "name": plan.name,
        "price_book": plan.price_book_id,
        "price_minor": plan.price_minor,
        "period": plan.period,
        "quota": plan.quota,
        "free_tokens": plan.free_tokens_micro,
    }
    return Subject(
        key=key,
        kind=kind,
        heading=heading,
        name=plan.name,
        url=reverse("admin:plans_plan_change", args=[plan.pk]),
        standing=_("%(quota)s generations per period") % {"quota": count(plan.quota)},
        initial=PlanForm.values_of(terms),
    )


def _retired(key: str, at: datetime) -> Subject:
    return _known_plan(key, "retire_plan", _("Take a plan off offer"))


def _assigned(key: str, at: datetime) -> Subject:
    url = reverse("admin:plans_plan_changelist")
    return Subject(key, "assign_plan", _("Assign a plan"), _("Plans"), url, _("to an organisation"))


def _default_limit(key: str, at: datetime) -> Subject:
    if key not in PERIODS:
        raise NotFound(f"There is no period {key[:10]}.")
    stored = DefaultLimit.objects.filter(period=key).first()
    return Subject(
        key=key,
        kind="set_default_limit",
        heading=_("Default limit of new organisations"),
        name={"day": _("per day"), "week": _("per week"), "month": _("per month"), "total": _("in total")}[
            key
        ],
        url=reverse("admin:plans_plan_changelist"),
        standing=_("no limit") if stored is None else str(figure(stored.tokens_micro)),
        initial={"tokens": typed(stored.tokens_micro)} if stored else {},
    )


PLAN = Deed(Action.PRICE, PlanForm, _plan)
RETIRE = Deed(Action.PRICE, RetireForm, _retired)
ASSIGN = Deed(Action.PRICE, AssignForm, _assigned)
DEFAULT_LIMIT = Deed(Action.PRICE, DefaultLimitForm, _default_limit)
VOID = Deed(Action.VOID_BILL, VoidForm, _voided)
GRANT = Deed(Action.PRICE, GrantForm, _granted)
NEW_TYPE = Deed(Action.PRICE, AccountTypeForm, _new_type)
PAYMENT = Deed(Action.ADJUST, PaymentForm, _paid)
ADJUST = Deed(Action.ADJUST, AdjustForm, _adjusted)
FREEZE = Deed(Action.FREEZE, ReasonForm, _frozen)
UNLIMITED = Deed(Action.UNLIMITED, ReasonForm, _unlimited)
REFUND = Deed(Action.REFUND, RefundForm, _refunded)
RELEASE = Deed(Action.RELEASE, ReleaseForm, _released)
