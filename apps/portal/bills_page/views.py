"""The bills' pages and their CSV. Whose bill one may not see does not exist for them."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from apps.core.csv_files import Number, csv_text
from apps.core.errors import ValidationError
from apps.core.periods import month_of
from apps.core.units import format_tokens
from apps.hosting.models import Bill
from apps.hosting.selectors import bills_of, state_at
from apps.portal.bills_page.bill import load_bill_page
from apps.portal.bills_page.page import load_bills_page, row_of
from apps.portal.context import required_shell
from apps.portal.holdings import Shell
from apps.portal.usage_page.views import file_answer, wallet_of

MOST_LINES = 50_000


@require_safe
@login_required
def bills(request: HttpRequest, slug: str = "") -> HttpResponse:
    """One's own bills, or an organisation's for those who read its money."""
    if not slug and required_shell(request).own() is None:
        return redirect("wallet")
    holding, shell = wallet_of(request, slug)
    page = load_bills_page(holding, shell, request.GET.dict())
    return render(request, "portal/bills.html", {"page": page})


@require_safe
@login_required
def bills_csv(request: HttpRequest, slug: str = "") -> HttpResponse:
    """All bills of the wallet, or of one month, as a file."""
    holding, shell = wallet_of(request, slug)
    rows = bills_of(holding.wallet_id)
    month = request.GET.get("month", "")
    if month:
        rows = rows.filter(month=_month(month))
    head = ("number", "month", "kind", "id", "name", "hosting", "storage", "corrections", "tokens", "state")
    table = [_csv_row(bill, shell) for bill in rows[:MOST_LINES]]
    name = f"bills-{holding.owner_key}{'-' + month if month else ''}.csv"
    return file_answer(name, csv_text(head, table))


def _month(text: str) -> date:
    try:
        return month_of(text)
    except ValidationError as wrong:
        raise Http404 from wrong


def _csv_row(bill: Bill, shell: Shell) -> tuple[str, ...]:
    row, resource = row_of(bill, shell.at), bill.resource
    amounts = (row.hosting, row.storage, row.corrections, row.tokens)
    return (
        row.number,
        f"{bill.month:%Y-%m}",
        resource.kind,
        resource.platform_id,
        resource.name,
        *(Number(format_tokens(amount)) for amount in amounts),
        state_at(bill, shell.at),
    )


@require_safe
@login_required
def bill(request: HttpRequest, bill_id: int) -> HttpResponse:
    """One bill, for its payer and those who read the payer's money."""
    shell = required_shell(request)
    found = Bill.objects.select_related("resource").filter(pk=bill_id).first()
    seen = {holding.wallet_id: holding for holding, _wallet in shell.visible}
    if found is None or found.payer_id not in seen:
        raise Http404
    page = load_bill_page(found, seen[found.payer_id], shell)
    return render(request, "portal/bill.html", {"page": page})
