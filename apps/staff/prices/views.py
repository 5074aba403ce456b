"""New prices: filled in, with last month's effect shown, then proposed. Thin: the deeds decide."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied as Forbidden
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.clock import now
from apps.core.errors import NotFound
from apps.identity.models import User
from apps.pricing.models import RateVersion
from apps.pricing.versions import get_thread, version_at
from apps.staff.access import may_view
from apps.staff.actions.subjects import Subject
from apps.staff.actions.views import ActionPage, clerk, go_on
from apps.staff.prices.book_page import Wanted, load_book_page, load_books
from apps.staff.prices.forms import FileForm, PublishForm, RevisionForm
from apps.staff.prices.hosting_page import load_hosting_page
from apps.staff.prices.month import MonthShown, show_month
from apps.staff.prices.rate_page import ChangeLine, change_line, load_compare_page, load_rate_page
from apps.staff.views import show
from apps.support.deeds.loading import LOAD, preview_file
from apps.support.deeds.price_words import instant, rate_name
from apps.support.deeds.pricing import PUBLISH, preview_version
from apps.support.roles import Action, may

MOST_LISTED = 200
"""So many rates of a file are listed one by one."""


@dataclass(frozen=True, slots=True)
class FileRate:
    """A rate that a file would change; `fresh` where it has no version yet."""

    rate_id: int | None
    name: str
    begins: str
    changes: tuple[ChangeLine, ...]
    fresh: bool


@dataclass(frozen=True, slots=True)
class FileShown:
    """What a file would change: the first rates in full, and how many there are."""

    rates: tuple[FileRate, ...]
    count: int
    other: tuple[str, ...]
    hosting: bool
    month: MonthShown


@require_safe
def books(request: HttpRequest) -> HttpResponse:
    """All price books."""
    _look(request)
    return show(request, "prices/books", _("Prices"), books=load_books(at=now()), **_powers(request))


@require_safe
def book(request: HttpRequest, code: str) -> HttpResponse:
    """A price book's rate card as a table."""
    _look(request)
    asked = request.GET
    wanted = Wanted(
        words=asked.get("q", "").replace("\x00", "")[:100],
        operation=asked.get("operation", "").replace("\x00", "")[:100],
        only_coming=asked.get("coming") == "1",
    )
    try:
        page = load_book_page(code, wanted=wanted, page=asked.get("p", "1"), at=now())
    except NotFound as unknown:
        raise Http404 from unknown
    query = asked.copy()
    query.pop("p", None)
    return show(request, "prices/book", page.name, page=page, query=query.urlencode(), **_powers(request))


@require_safe
def hosting(request: HttpRequest, code: str) -> HttpResponse:
    """A price book's hosting and storage rates, version by version."""
    _look(request)
    try:
        page = load_hosting_page(code, at=now())
    except NotFound as unknown:
        raise Http404 from unknown
    return show(request, "prices/hosting", _("Hosting and storage"), page=page, **_powers(request))


@require_safe
def rate(request: HttpRequest, rate_id: int) -> HttpResponse:
    """A rate with its versions on a time line."""
    _look(request)
    try:
        page = load_rate_page(rate_id, at=now())
    except NotFound as unknown:
        raise Http404 from unknown
    return show(request, "prices/rate", page.name, page=page, **_powers(request))


@require_safe
def compare(request: HttpRequest, rate_id: int) -> HttpResponse:
    """Two versions of a rate side by side."""
    _look(request)
    try:
        page = load_compare_page(
            rate_id, old=_number(request.GET.get("old")), new=_number(request.GET.get("new")), at=now()
        )
    except NotFound as unknown:
        raise Http404 from unknown
    return show(request, "prices/compare", _("Compare two versions"), page=page)


@require_http_methods(["GET", "HEAD", "POST"])
def revise_rate(request: HttpRequest, rate_id: int) -> HttpResponse:
    """A new version of a rate: its entries, then what they mean, then the proposal."""
    by = clerk(request, Action.PRICE)
    try:
        version = _version(rate_id, request.GET.get("from"))
    except NotFound as unknown:
        raise Http404 from unknown
    form = RevisionForm(version, request.POST if request.method == "POST" else None)
    page = ActionPage(_subject_of(version), form)
    done = go_on(request, page, by) if request.method == "POST" else None
    if done is not None:
        return done
    context = {"page": page, "book": version.rate.operation.price_book, "month": None, "preview": None}
    if page.effect is not None:
        preview = preview_version(form.payload(rate_id), now())
        context |= {"month": show_month(preview.month), "preview": preview}
    return show(request, "prices/revise", page.subject.heading, **context)


def _version(rate_id: int, chosen: str | None) -> RateVersion:
    """The version that is chosen, else the one in force, else the first."""
    found, versions = get_thread(rate_id)
    at = now()
    numbers = {version.pk: version for version in versions}
    version = numbers.get(_number(chosen)) if chosen else version_at(versions, at) or versions[0]
    if version is None:
        raise NotFound(f"Rate {rate_id} has no such version.")
    version.rate = found
    return version


def _subject_of(version: RateVersion) -> Subject:
    return Subject(
        key=version.rate_id,
        kind=PUBLISH,
        heading=_("Change this price"),
        name=rate_name(version.rate),
        url=reverse("admin:pricing_rate_change", args=[version.rate_id]),
        standing=_("made from the version of %(start)s") % {"start": instant(version.effective_from)},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def load_file(request: HttpRequest) -> HttpResponse:
    """A price book's file: tried out first, then proposed as a whole."""
    by = clerk(request, Action.PRICE)
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    page = ActionPage(_file_subject(), form)
    done = go_on(request, page, by) if request.method == "POST" else None
    if done is not None:
        return done
    shown = _show_file(form) if page.effect is not None else None
    return show(request, "prices/load", page.subject.heading, page=page, found=shown)


def _file_subject() -> Subject:
    return Subject(
        key=0,
        kind=LOAD,
        heading=_("Load a price book's file"),
        name=_("Prices"),
        url=reverse("admin:pricing_pricebook_changelist"),
        standing=_("A dry run first: nothing is stored before you confirm."),
    )


def _show_file(form: PublishForm) -> FileShown:
    preview = preview_file(form.payload(0), now())
    rates = tuple(
        FileRate(
            # A new rate is only there within the dry run.
            rate_id=one.rate_id if one.follows else None,
            name=one.name,
            begins=instant(one.starts_at),
            changes=tuple(change_line(difference) for difference in one.differences),
            fresh=one.follows is None,
        )
        for one in preview.rates[:MOST_LISTED]
    )
    return FileShown(rates, len(preview.rates), preview.other, preview.hosting, show_month(preview.month))


def _number(text: str | None) -> int:
    """A key that an address names; 0 for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 18 else 0


def _look(request: HttpRequest) -> None:
    if not may_view(request, "pricing.pricebook"):
        raise Forbidden


def _powers(request: HttpRequest) -> dict[str, bool]:
    user = request.user
    return {"may_price": isinstance(user, User) and may(user, Action.PRICE)}
