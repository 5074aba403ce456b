"""The pages of price books and rates, in the places where Django looks for them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path

from apps.core.staff_pages import AnyAdmin, ReadOnly
from apps.pricing.models import PriceBook, Rate
from apps.staff.prices import views


@admin.register(PriceBook)
class PriceBookAdmin(ReadOnly, AnyAdmin):
    """Books with their rate cards, and the file that replaces one."""

    list_display = ("code", "name", "currency", "scheme", "refundable")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return views.books(request)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return super().change_view(request, object_id, form_url, extra_context)
        return views.book(request, object_id)

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        own = [
            path("load/", guarded(views.load_file), name="load_price_file"),
            path("<slug:code>/hosting/", guarded(views.hosting), name="hosting_rates"),
        ]
        return [*own, *super().get_urls()]


@admin.register(Rate)
class RateAdmin(ReadOnly, AnyAdmin):
    """Rates with their versions, and how a new one is published."""

    list_display = ("operation", "model")
    list_filter = ("operation__price_book", "operation__code")
    list_select_related = ("operation__price_book",)
    search_fields = ("model", "operation__code")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return super().change_view(request, object_id, form_url, extra_context)
        if not (object_id.isascii() and object_id.isdigit() and len(object_id) <= 18):
            raise Http404
        return views.rate(request, int(object_id))

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        own = [
            path("<int:rate_id>/compare/", guarded(views.compare), name="compare_rate"),
            path("<int:rate_id>/revise/", guarded(views.revise_rate), name="revise_rate"),
        ]
        return [*own, *super().get_urls()]
