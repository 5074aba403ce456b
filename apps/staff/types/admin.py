"""Account types on pages of their own: who has how many free tokens, since when, and how to change it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from apps.core.clock import now
from apps.core.staff_pages import AnyAdmin, ReadOnly
from apps.identity.models import AccountType, FreeGrant, User
from apps.staff.views import show
from apps.support.roles import Action, may


@dataclass(frozen=True, slots=True)
class TypeLine:
    """An account type: people who have it, micro-tokens a month now, and those before, the latest first."""

    code: str
    name: str
    people: int
    tokens: int
    history: tuple[tuple[datetime, int], ...]


def load_types(code: str = "") -> list[TypeLine]:
    """All types, or one: three queries."""
    types = AccountType.objects.filter(**({"code": code} if code else {})).order_by("name")
    grants: dict[str, list[tuple[datetime, int]]] = {}
    for grant in FreeGrant.objects.filter(account_type__in=types).order_by("-from_at"):
        grants.setdefault(grant.account_type_id, []).append((grant.from_at, grant.tokens_micro))
    people = dict(
        User.objects.filter(account_type__in=types)
        .values_list("account_type_id")
        .annotate(Count("id"))
        .order_by()
    )
    return [_line(row, people.get(row.code, 0), grants.get(row.code, [])) for row in types]


def _line(row: AccountType, people: int, grants: list[tuple[datetime, int]]) -> TypeLine:
    at = now()
    tokens = next((micro for from_at, micro in grants if from_at <= at), 0)
    return TypeLine(row.code, row.name, people, tokens, tuple(grants))


@admin.register(AccountType)
class AccountTypeAdmin(ReadOnly, AnyAdmin):
    """Nothing of them changes in a form of Django's: a new grant is a dated row that staff ask for."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_set = may(request.user, Action.PRICE)
        return show(request, "types", _("Account types"), types=load_types(), may_set=may_set)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request):
            return super().change_view(request, object_id, form_url, extra_context)
        found = load_types(object_id[:40])
        if not found:
            raise Http404
        may_set = may(request.user, Action.PRICE)
        return show(request, "type", found[0].name, type=found[0], may_set=may_set)
