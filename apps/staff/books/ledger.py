"""Accounts, transfers and entries."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q

from apps.core.staff_pages import Explained, LargeTableAdmin, link, links_to_list, one_of, tokens
from apps.ledger.models import Account, Bucket, Entry, LedgerCheck, Transfer
from apps.ledger.platform import NAMES
from apps.staff.books.finding import number, wallets_of
from apps.staff.filters import between_amounts, between_days
from apps.staff.transfer_page import load_transfer_page
from apps.wallets.models import Movement

ACCOUNTS = (*Bucket.values, *NAMES.values())
KINDS = (
    "charge",
    "refund",
    "grant",
    "lapse",
    "allocation",
    "reclaim",
    "promotion",
    "migration",
    "adjustment",
    "bill",
    "bill_refund",
)


@admin.register(Account)
class AccountAdmin(LargeTableAdmin):
    shown_balance = tokens("balance", "balance")
    shown_held = tokens("held", "held")
    list_display = (
        "id",
        "kind",
        "wallet",
        "source",
        "shown_balance",
        "shown_held",
    )
    list_filter = (one_of("kind", "kind", ACCOUNTS),)
    ordering = ("-id",)
    search_help_text = "The number of a wallet, an e-mail address, a name, an id"
    fields = (
        "id",
        "kind",
        "wallet",
        "source",
        "shown_balance",
        "shown_held",
        "sequence",
        "overdraft",
        "filled_at",
        "entries_here",
    )
    readonly_fields = fields

    def find(self, term: str) -> Q:
        found = number(term)
        return Q(holder_id=found[1]) if found else Q(holder_id__in=wallets_of(term))

    def wallet(self, row: Account) -> str:
        return link("wallets_wallet", row.holder_id, f"Wallet {row.holder_id}")

    def source(self, row: Account) -> str:
        return link("wallets_wallet", row.source_id or None, f"Wallet {row.source_id}")

    def entries_here(self, row: Account) -> str:
        return links_to_list("ledger_entry", f"account__id__exact={row.pk}", "Entries")


@admin.register(Transfer)
class TransferAdmin(Explained, LargeTableAdmin):
    list_display = ("__str__", "kind", "at", "description", "charge", "actor")
    list_filter = (one_of("kind", "kind", KINDS), between_days("recorded_at"))
    ordering = ("-number",)
    search_help_text = "T-number, C-number of a charge, an e-mail address, a name, an id"

    def find(self, term: str) -> Q:
        found = number(term)
        if found is None:
            moved = Movement.objects.filter(wallet_id__in=wallets_of(term)).values("transfer_id")
            return Q(number__in=moved)
        kind, value = found
        by_number, by_charge = Q(number=value), Q(charge_id=value)
        return {"transfer": by_number, "charge": by_charge}.get(kind, by_number | by_charge)

    def charge(self, row: Transfer) -> str:
        return link("usage_charge", row.charge_id, f"C-{row.charge_id}")

    def explain(self, key: int) -> tuple[str, dict[str, Any]]:
        return "staff/transfer.html", load_transfer_page(key)


FEW = 5_000
"""Up to so many accounts are named one by one."""


def _on_accounts(kind: str) -> Q:
    """Where few accounts of a kind have entries they are named: walking back to find them would not end."""
    accounts = Account.objects.filter(kind=kind).filter(Q(sequence__gt=0) | Q(holder_id=None))
    named = list(accounts.values_list("pk", flat=True)[: FEW + 1])
    return Q(account_id__in=named) if len(named) <= FEW else Q(account__kind=kind)


@admin.register(Entry)
class EntryAdmin(LargeTableAdmin):
    shown_amount = tokens("amount", "tokens")
    shown_balance_after = tokens("balance_after", "balance after")
    list_display = (
        "id",
        "transfer_link",
        "account_link",
        "shown_amount",
        "shown_balance_after",
    )
    list_select_related = ("account", "transfer")
    list_filter = (
        one_of("kind of transfer", "transfer__kind", KINDS),
        one_of("account", "account__kind", ACCOUNTS, _on_accounts),
        between_days("transfer__recorded_at"),
        between_amounts("amount"),
    )
    ordering = ("-id",)
    search_help_text = "T-number of a transfer, a wallet's number, an e-mail address, a name, an id"
    fields = (
        "transfer_link",
        "account_link",
        "shown_amount",
        "sequence",
        "shown_balance_after",
    )
    readonly_fields = fields

    def find(self, term: str) -> Q:
        found = number(term)
        if found is None:
            return _on_wallets(wallets_of(term))
        kind, value = found
        return Q(transfer_id=value) if kind == "transfer" else Q(transfer_id=value) | _on_wallets([value])

    @admin.display(description="transfer")
    def transfer_link(self, row: Entry) -> str:
        return link("ledger_transfer", row.transfer_id, f"T-{row.transfer_id}")

    @admin.display(description="account")
    def account_link(self, row: Entry) -> str:
        return link("ledger_account", row.account_id, row.account)


def _on_wallets(wallets: list[int]) -> Q:
    """Accounts are looked up first, so that their index is taken; it holds numbered entries."""
    accounts = Account.objects.filter(holder_id__in=wallets)
    return Q(account_id__in=list(accounts.values_list("pk", flat=True)), sequence__isnull=False)


@admin.register(LedgerCheck)
class LedgerCheckAdmin(LargeTableAdmin):
    list_display = ("started_at", "state", "actor", "finished_at", "rules", "found")
    list_filter = ("state",)
    ordering = ("-started_at", "-id")
    search_help_text = "Who asked for it"
    exclude = ("under_way",)

    def find(self, term: str) -> Q:
        return Q(actor=term)

    @admin.display(description="differences")
    def found(self, row: LedgerCheck) -> int:
        return len(row.differences)
