"""The lists of bills and of hosted resources, and their pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q

from apps.core.clock import now
from apps.core.staff_pages import Explained, LargeTableAdmin, link, one_of, tokens
from apps.hosting.models import Bill, Resource
from apps.staff.books.finding import number, wallets_of
from apps.staff.hosting.pages import load_bill_page, load_resource_page


@admin.register(Bill)
class BillAdmin(Explained, LargeTableAdmin):
    shown_tokens = tokens("tokens_micro", "tokens")
    list_display = ("__str__", "state", "resource_link", "payer_link", "month", "shown_tokens", "due_at")
    list_select_related = ("resource", "payer")
    list_filter = (one_of("state", "state", Bill.State.values),)
    ordering = ("-id",)
    search_help_text = "B-number, an e-mail address, a name, an id"

    def explain(self, key: int) -> tuple[str, dict[str, Any]]:
        page = load_bill_page(key, at=now())
        return "staff/bill.html", {"title": page.title, "page": page}

    def find(self, term: str) -> Q:
        found = number(term)
        if found is not None and found[0] in ("bill", "any"):
            return Q(pk=found[1])
        if found is not None and found[0] == "transfer":
            return Q(transfer_id=found[1]) | Q(refund_id=found[1])
        return Q(payer_id__in=wallets_of(term))

    @admin.display(description="resource")
    def resource_link(self, row: Bill) -> str:
        return link("hosting_resource", row.resource_id, row.resource)

    @admin.display(description="payer")
    def payer_link(self, row: Bill) -> str:
        return link("wallets_wallet", row.payer_id, row.payer.owner_key)


@admin.register(Resource)
class ResourceAdmin(Explained, LargeTableAdmin):
    list_display = ("__str__", "kind", "platform_id", "owner_link", "members", "stored_bytes", "ended_at")
    list_select_related = ("owner",)
    list_filter = (one_of("kind", "kind", Resource.Kind.values),)
    ordering = ("-id",)
    search_help_text = "The platform's id of the resource, or its owner"

    def explain(self, key: int) -> tuple[str, dict[str, Any]]:
        page = load_resource_page(key)
        return "staff/resource.html", {"title": page.title, "page": page}

    def find(self, term: str) -> Q:
        return Q(platform_id=term) | Q(owner_id__in=wallets_of(term))

    @admin.display(description="owner")
    def owner_link(self, row: Resource) -> str:
        return link("wallets_wallet", row.owner_id, row.owner.owner_key)
