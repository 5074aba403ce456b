"""Wallets, their movements, open holds and grants."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Q

from apps.core.staff_pages import (
    AnyTable,
    LargeTableAdmin,
    ReadOnly,
    as_lines,
    as_tokens,
    link,
    links_to_list,
    one_of,
    tokens,
)
from apps.ledger.models import Account
from apps.staff.books.finding import number, wallets_of
from apps.staff.books.ledger import KINDS
from apps.wallets.models import Grant, Hold, HoldPart, Movement, Wallet

LAST = 20


@admin.register(Wallet)
class WalletAdmin(LargeTableAdmin):
    shown_cycle_basis = tokens("cycle_basis", "to spend this cycle")
    list_display = ("id", "owner_type", "owner_key", "price_book", "unlimited", "frozen")
    list_select_related = ("price_book",)
    list_filter = ("owner_type", "price_book", "frozen", "unlimited")
    ordering = ("-id",)
    search_help_text = "The owner's id, e-mail address or name, or the number of the wallet"
    fields = (
        "owner_type",
        "owner",
        "price_book",
        "unlimited",
        "frozen",
        "buckets",
        "open_holds",
        "last_movements",
        "explained_by",
        "time_zone",
        "coming_time_zone",
        "zone_changes_at",
        "cycle_month",
        "cycle_ends_at",
        "shown_cycle_basis",
        "created_at",
    )
    readonly_fields = fields

    def find(self, term: str) -> Q:
        found = number(term)
        wallets = wallets_of(term)
        return Q(pk__in=[*wallets, found[1]] if found else wallets)

    def owner(self, row: Wallet) -> str:
        if row.user_id is not None:
            return link("identity_user", row.user_id, row.owner_key)
        return link("organisations_organisation", row.organisation_id, row.owner_key)

    def buckets(self, row: Wallet) -> str:
        """Each bucket with its balance and what is held of it, and all together."""
        accounts = list(Account.objects.filter(holder_id=row.pk).order_by("id"))
        lines = [(link("ledger_account", a.pk, a.kind), *_amounts(a.balance, a.held)) for a in accounts]
        total = _amounts(sum(a.balance for a in accounts), sum(a.held for a in accounts))
        return as_lines([*lines, ("total", *total)])

    def open_holds(self, row: Wallet) -> str:
        accounts = Account.objects.filter(holder_id=row.pk).values("id")
        parts = HoldPart.objects.filter(account__in=accounts).select_related("hold").order_by("id")[:LAST]
        return as_lines(
            (
                link("usage_charge", part.hold_id, f"C-{part.hold_id}"),
                as_tokens(part.amount),
                f"until {part.hold.expires_at:%Y-%m-%d %H:%M} UTC",
            )
            for part in parts
        )

    def last_movements(self, row: Wallet) -> str:
        movements = Movement.objects.filter(wallet=row).order_by("-sequence")[:LAST]
        return as_lines(
            (
                link("ledger_transfer", m.transfer_id, f"T-{m.transfer_id}"),
                f"{m.at:%Y-%m-%d %H:%M}",
                m.kind,
                as_tokens(m.amount),
                f"balance {as_tokens(m.balance_after)}",
            )
            for m in movements
        )

    def explained_by(self, row: Wallet) -> str:
        return as_lines(
            [
                (links_to_list("wallets_movement", f"wallet__id__exact={row.pk}", "All movements"),),
                (links_to_list("usage_charge", f"wallet__id__exact={row.pk}", "Charges"),),
                (
                    links_to_list(
                        "usage_charge", f"organisation_wallet__id__exact={row.pk}", "Charges of members"
                    ),
                ),
            ]
        )


def _amounts(balance: int, held: int) -> tuple[str, str, str]:
    return (
        f"balance {as_tokens(balance)}",
        f"held {as_tokens(held)}",
        f"available {as_tokens(balance - held)}",
    )


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
    list_filter = (one_of("kind", "kind", KINDS),)
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
