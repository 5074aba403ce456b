"""The addresses of API clients and keys; nothing of them changes in a form of Django's."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path

from apps.core.staff_pages import AnyAdmin, ReadOnly
from apps.identity.models import ApiClient, ApiKey
from apps.staff.clients import views


@admin.register(ApiClient)
class ApiClientAdmin(ReadOnly, AnyAdmin):
    """Clients on pages of their own, with their keys."""

    list_display = ("name", "is_active", "created_at")
    search_fields = ("name",)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return views.show_clients(request)

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
        return views.show_client(request, int(object_id))

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            path("new/", guarded(views.create_client), name="create_api_client"),
            path("<int:client_id>/key/", guarded(views.create_key), name="create_api_key"),
            *super().get_urls(),
        ]


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly, AnyAdmin):
    """All keys as a list, to filter and export; they show their beginning only."""

    list_display = ("prefix", "client", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at")
    list_select_related = ("client",)
    search_fields = ("prefix", "client__name")
    exclude = ("digest", "form_key")

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            path("<int:key_id>/rotate/", guarded(views.rotate_key), name="rotate_api_key"),
            path("<int:key_id>/revoke/", guarded(views.revoke_key), name="revoke_api_key"),
            *super().get_urls(),
        ]
