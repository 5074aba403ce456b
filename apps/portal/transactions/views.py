"""The pages of transactions: one's own, and an organisation's for those who read its money."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from apps.core.periods import zone
from apps.portal.context import required_organisation, required_shell
from apps.portal.holdings import Holding, Shell
from apps.portal.transactions.download import csv_lines
from apps.portal.transactions.page import load_transactions_page, search_for
from apps.portal.transactions.wanted import read_cursor, read_wanted


@require_safe
@login_required
def transactions(request: HttpRequest) -> HttpResponse:
    """One's own transactions; without a wallet the page that says why."""
    shell = required_shell(request)
    own = shell.own()
    return redirect("wallet") if own is None else _page(request, own, shell)


@require_safe
@login_required
def organisation_transactions(request: HttpRequest, slug: str) -> HttpResponse:
    """An organisation's transactions; 404 for those who may not see them."""
    shell = required_shell(request)
    return _page(request, required_organisation(shell, slug), shell)


@require_safe
@login_required
def transactions_csv(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """What one looks for in one's own transactions as CSV."""
    shell = required_shell(request)
    own = shell.own()
    return redirect("wallet") if own is None else _download(request, own, shell)


@require_safe
@login_required
def organisation_transactions_csv(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """What one looks for in an organisation's transactions as CSV."""
    shell = required_shell(request)
    return _download(request, required_organisation(shell, slug), shell)


def _page(request: HttpRequest, holding: Holding, shell: Shell) -> HttpResponse:
    cursor = read_cursor(request.GET.get("after", ""))
    page = load_transactions_page(holding, shell, read_wanted(request.GET.dict()), cursor)
    places = [holding.slug] if holding.slug else []
    kind = "" if holding.is_own else "organisation_"
    context = {"page": page, "download": reverse(f"{kind}transactions_csv", args=places)}
    return render(request, "portal/transactions.html", context)


def _download(request: HttpRequest, holding: Holding, shell: Shell) -> StreamingHttpResponse:
    calendar = shell.desk.wallets[holding.wallet_id].calendar
    search = search_for(holding, shell, read_wanted(request.GET.dict()))
    lines = csv_lines(search, zone(calendar.zone_at(shell.at)), get_language() or "en")
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="transactions-{holding.slug or "wallet"}.csv"'
    return answer
