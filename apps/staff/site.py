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
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class StaffSite(AdminSite):
    """The admin for staff with a second factor (waived where `STAFF_SECOND_FACTOR` is off)."""

    site_header = site_title = "Scrip"
    index_title = gettext_lazy("Staff")

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and not _lacks_second_factor(request)

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
    user = request.user
    return settings.STAFF_SECOND_FACTOR and not (user.is_authenticated and is_mfa_enabled(user))
