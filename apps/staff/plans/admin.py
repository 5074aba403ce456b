"""Plans on pages of their own, with the default limits of new organisations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.allocations.models import DefaultLimit
from apps.core import figures
from apps.core.clock import now
from apps.core.periods import PERIODS
from apps.core.staff_pages import AnyAdmin, ReadOnly
from apps.plans.models import Plan, Subscription
from apps.staff.views import show
from apps.support.roles import Action, may

MOST = 200
PERIOD_NAMES = {
    "day": gettext_noop("per day"),
    "week": gettext_noop("per week"),
    "month": gettext_noop("per month"),
    "total": gettext_noop("in total"),
}


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A plan and how many organisations have it now."""

    plan: Plan
    price: str
    organisations: int


@dataclass(frozen=True, slots=True)
class DefaultLine:
    """What a new organisation may spend in a period; micro-tokens, None is no limit."""

    period: str
    name: str
    tokens: int | None


def load_plans() -> list[PlanLine]:
    """All plans, those that are offered first: two queries."""
    today = now().date()
    held = Subscription.objects.filter(from_on__lte=today).filter(Q(until_on=None) | Q(until_on__gt=today))
    counts: dict[int, int] = {}
    for plan in held.values_list("plan_id", flat=True):
        counts[plan] = counts.get(plan, 0) + 1
    rows = Plan.objects.select_related("price_book").order_by("price_book_id", "price_minor", "name")
    lines = [PlanLine(row, _price(row), counts.get(row.pk, 0)) for row in rows]
    return sorted(lines, key=lambda line: line.plan.retired_at is not None)


def _price(plan: Plan) -> str:
    return figures.money(plan.price_minor * 1_000_000, 1, plan.price_book.currency)


def load_defaults() -> list[DefaultLine]:
    """The default limit of each period."""
    kept = dict(DefaultLimit.objects.values_list("period", "tokens_micro"))
    return [DefaultLine(period, _(PERIOD_NAMES[period]), kept.get(period)) for period in PERIODS]


@admin.register(Plan)
class PlanAdmin(ReadOnly, AnyAdmin):
    """Nothing of them changes in a form of Django's: staff ask for what they want and see its effect."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return show(
            request,
            "plans",
            _("Plans"),
            plans=load_plans(),
            defaults=load_defaults(),
            may_set=may(request.user, Action.PRICE),
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request):
            return super().change_view(request, object_id, form_url, extra_context)
        plain = object_id.isascii() and object_id.isdigit() and len(object_id) < 19
        plan = Plan.objects.select_related("price_book").filter(pk=object_id).first() if plain else None
        if plan is None:
            raise Http404
        held = Subscription.objects.filter(plan=plan).select_related("organisation__wallet")
        return show(
            request,
            "plan",
            plan.name,
            plan=plan,
            price=_price(plan),
            held=held.order_by("-from_on", "-pk")[:MOST],
            may_set=may(request.user, Action.PRICE),
        )
