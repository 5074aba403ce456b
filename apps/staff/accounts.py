"""How people log in and what they may, for superusers: who stands where, and the way out for somebody who has
lost a second factor. Every change leaves a record. What a role may do is `support.roles`, not a form.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.admin import EmailAddressAdmin
from allauth.account.models import EmailAddress
from allauth.mfa.admin import AuthenticatorAdmin
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from apps.core.clock import now
from apps.core.staff_pages import AnyAdmin, FirstPages, ReadOnly
from apps.identity.admin import PersonAdmin
from apps.identity.auditing import Facts, record_audit
from apps.identity.models import User
from apps.staff.proving import actor_of

REPLACED = {
    EmailAddress: EmailAddressAdmin,
    Authenticator: AuthenticatorAdmin,
    Group: GroupAdmin,
    User: PersonAdmin,
}
"""Registered by importing them, and anew below."""
admin.site.unregister(REPLACED)


def note(request: HttpRequest, person: User, action: str, before: Facts, after: Facts) -> None:
    """A record of what was changed about a person, by whom and from where."""
    record_audit(
        actor=actor_of(request),
        action=action,
        subject=f"user:{person.platform_id}",
        before=before,
        after=after,
        at=now(),
        address=str(get_adapter(request).get_client_ip(request) or "")[:60],
    )


def standing_of(person_id: int) -> dict[str, Any]:
    """What somebody may, as it is stored."""
    person = User.objects.get(pk=person_id)
    return {
        "is_active": person.is_active,
        "is_staff": person.is_staff,
        "is_superuser": person.is_superuser,
        "groups": sorted(person.groups.values_list("name", flat=True)),
    }


@admin.register(User)
class StandingAdmin(PersonAdmin):
    """People, with a record of each change of their standing or password."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> User | None:
        """A form changes the object that it gets: what was so before is kept beside it."""
        person = super().get_object(request, object_id, from_field)
        if person is not None and request.method == "POST":
            vars(person)["was"] = (standing_of(person.pk), person.password)
        return person

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> Any:
        before, password = vars(obj)["was"]
        after = standing_of(obj.pk)
        if obj.password != password:
            after["has"] = "a new password"
        note(request, obj, "user.standing", before, after)
        return super().log_change(request, obj, message)


@admin.register(Group)
class RoleAdmin(ReadOnly, AnyAdmin):
    """Which roles there are; people get them on their own page."""

    fields = ("name",)


@admin.register(EmailAddress)
class AddressAdmin(ReadOnly, AnyAdmin):
    """Addresses by which people log in; they come from the platform."""

    paginator = FirstPages
    show_full_result_count = False
    list_display = ("email", "user", "primary", "verified")
    list_select_related = ("user",)
    search_fields = ("=email",)
    ordering = ("-id",)


@admin.register(Authenticator)
class SecondFactorAdmin(ReadOnly, AnyAdmin):
    """Second factors, never their secrets. Removing one lets somebody who lost it set up another."""

    fields = ("user", "type", "created_at", "last_used_at")
    list_display = fields
    list_select_related = ("user",)
    list_filter = ("type",)
    search_fields = ("=user__email",)
    actions = None
    paginator = FirstPages
    show_full_result_count = False
    ordering = ("-id",)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        before = {"type": obj.type, "created_at": obj.created_at.isoformat()}
        super().delete_model(request, obj)
        note(request, obj.user, "second_factor.remove", before, None)
