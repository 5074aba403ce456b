"""Asking for more than a limit allows: the limit as it stands, how many more, and what for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from apps.allocations.requests import LimitName, ask_for_more, withdraw_request
from apps.allocations.rules import SubjectRef
from apps.core.errors import NotFound, Problem
from apps.core.periods import PERIODS, zone
from apps.organisations.models import Organisation
from apps.portal.budget_page.standing import Asked, asked_by
from apps.portal.context import required_shell
from apps.portal.fields import TokensField
from apps.portal.wallet_page.limits import Held, held_limits
from apps.portal.working import complain, reader


class MoreForm(forms.Form):
    """How many more, and what for."""

    tokens = TokensField(label=gettext_lazy("How many more tokens"))
    reason = forms.CharField(
        label=gettext_lazy("What for"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Who decides reads it."),
    )


@dataclass(frozen=True, slots=True)
class AskPage:
    """The limit that more is asked for; `waiting` is a request about it that is open."""

    limit: Held
    organisation: str
    at: datetime
    zone: ZoneInfo
    waiting: Asked | None


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def ask(request: HttpRequest) -> HttpResponse:
    """GET shows the limit and a form, POST asks; 404 where no such limit holds for one."""
    shell, user = required_shell(request), reader(request)
    asked = request.POST if request.method == "POST" else request.GET
    slug, period = asked.get("organisation", ""), asked.get("period", "")
    limit = next((n for n in held_limits(shell) if n.slug and (n.slug, n.period) == (slug, period)), None)
    name = next((known for known in PERIODS if known == period), None)
    if limit is None or name is None:
        raise Http404
    holding = next(h for h in shell.holdings if h.slug == slug)
    waiting = next(
        (
            asked
            for asked in asked_by(shell)
            if asked.is_open and (asked.slug, asked.period) == (slug, period)
        ),
        None,
    )
    form = MoreForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            ask_for_more(
                organisation=Organisation.objects.get(slug=slug),
                user=user,
                name=LimitName(SubjectRef("member"), name),
                tokens=form.cleaned_data["tokens"],
                reason=form.cleaned_data["reason"],
                at=shell.at,
            )
        except Problem as refused:
            complain(form, refused)
        else:
            messages.success(request, _("Asked. You are told here and by e-mail what is decided."))
            return redirect("budget")
    page = AskPage(limit, holding.name, shell.at, zone(holding.calendar.zone_at(shell.at)), waiting)
    wrong = form.is_bound and form.errors
    return render(
        request, "portal/budget/ask.html", {"page": page, "form": form}, status=422 if wrong else 200
    )


@require_POST
@login_required
def withdraw(request: HttpRequest, request_id: int) -> HttpResponse:
    """Take one's own request back."""
    shell = required_shell(request)
    try:
        withdraw_request(request_id=request_id, user=reader(request), at=shell.at)
    except NotFound as unknown:
        raise Http404 from unknown
    except Problem as refused:
        messages.warning(request, refused.detail)
    else:
        messages.success(request, _("You have taken the request back."))
    return redirect("budget")
