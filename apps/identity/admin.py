"""People and the trail of changes, as staff see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Q, QuerySet
from django.forms import CheckboxSelectMultiple, Media
from django.http import HttpRequest

from apps.core import look_up
from apps.core.staff_pages import FirstPages, LargeTableAdmin
from apps.identity.models import AuditRecord, User

MOST_PEOPLE = 200

if TYPE_CHECKING:
    AnyUserAdmin = UserAdmin[User]
else:
    AnyUserAdmin = UserAdmin


@admin.register(User)
class PersonAdmin(AnyUserAdmin):
    """People come from the platform; here only their standing as staff changes, by superusers."""

    media = Media()
    paginator = FirstPages
    show_full_result_count = False
    actions = None
    list_display = ("platform_id", "name", "email", "account_type", "is_staff", "is_active")
    list_filter = ("account_type", "is_staff", "is_active")
    list_select_related = ("account_type",)
    sortable_by = ()
    search_fields = ("platform_id",)
    search_help_text = "The platform's id, an e-mail address, the beginning of a name"
    ordering = ("-id",)
    readonly_fields = ("platform_id", "name", "email", "account_type", "date_joined", "last_login")
    fieldsets = (
        (None, {"fields": ("platform_id", "name", "email", "account_type", "password")}),
        ("Standing", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Dates", {"fields": ("date_joined", "last_login")}),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.replace("\x00", "").strip()
        return (queryset.filter(_people(term)) if term else queryset), False

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """The few roles as boxes to tick: two lists side by side suit no phone."""
        if db_field.name == "groups":
            options["widget"] = CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **options)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _people(term: str) -> Q:
    found = look_up.equal_to("identity_user", "email", term, at_most=MOST_PEOPLE)
    found += look_up.beginning_with("identity_user", "name", term, at_most=MOST_PEOPLE)
    return Q(platform_id=term) | Q(pk__in=found)


@admin.register(AuditRecord)
class AuditRecordAdmin(LargeTableAdmin):
    list_display = ("at", "actor", "action", "subject", "reason")
    ordering = ("-id",)
    search_help_text = "Who, or what it is about, such as organisation:aldermoor"

    def find(self, term: str) -> Q:
        return Q(actor=term) | Q(subject=term) | Q(action=term)
