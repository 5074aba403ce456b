"""Pages: find whose it is, read it, show it. What somebody may not see does not exist for them."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from apps.core.clock import now
from apps.core.errors import NotFound
from apps.portal.context import COOKIE, THEMES, required_organisation, required_shell, shell_of
from apps.portal.overview_page import load_overview
from apps.portal.rates import load_rates_page
from apps.portal.wallet_page import load_wallet_page
from apps.pricing.selectors import price_book_codes

A_YEAR = 365 * 24 * 3600


@require_safe
@login_required
def start(request: HttpRequest) -> HttpResponse:
    """Where people land: their wallet, or the staff pages for staff without one."""
    shell = required_shell(request)
    staff_only = shell.own() is None and getattr(request.user, "is_staff", False)
    return redirect("admin:index" if staff_only else "wallet")


@require_safe
@login_required
def wallet(request: HttpRequest) -> HttpResponse:
    """One's own wallet; without one a page that says why."""
    shell = required_shell(request)
    own = shell.own()
    if own is None:
        return render(request, "portal/no_wallet.html")
    page = load_wallet_page(own, shell)
    return render(request, "portal/wallet.html", {"page": page, "overview": None})


@require_safe
@login_required
def organisation(request: HttpRequest, slug: str) -> HttpResponse:
    """An organisation's wallet, for those who read its money; 404 for everybody else."""
    shell = required_shell(request)
    holding = required_organisation(shell, slug)
    page = load_wallet_page(holding, shell)
    return render(request, "portal/wallet.html", {"page": page, "overview": load_overview(page, shell)})


@require_safe
def first_rates(request: HttpRequest) -> HttpResponse:
    """The rate card to look at first: that of one's own wallet, else the first there is."""
    shell = shell_of(request)
    own = shell.here if shell else None
    book = own.price_book if own else next(iter(price_book_codes()), None)
    if book is None:
        raise Http404
    return redirect("rates", book=book)


@require_safe
def rates(request: HttpRequest, book: str) -> HttpResponse:
    """What everything costs in one price book, for anyone; 404 for an unknown one."""
    wanted = request.GET.get("model", "").strip()[:100]
    try:
        page = load_rates_page(book, wanted=wanted, at=now())
    except NotFound as unknown:
        raise Http404 from unknown
    around = "shell.html" if request.user.is_authenticated else "plain.html"
    return render(request, "portal/rates.html", {"page": page, "around": around})


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the chosen theme for a year and go back to the page it was chosen on."""
    wanted = request.POST.get("theme", "")
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    response = HttpResponseRedirect(back if is_ours else "/")
    if wanted in THEMES:
        response.set_cookie(
            COOKIE, wanted, max_age=A_YEAR, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    return response
