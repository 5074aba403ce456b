"""Charges with everything that explains them, and denied attempts."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q

from apps.core.clock import now
from apps.core.staff_pages import Explained, LargeTableAdmin, link, one_of, tokens
from apps.ledger.models import Transfer
from apps.staff.books.finding import number, wallets_of
from apps.staff.charge_page import load_charge_page
from apps.usage.denials import CODES
from apps.usage.models import Charge, DeniedAttempt
from apps.wallets.models import Wallet


@admin.register(Charge)
class ChargeAdmin(Explained, LargeTableAdmin):
    shown_price = tokens("price_micro", "tokens")
    list_display = (
        "__str__",
        "status",
        "person",
        "organisation",
        "operation",
        "model",
        "shown_price",
        "created_at",
    )
    list_select_related = ("wallet", "organisation_wallet")
    list_filter = ("status", "billing_source")
    ordering = ("-id",)
    search_help_text = "C-number or ch_id, an e-mail address, a name, an id"

    def find(self, term: str) -> Q:
        found = number(term)
        if found is not None and found[0] != "transfer":
            return Q(pk=found[1])
        if found is not None:
            return Q(pk__in=Transfer.objects.filter(number=found[1]).values("charge_id"))
        wallets = wallets_of(term)
        return Q(wallet_id__in=wallets) | Q(organisation_wallet_id__in=wallets)

    def person(self, row: Charge) -> str:
        return link("wallets_wallet", row.wallet_id, row.wallet.owner_key)

    def organisation(self, row: Charge) -> str:
        wallet = row.organisation_wallet
        return link("wallets_wallet", row.organisation_wallet_id, wallet.owner_key if wallet else "")

    def explain(self, key: int) -> tuple[str, dict[str, Any]]:
        page = load_charge_page(key, at=now())
        return "staff/charge.html", {"title": page.title, "page": page}


@admin.register(DeniedAttempt)
class DeniedAttemptAdmin(LargeTableAdmin):
    shown_tokens = tokens("tokens_micro", "tokens")
    list_display = ("at", "code", "user_key", "organisation_key", "operation", "model", "detail")
    list_filter = (one_of("code", "code", sorted(CODES)),)
    ordering = ("-id",)
    search_help_text = "The platform's id of the person or organisation, or an e-mail address"
    exclude = ("tokens_micro",)
    readonly_fields = ("shown_tokens",)

    def find(self, term: str) -> Q:
        keys = Wallet.objects.filter(pk__in=wallets_of(term)).values_list("owner_key", flat=True)
        named = [term, *keys]
        return Q(user_key__in=named) | Q(organisation_key__in=named)
