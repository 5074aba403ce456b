"""The staff's site: no page of it without a second factor."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.staff.listing import tools_for
from apps.staff.navigation import links_for, role_of

SHORT = ("start", "problem", "wallet", "charge")
"""The symbols of the places that a phone's tab bar has."""


class StaffSite(AdminSite):
    """The admin for staff with a second factor (waived where `STAFF_SECOND_FACTOR` is off)."""

    site_header = site_title = "Scrip"
    index_title = gettext_lazy("Staff")

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and not _lacks_second_factor(request)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every staff page shows around itself: where to go, the search box, the person's role."""
        groups = links_for(request, self) if self.has_permission(request) else []
        context = super().each_context(request)
        return {
            **context,
            "places": groups,
            "short_places": [link for _, links in groups for link in links if link.symbol in SHORT],
            "list_tools": tools_for(request),
            "find_url": reverse("staff_search"),
            "staff_role": role_of(request),
        }

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send to the common log-in, which is limited in tries and asks for the second factor."""
        response: HttpResponse = secure_admin_login(self._after_login)(request)
        return response

    def _after_login(self, request: HttpRequest) -> HttpResponseBase:
        if _lacks_second_factor(request):
            messages.warning(request, _("Staff pages need a second factor. Set one up to go on."))
            return redirect("mfa_activate_totp")
        return super().login(request)


def _lacks_second_factor(request: HttpRequest) -> bool:
    """Asked several times by a page, looked up once."""
    if not settings.STAFF_SECOND_FACTOR:
        return False
    kept = vars(request)
    if "scrip_second_factor" not in kept:
        user = request.user
        kept["scrip_second_factor"] = user.is_authenticated and is_mfa_enabled(user)
    return not kept["scrip_second_factor"]
