"""The usage pages and their CSV: whose it is, what is asked for, show it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.portal.context import shell_of
from apps.portal.holdings import Holding, Shell
from apps.portal.usage_page.asked import Asked, read_asked
from apps.portal.usage_page.page import load_usage_page
from apps.portal.usage_page.table import MOST_LINES, file_name, usage_table


@require_safe
@login_required
def usage(request: HttpRequest, slug: str = "") -> HttpResponse:
    """What a person used, or what an organisation's tokens paid for; 404 where one may not look."""
    holding, shell = wallet_of(request, slug)
    page = load_usage_page(holding, shell, _asked(request, holding, shell))
    return render(request, "portal/usage.html", {"page": page})


@require_safe
@login_required
def usage_csv(request: HttpRequest, slug: str = "") -> HttpResponse:
    """The breakdown of the page with the same query, as a file."""
    holding, shell = wallet_of(request, slug)
    page = load_usage_page(holding, shell, _asked(request, holding, shell), most=MOST_LINES)
    return file_answer(file_name(page), usage_table(page))


def wallet_of(request: HttpRequest, slug: str) -> tuple[Holding, Shell]:
    """The person's own wallet, or the organisation's that they may look into; else Http404."""
    shell = shell_of(request)
    holding = None if shell is None else shell.organisation(slug) if slug else shell.own()
    if shell is None or holding is None:
        raise Http404
    return holding, shell


def file_answer(name: str, text: str) -> HttpResponse:
    """A CSV file to save."""
    answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _asked(request: HttpRequest, holding: Holding, shell: Shell) -> Asked:
    today = shell.desk.wallets[holding.wallet_id].calendar.day_of(shell.at)
    return read_asked(request.GET.dict(), today=today, by_person=not holding.is_own)
