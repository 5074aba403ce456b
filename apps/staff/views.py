"""The staff's own pages: find, prove, explain. Thin: read one frozen page, show it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core.clock import now
from apps.core.errors import InProgress, NotFound, ValidationError
from apps.identity.models import User
from apps.staff.access import may_view, page_of
from apps.staff.listing import csv_lines, kept_query, remove_filter, save_filter
from apps.staff.proving import actor_of, load_proof, start_check
from apps.staff.search import search
from apps.staff.start_page import load_start_page
from apps.staff.wallet_page import explain


def show(request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    """A page within the staff's frame."""
    frame = admin.site.each_context(request)
    return render(request, f"staff/{template}.html", {**frame, "title": title, **context})


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What needs attention; for who may not look at the books, what they may look at."""
    if not isinstance(request.user, User) or not may_view(request, "ledger.transfer"):
        return admin.site.index(request)
    return show(request, "start", "", page=load_start_page(request.user, at=now()))


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


@require_safe
def export(request: HttpRequest, app: str, model: str) -> HttpResponseBase:
    """The first rows of a list as a file, with its search and filters."""
    pages = page_of(f"{app}.{model}")
    if pages is None:
        raise Http404
    if not pages.has_view_permission(request):
        raise PermissionDenied
    try:
        changes = pages.get_changelist_instance(request)
    except IncorrectLookupParameters as wrong:
        raise Http404 from wrong
    return StreamingHttpResponse(
        csv_lines(pages, changes),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{app}-{model}.csv"'},
    )


@require_POST
def keep_filter(request: HttpRequest) -> HttpResponse:
    """Keep the filter of a list under a name."""
    label, query = request.POST.get("list", ""), request.POST.get("query", "")
    pages = page_of(label)
    if pages is None or not isinstance(request.user, User):
        raise Http404
    if not pages.has_view_permission(request):
        raise PermissionDenied
    try:
        saved = save_filter(user=request.user, label=label, name=request.POST.get("name", ""), query=query)
    except ValidationError as wrong:
        messages.error(request, next(iter(wrong.errors.values()))[0])
        return redirect(f"{_list_of(label)}?{kept_query(query)}")
    return redirect(f"{_list_of(label)}?{saved.query}")


@require_POST
def forget_filter(request: HttpRequest, filter_id: int) -> HttpResponse:
    """Forget one of one's own filters."""
    if not isinstance(request.user, User):
        raise Http404
    try:
        return redirect(_list_of(remove_filter(user=request.user, filter_id=filter_id)))
    except NotFound as unknown:
        raise Http404 from unknown


def _list_of(label: str) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_changelist")


def _need(request: HttpRequest, label: str) -> None:
    if not may_view(request, label):
        raise PermissionDenied
