"""What prices are made of, as staff see it; price books and rates have pages of their own."""

from __future__ import annotations

from django.contrib import admin

from apps.core.staff_pages import AnyAdmin, ReadOnly
from apps.pricing.models import ExchangeRate, Operation, ProviderModel


@admin.register(Operation)
class OperationAdmin(ReadOnly, AnyAdmin):
    list_display = ("code", "price_book", "category", "name")
    list_filter = ("price_book", "category")


@admin.register(ExchangeRate)
class ExchangeRateAdmin(ReadOnly, AnyAdmin):
    list_display = ("base", "quote", "value", "effective_on")


@admin.register(ProviderModel)
class ProviderModelAdmin(ReadOnly, AnyAdmin):
    list_display = ("name", "mode", "provider", "changed_at")
    list_filter = ("mode",)
    search_fields = ("name",)
