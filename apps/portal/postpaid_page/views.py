"""The list of usage statements, and one with its lines: the basis of an invoice, to be printed."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from apps.core import figures
from apps.core.csv_files import Number, csv_text
from apps.core.periods import zone
from apps.core.units import format_tokens
from apps.portal.usage_page.names import operation_names
from apps.portal.usage_page.views import file_answer
from apps.portal.working import looker
from apps.usage.models import UsageStatement
from apps.usage.postpaid import AT_HAND, OPERATION

MOST = 120
KINDS = {
    "bill": gettext_noop("Hosting and storage"),
    "bill_refund": gettext_noop("Bills returned"),
    "allocation": gettext_noop("Allocated to members"),
    "reclaim": gettext_noop("Reclaimed from members"),
    "grant": gettext_noop("Free tokens granted"),
    "lapse": gettext_noop("Free tokens lapsed"),
    "promotion": gettext_noop("Earned"),
    "migration": gettext_noop("Balance carried over from the old platform"),
    "adjustment": gettext_noop("Corrected by support"),
}


@dataclass(frozen=True, slots=True)
class Statement:
    """A usage statement as pages show it."""

    row: UsageStatement
    lines: tuple[tuple[str, int], ...] = ()

    @property
    def month(self) -> str:
        return figures.month_and_year(self.row.month)

    @property
    def money(self) -> str:
        return figures.money(self.row.money_minor * 1_000_000, 1, self.row.currency)

    @property
    def open(self) -> int:
        return self.row.tokens_micro - self.row.paid_micro

    @property
    def places(self) -> int:
        return figures.sum_places([amount for _label, amount in self.lines], self.row.tokens_micro)


@require_safe
@login_required
def usage_statements(request: HttpRequest, slug: str) -> HttpResponse:
    """All of them, the latest first."""
    holding, shell, _organisation = looker(request, slug)
    rows = UsageStatement.objects.filter(wallet=holding.wallet_id).order_by("-month")[:MOST]
    shown = [Statement(row) for row in rows]
    owed = shell.desk.wallets[holding.wallet_id].owed
    context = {
        "holding": holding,
        "statements": shown,
        "open": sum(one.open for one in shown),
        "owed": owed,
        "worth": figures.money(owed, holding.token_price_minor, holding.currency),
    }
    return render(request, "portal/postpaid.html", context)


@require_safe
@login_required
def usage_statements_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The same as a file."""
    holding, _shell, _organisation = looker(request, slug)
    rows = UsageStatement.objects.filter(wallet=holding.wallet_id).order_by("-month")[:MOST]
    head = (_("Number"), _("Month"), _("Tokens"), _("Worth"), _("Currency"), _("Tokens paid"), _("Paid"))
    lines = [
        (
            f"U-{row.pk}",
            f"{row.month:%Y-%m}",
            Number(format_tokens(row.tokens_micro)),
            Number(f"{row.money_minor // 100}.{row.money_minor % 100:02d}"),
            row.currency,
            Number(format_tokens(row.paid_micro)),
            row.paid_at.isoformat() if row.paid_at else "",
        )
        for row in rows
    ]
    return file_answer(f"usage-statements-{holding.slug}.csv", csv_text(head, lines))


@require_safe
@login_required
def usage_statement(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One statement; 404 for another organisation's."""
    holding, shell, _organisation = looker(request, slug)
    row = UsageStatement.objects.filter(wallet=holding.wallet_id, pk=number).first()
    if row is None:
        raise Http404
    codes = [code for what, code, _amount in row.lines if what == OPERATION]
    names = operation_names(codes, holding.price_book) if codes else {}
    lines = tuple(
        (_label(what, code, names[code].text if code in names else code), int(amount))
        for what, code, amount in row.lines
    )
    place = zone(holding.calendar.zone_at(shell.at))
    context = {"holding": holding, "statement": Statement(row, lines), "zone": place}
    return render(request, "portal/postpaid/one.html", context)


def _label(what: str, code: str, name: str) -> str:
    if what == OPERATION:
        return name
    if what == AT_HAND:
        return _("Paid from tokens at hand")
    return _(KINDS[code]) if code in KINDS else code.replace("_", " ").capitalize()
