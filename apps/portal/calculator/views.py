"""The calculators' pages: which price book, what is asked, show it. Anyone may calculate."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from apps.core.clock import now
from apps.core.errors import NoPrice
from apps.identity.models import User
from apps.portal.calculator.operation import load_operation_page
from apps.portal.calculator.organisation import load_organisation_page
from apps.portal.calculator.scenario import read_scenario
from apps.portal.context import shell_of
from apps.pricing.models import PriceBook
from apps.pricing.presets import presets_of


@require_safe
def organisation_calculator(request: HttpRequest) -> HttpResponse:
    """What an organisation would pay a month; 404 for an unknown price book, or one without rates."""
    book, books = find_book(request)
    asked = read_scenario(request.GET.dict())
    try:
        page = load_organisation_page(book, books, asked, now())
    except NoPrice as none:
        raise Http404 from none
    if asked.typed and page.result and not is_live(request):
        return redirect(page.link)
    push = page.link if page.result else ""
    return answer(request, "portal/calculator/organisation.html", {"page": page}, push)


@require_safe
def operation_calculator(request: HttpRequest) -> HttpResponse:
    """What one use of an operation costs; 404 for an unknown price book, or one without operations."""
    book, books = find_book(request)
    kept = presets_of(request.user) if isinstance(request.user, User) and not is_live(request) else ()
    page = load_operation_page(book, books, request.GET.dict(), kept, now())
    if page is None:
        raise Http404
    if page.asked.typed and page.result and not is_live(request):
        return redirect(page.link)
    push = page.link if page.result else ""
    return answer(request, "portal/calculator/operation.html", {"page": page}, push)


def find_book(request: HttpRequest) -> tuple[PriceBook, tuple[PriceBook, ...]]:
    """The price book asked for, else that of one's own wallet, else the first; and all of them."""
    books = tuple(PriceBook.objects.all())
    wanted = request.GET.get("book", "")
    if not wanted:
        shell = shell_of(request)
        here = shell.here if shell else None
        wanted = here.price_book if here else next((book.code for book in books), "")
    found = next((book for book in books if book.code == wanted), None)
    if found is None:
        raise Http404
    return found, books


def is_live(request: HttpRequest) -> bool:
    """Whether a script asks for the parts of the page that change, not a person for the page."""
    details: HtmxDetails | None = getattr(request, "htmx", None)
    if details is None or not details:
        return False
    return not (details.boosted or details.history_restore_request)


def answer(request: HttpRequest, template: str, context: dict[str, object], push: str) -> HttpResponse:
    """The page, or its content alone for a script; `push` is the address to show, empty for none."""
    live = is_live(request)
    around = "bare.html" if live else "shell.html" if request.user.is_authenticated else "plain.html"
    response = render(request, template, {**context, "around": around})
    patch_vary_headers(response, ["HX-Request"])
    if live:
        response["HX-Push-Url"] = push or "false"
    return response
