"""Wallets, their movements, open holds and grants."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q

from apps.core.clock import now
from apps.core.staff_pages import AnyTable, Explained, LargeTableAdmin, ReadOnly, link, one_of, tokens
from apps.staff.books.finding import number, wallets_of
from apps.staff.books.ledger import KINDS
from apps.staff.filters import between_amounts, between_days
from apps.staff.wallet_page import load_wallet_page
from apps.wallets.models import Grant, Hold, HoldPart, Movement, Wallet


@admin.register(Wallet)
class WalletAdmin(Explained, LargeTableAdmin):
    list_display = ("id", "owner_type", "owner_key", "price_book", "unlimited", "frozen")
    list_select_related = ("price_book",)
    list_filter = ("owner_type", "price_book", "frozen", "unlimited")
    ordering = ("-id",)
    search_help_text = "The owner's id, e-mail address or name, or the number of the wallet"

    def explain(self, key: int) -> tuple[str, dict[str, Any]]:
        page = load_wallet_page(key, at=now())
        return "staff/wallet.html", {"title": page.title, "page": page}

    def find(self, term: str) -> Q:
        found = number(term)
        wallets = wallets_of(term)
        return Q(pk__in=[*wallets, found[1]] if found else wallets)


@admin.register(Movement)
class MovementAdmin(LargeTableAdmin):
    shown_amount = tokens("amount", "tokens")
    shown_balance_after = tokens("balance_after", "balance after")
    list_display = (
        "transfer_link",
        "wallet",
        "at",
        "kind",
        "shown_amount",
        "shown_balance_after",
    )
    list_display_links = None
    list_select_related = ("wallet",)
    list_filter = (one_of("kind", "kind", KINDS), between_days("at"), between_amounts("amount"))
    ordering = ("-id",)
    search_help_text = "T-number, an e-mail address, a name, an id"
    fields = (
        "transfer_link",
        "wallet",
        "sequence",
        "at",
        "kind",
        "shown_amount",
        "shown_balance_after",
    )
    readonly_fields = fields

    def find(self, term: str) -> Q:
        found = number(term)
        return Q(transfer_id=found[1]) if found else Q(wallet_id__in=wallets_of(term))

    @admin.display(description="transfer")
    def transfer_link(self, row: Movement) -> str:
        return link("ledger_transfer", row.transfer_id, f"T-{row.transfer_id}")

    def wallet(self, row: Movement) -> str:
        return link("wallets_wallet", row.wallet_id, row.wallet)


class HoldPartInline(ReadOnly, AnyTable):
    shown_amount = tokens("amount", "tokens")
    model = HoldPart
    fields = ("account_link", "shown_amount", "cycle_month")
    readonly_fields = fields

    @admin.display(description="account")
    def account_link(self, row: HoldPart) -> str:
        return link("ledger_account", row.account_id, f"Account {row.account_id}")


@admin.register(Hold)
class HoldAdmin(LargeTableAdmin):
    list_display = ("id", "purpose", "charge", "created_at", "expires_at")
    ordering = ("-id",)
    search_help_text = "C-number of the charge"
    fields = ("id", "purpose", "charge", "created_at", "expires_at")
    readonly_fields = fields
    inlines = (HoldPartInline,)

    def find(self, term: str) -> Q:
        found = number(term)
        return Q(pk=found[1]) if found else Q(pk=None)

    def charge(self, row: Hold) -> str:
        return link("usage_charge", row.pk, f"C-{row.pk}")


@admin.register(Grant)
class GrantAdmin(LargeTableAdmin):
    shown_tokens = tokens("tokens_micro", "tokens")
    list_display = ("wallet", "cycle_month", "shown_tokens", "at")
    list_select_related = ("wallet",)
    ordering = ("-id",)
    search_help_text = "The owner's id, e-mail address or name"
    fields = ("wallet", "cycle_month", "shown_tokens", "at")
    readonly_fields = fields

    def find(self, term: str) -> Q:
        return Q(wallet_id__in=wallets_of(term))
