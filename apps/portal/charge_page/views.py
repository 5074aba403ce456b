"""The page of a charge, and the same unfolded in a list."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from apps.core.errors import NotFound
from apps.portal.charge_page.page import load_charge_page
from apps.portal.context import required_shell


@require_safe
@login_required
@vary_on_headers("HX-Request")
def charge(request: HttpRequest, charge_id: str) -> HttpResponse:
    """One charge, for whom it concerns and for those who read the money that paid; 404 for all others."""
    try:
        page = load_charge_page(charge_id, required_shell(request))
    except NotFound as unknown:
        raise Http404 from unknown
    unfolded = request.headers.get("HX-Request") == "true"
    return render(request, f"portal/{'charge/slip' if unfolded else 'charge'}.html", {"page": page})
