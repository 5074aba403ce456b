"""The staff's own pages: find, prove, explain. Thin: read one frozen page, show it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core.clock import now
from apps.core.errors import InProgress, NotFound
from apps.staff.access import may_view
from apps.staff.proving import actor_of, load_proof, start_check
from apps.staff.search import search
from apps.staff.wallet_page import explain


def show(request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    """A page within the staff's frame."""
    frame = admin.site.each_context(request)
    return render(request, f"staff/{template}.html", {**frame, "title": title, **context})


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Straight to the one thing that is meant, else what there is to choose from."""
    found = search(request.GET.get("q", ""), request)
    if found.only is not None:
        return redirect(found.only.url)
    return show(request, "search", _("Search"), found=found, wanted=found.wanted)


@require_safe
def explain_wallet(request: HttpRequest, wallet_id: int, what: str) -> HttpResponse:
    """Where one number of a wallet comes from: in place, or as a page of its own."""
    _need(request, "wallets.wallet")
    try:
        explained = explain(wallet_id, what, at=now())
    except NotFound as unknown:
        raise Http404 from unknown
    if request.headers.get("HX-Request"):
        return render(request, "staff/wallet/explained.html", {"explained": explained})
    return show(request, "explain", explained.title, explained=explained, wallet_id=wallet_id)


@require_safe
def proof(request: HttpRequest) -> HttpResponse:
    """The proof of the books: its last result, and those before."""
    _need(request, "ledger.transfer")
    page = load_proof(at=now())
    if request.headers.get("HX-Request") and page.under_way:
        return render(request, "staff/proof/result.html", {"page": page})
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return show(request, "proof", _("Proof of the books"), page=page)


@require_POST
def run_proof(request: HttpRequest) -> HttpResponse:
    """Check now: at once where the books are small, else by the worker."""
    _need(request, "ledger.transfer")
    try:
        start_check(actor=actor_of(request), at=now())
    except InProgress as under_way:
        messages.warning(request, under_way.detail)
    return redirect("staff_proof")


def _need(request: HttpRequest, label: str) -> None:
    if not may_view(request, label):
        raise PermissionDenied
