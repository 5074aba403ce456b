"""Prices as staff see them; they change by price book files, imports and publications only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from apps.core.staff_pages import AnyAdmin, AnyTable, ReadOnly
from apps.pricing.models import (
    ExchangeRate,
    Operation,
    Package,
    PriceBook,
    ProviderModel,
    Rate,
    RateVersion,
    VolumeTier,
)

if TYPE_CHECKING:
    AnyStack = admin.StackedInline[Any, Any]
else:
    AnyStack = admin.StackedInline


class TierInline(ReadOnly, AnyTable):
    model = VolumeTier


class PackageInline(ReadOnly, AnyTable):
    model = Package


class VersionInline(ReadOnly, AnyStack):
    model = RateVersion


@admin.register(PriceBook)
class PriceBookAdmin(ReadOnly, AnyAdmin):
    list_display = ("code", "name", "currency", "scheme", "refundable")
    inlines = (TierInline, PackageInline)


@admin.register(Operation)
class OperationAdmin(ReadOnly, AnyAdmin):
    list_display = ("code", "price_book", "category", "name")
    list_filter = ("price_book", "category")


@admin.register(Rate)
class RateAdmin(ReadOnly, AnyAdmin):
    list_display = ("operation", "model")
    list_filter = ("operation__price_book", "operation__code")
    list_select_related = ("operation",)
    search_fields = ("model", "operation__code")
    inlines = (VersionInline,)


@admin.register(ExchangeRate)
class ExchangeRateAdmin(ReadOnly, AnyAdmin):
    list_display = ("base", "quote", "value", "effective_on")


@admin.register(ProviderModel)
class ProviderModelAdmin(ReadOnly, AnyAdmin):
    list_display = ("name", "mode", "provider", "changed_at")
    list_filter = ("mode",)
    search_fields = ("name",)
