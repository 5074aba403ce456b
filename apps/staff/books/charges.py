"""Charges with everything that explains them, and denied attempts."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html

from apps.core.clock import now
from apps.core.staff_pages import NOTHING, Explained, LargeTableAdmin, link, one_of, tokens
from apps.ledger.models import Transfer
from apps.staff.books.finding import number, wallets_of
from apps.staff.charge_page import load_charge_page
from apps.staff.filters import between_days
from apps.staff.wording import denial_name
from apps.usage.denials import CODES
from apps.usage.models import Charge, DeniedAttempt
from apps.wallets.models import Hold, Wallet


def _in_state(status: str) -> Q:
    """Held charges are few, and found by their open holds, which bear their numbers."""
    held = Q(pk__in=Hold.objects.values("pk")) if status == Charge.Status.HELD else Q()
    return held & Q(status=status)


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
    list_filter = (
        one_of("status", "status", Charge.Status.values, _in_state),
        "billing_source",
        between_days("created_at"),
    )
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
    list_display = ("when", "reason", "person", "organisation", "asked_for", "detail")
    list_filter = (one_of("reason", "code", sorted(CODES)), between_days("at"))
    ordering = ("-at", "-id")
    search_help_text = "The platform's id of the person or organisation, an e-mail address, a name"
    fields = (
        "at",
        "reason",
        "detail",
        "person",
        "organisation",
        "whose_limit",
        "asked_for",
        "client_name",
        "shown_tokens",
    )
    readonly_fields = fields

    def find(self, term: str) -> Q:
        keys = Wallet.objects.filter(pk__in=wallets_of(term)).values_list("owner_key", flat=True)
        named = [term, *keys]
        return Q(user_key__in=named) | Q(organisation_key__in=named)

    @admin.display(description="when")
    def when(self, row: DeniedAttempt) -> str:
        return f"{row.at:%Y-%m-%d %H:%M:%S}"

    def reason(self, row: DeniedAttempt) -> str:
        return denial_name(row.code)

    def person(self, row: DeniedAttempt) -> str:
        return _search_link(row.user_key)

    def organisation(self, row: DeniedAttempt) -> str:
        return _search_link(row.organisation_key)

    @admin.display(description="asked for")
    def asked_for(self, row: DeniedAttempt) -> str:
        return f"{row.operation} {row.model}".strip()

    @admin.display(description="limit")
    def whose_limit(self, row: DeniedAttempt) -> str:
        """The limit that was reached, and whose it is."""
        if not row.limit:
            return NOTHING
        subject = row.limit.get("subject", {})
        whose = f"{subject.get('type', '')} {subject.get('id', '')}".strip()
        told = (f"{name} {row.limit[name]}" for name in ("period", "tokens", "spent") if name in row.limit)
        return " · ".join((whose, *told))


def _search_link(key: str) -> str:
    """A link that the search box turns into the page of the wallet: a list needs no look-up per row."""
    if not key:
        return NOTHING
    address = f"{reverse('staff_search')}?{urlencode({'q': key})}"
    return format_html('<a href="{}">{}</a>', address, key)
