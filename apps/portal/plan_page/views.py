"""The plan's page and one's own generations, and both histories as files."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.core.csv_files import Number, csv_text
from apps.core.periods import zone
from apps.core.units import format_tokens
from apps.portal.context import required_shell
from apps.portal.holdings import Holding, Shell
from apps.portal.plan_page.history import (
    ROOM,
    Generation,
    History,
    organisation_history,
    own_history,
    read_asked,
)
from apps.portal.plan_page.page import load_plan_page
from apps.portal.usage_page.views import file_answer
from apps.portal.working import looker

MOST_LINES = 5_000


@require_safe
@login_required
def organisation_plan(request: HttpRequest, slug: str) -> HttpResponse:
    """The quota, who used it, and generations by what paid for them."""
    holding, shell, _organisation = looker(request, slug)
    page = load_plan_page(holding, shell, read_asked(request.GET.dict()))
    return render(request, "portal/plan.html", {"page": page, "history": page.history})


@require_safe
@login_required
def generations_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The generations that the page's filters find, the latest first, as a file."""
    holding, shell, _organisation = looker(request, slug)
    found = organisation_history(holding, read_asked(request.GET.dict()), shell.at, room=MOST_LINES)
    head = (
        _("When"),
        _("Number"),
        _("Operation"),
        _("Model"),
        _("Person"),
        _("Id"),
        _("Paid by"),
        _("Tokens"),
    )
    lines = [
        (*_what(one), one.person, one.charge.user_key, _source(one), Number(format_tokens(one.paid)))
        for one in found.generations
    ]
    return file_answer(f"generations-{holding.slug}.csv", csv_text(head, lines))


@require_safe
@login_required
def my_generations(request: HttpRequest) -> HttpResponse:
    """One's own generations in every organisation, by what paid for them."""
    own, shell = _own(request)
    place = zone(own.calendar.zone_at(shell.at))
    context = {"history": _mine(request, own, shell, ROOM), "zone": place, "is_own": True}
    return render(request, "portal/my_generations.html", context)


@require_safe
@login_required
def my_generations_csv(request: HttpRequest) -> HttpResponse:
    """One's own generations that the filters find, as a file."""
    own, shell = _own(request)
    head = (_("When"), _("Number"), _("Operation"), _("Model"), _("Paid by"), _("Tokens"))
    lines = [
        (*_what(one), _source(one), Number(format_tokens(one.cost)))
        for one in _mine(request, own, shell, MOST_LINES).generations
    ]
    return file_answer("generations.csv", csv_text(head, lines))


def _own(request: HttpRequest) -> tuple[Holding, Shell]:
    shell = required_shell(request)
    own = shell.own()
    if own is None:
        raise Http404
    return own, shell


def _mine(request: HttpRequest, own: Holding, shell: Shell, room: int) -> History:
    books = {holding.price_book for holding in shell.holdings if holding.is_own or holding.present}
    return own_history(own, books, read_asked(request.GET.dict()), shell.at, room=room)


def _what(one: Generation) -> tuple[str, str, str, str]:
    return one.charge.created_at.isoformat(), one.charge.number, one.name, one.charge.model


def _source(one: Generation) -> str:
    return "plan" if one.by_plan else "tokens"
