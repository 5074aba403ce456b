"""The list of cases: what needs an answer first."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from apps.core.staff_pages import NOTHING, LargeTableAdmin
from apps.staff.approvals.admin import ALL, BeginsAt
from apps.staff.books.finding import number
from apps.staff.cases import views
from apps.support.models import Case
from apps.support.roles import Action, may


class StateFilter(BeginsAt):
    title = _("state")
    parameter_name = "state"
    first = Case.State.OPEN.value
    values = (("open", _("Open")), ("waiting", _("Waiting for the person")), ("solved", _("Solved")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == ALL else queryset.filter(state=self.value())


class OwnerFilter(BeginsAt):
    title = _("owner")
    parameter_name = "owner"
    first = ALL
    values = (("mine", _("Mine")), ("nobody", _("Nobody's")), ("others", _("Other people's")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        mine = request.user.pk
        conditions = {
            "mine": Q(owner=mine),
            "nobody": Q(owner=None),
            "others": Q(owner__isnull=False) & ~Q(owner=mine),
        }
        return queryset.filter(conditions.get(self.value(), Q()))


@admin.register(Case)
class CaseAdmin(LargeTableAdmin):
    list_display = ("what", "reporter", "stands", "looked_after_by", "category", "changed_at", "opened_at")
    list_select_related = ("reporter", "owner")
    list_filter = (StateFilter, OwnerFilter, "category")
    ordering = ("-changed_at", "-id")
    search_help_text = _("P-, C- or T-number, an e-mail address, a name, an id")

    def find(self, term: str) -> Q:
        if term[:2].upper() == "P-" and term[2:].isascii() and term[2:].isdigit() and len(term) <= 20:
            return Q(pk=int(term[2:]))
        found = number(term)
        if found is not None:
            return Q(pk=found[1]) | Q(charge_id=found[1]) | Q(transfer_number=found[1])
        person = Q(reporter__email__iexact=term) | Q(reporter__platform_id=term)
        return person | Q(reporter__name__istartswith=term)

    @admin.display(description=_("problem"))
    def what(self, row: Case) -> str:
        return format_html("{} · {}", row.number, row.title)

    @admin.display(description=_("state"))
    def stands(self, row: Case) -> str:
        return str(dict(StateFilter.values)[row.state])

    @admin.display(description=_("owner"))
    def looked_after_by(self, row: Case) -> str:
        return str(row.owner or NOTHING)

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return may(request.user, Action.READ)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request):
            return super().change_view(request, object_id, form_url, extra_context)
        if not (object_id.isascii() and object_id.isdigit() and len(object_id) <= 18):
            raise Http404
        return views.show_case(request, int(object_id))

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            path("<int:case_id>/answer/", guarded(views.answer), name="answer_case"),
            path("<int:case_id>/take/", guarded(views.take), name="take_case"),
            path("<int:case_id>/move/", guarded(views.move), name="move_case"),
            *super().get_urls(),
        ]
