"""Charges with everything that explains them, and denied attempts."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Q

from apps.core.staff_pages import LargeTableAdmin, as_lines, as_tokens, link, one_of, tokens
from apps.core.units import format_tokens
from apps.ledger.models import Transfer
from apps.pricing.models import RateVersion
from apps.staff.books.finding import number, wallets_of
from apps.usage.denials import CODES
from apps.usage.models import Charge, DeniedAttempt
from apps.usage.rows import load_charge
from apps.wallets.models import Wallet


@admin.register(Charge)
class ChargeAdmin(LargeTableAdmin):
    shown_price = tokens("price_micro", "tokens")
    shown_estimated = tokens("estimated_micro", "estimated")
    shown_uncollected = tokens("uncollected_micro", "uncollected")
    shown_refunded = tokens("refunded_micro", "refunded")
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
    fields = (
        "id",
        "status",
        "person",
        "organisation",
        "cost_centre",
        "client",
        "operation",
        "model",
        "rate_version",
        "used_quantities",
        "options",
        "activity",
        "shown_estimated",
        "shown_price",
        "shown_uncollected",
        "shown_refunded",
        "billing_source",
        "price_lines",
        "funding",
        "transfers",
        "created_at",
        "expires_at",
        "captured_at",
        "ended_at",
        "reason",
        "event_id",
        "metadata",
    )
    readonly_fields = fields

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

    def rate_version(self, row: Charge) -> str:
        """The version is shown on the page of its rate, with the ones before and after."""
        return link("pricing_rate", _rate_of(row), f"Version {row.rate_version_id}")

    def used_quantities(self, row: Charge) -> str:
        return as_lines((format_tokens(amount), unit) for unit, amount in row.quantities.items())

    def activity(self, row: Charge) -> str:
        return " · ".join(filter(None, (row.activity_type, row.activity_id, row.activity_label)))

    def price_lines(self, row: Charge) -> str:
        """The breakdown, line by line; the lines add up to the price."""
        return as_lines(
            (
                line.label,
                f"{line.quantity or ''} {line.unit or ''}".strip(),
                f"at {line.base_cost}" if line.base_cost else "",
                f"margin {line.margin} %" if line.margin else "",
                as_tokens(line.micro),
            )
            for line in load_charge(row.pk).breakdown
        )

    def funding(self, row: Charge) -> str:
        charge = load_charge(row.pk)
        return as_lines(
            (
                link("wallets_wallet", drawn.wallet_id, " ".join(charge.parties[drawn.wallet_id])),
                link("ledger_account", drawn.account_id, drawn.bucket),
                as_tokens(amount),
            )
            for drawn, amount in charge.funding()
        )

    def transfers(self, row: Charge) -> str:
        found = Transfer.objects.filter(charge_id=row.pk).order_by("number")
        return as_lines(
            (link("ledger_transfer", t.number, t), t.kind, f"{t.at:%Y-%m-%d %H:%M}", t.note) for t in found
        )


def _rate_of(row: Charge) -> int | None:
    return RateVersion.objects.filter(pk=row.rate_version_id).values_list("rate_id", flat=True).first()


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
