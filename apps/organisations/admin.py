"""Organisations, members and cost centres as staff see them."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Q

from apps.core import look_up
from apps.core.staff_pages import AnyTable, LargeTableAdmin, ReadOnly, links_to_list
from apps.identity.models import User
from apps.organisations.models import CostCentre, Membership, Organisation


class CostCentreInline(ReadOnly, AnyTable):
    model = CostCentre
    fk_name = "organisation"
    fields = ("platform_id", "name", "kind", "parent")
    readonly_fields = fields


@admin.register(Organisation)
class OrganisationAdmin(LargeTableAdmin):
    list_display = ("platform_id", "name", "slug", "created_at", "closed_at")
    ordering = ("-id",)
    search_help_text = "The platform's id, or the beginning of the name"
    readonly_fields = ("members",)
    inlines = (CostCentreInline,)

    def find(self, term: str) -> Q:
        named = look_up.beginning_with("organisations_organisation", "name", term, at_most=200)
        return Q(platform_id=term) | Q(slug=term) | Q(pk__in=named)

    def members(self, row: Organisation) -> str:
        return links_to_list(
            "organisations_membership", f"organisation__id__exact={row.pk}", "Members, present and past"
        )


@admin.register(Membership)
class MembershipAdmin(LargeTableAdmin):
    list_display = ("user", "organisation", "role", "joined_at", "ended_at")
    list_select_related = ("user", "organisation")
    list_filter = ("role",)
    ordering = ("-id",)
    search_help_text = "The platform's id of a person or organisation, or an e-mail address"

    def find(self, term: str) -> Q:
        people = look_up.equal_to("identity_user", "email", term, at_most=200)
        people += User.objects.filter(platform_id=term).values_list("pk", flat=True)
        return Q(user_id__in=people) | Q(organisation_id__in=_organisations(term))


@admin.register(CostCentre)
class CostCentreAdmin(LargeTableAdmin):
    list_display = ("platform_id", "name", "kind", "organisation", "parent")
    list_select_related = ("organisation", "parent")
    list_filter = ("kind",)
    ordering = ("-id",)
    search_help_text = "The platform's id of the cost centre or organisation"

    def find(self, term: str) -> Q:
        return Q(platform_id=term) | Q(organisation_id__in=_organisations(term))


def _organisations(term: str) -> list[int]:
    """Looked up before the list is: a condition on two tables at once has no index."""
    return list(Organisation.objects.filter(platform_id=term).values_list("pk", flat=True))
