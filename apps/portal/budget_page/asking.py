"""Asking for more than a limit allows: the limit as it stands, how many more, and what for."""

from __future__ import annotations

from collections.abc import Sequence
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

from apps.allocations.limits import MEMBER
from apps.allocations.requests import LimitName, ask_for_more, withdraw_request
from apps.allocations.rules import SubjectRef
from apps.core.errors import NotFound, Problem
from apps.core.periods import PERIODS, zone
from apps.organisations.models import Organisation
from apps.portal.budget_page.standing import Asked, asked_by
from apps.portal.budget_page.stopping import stops
from apps.portal.context import required_shell
from apps.portal.fields import TokensField
from apps.portal.holdings import Shell
from apps.portal.wallet_page.limits import Held, Which, held_limits
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
    """The limit that more is asked for; `waiting` is a request about it that is open. One that members
    share is shown as it stood when it stopped the person, at `stopped_at`."""

    limit: Held
    organisation: str
    at: datetime
    zone: ZoneInfo
    waiting: Asked | None
    stopped_at: datetime | None


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def ask(request: HttpRequest) -> HttpResponse:
    """GET shows the limit and a form, POST asks; 404 where no such limit holds for one, and for one that
    members share unless it stopped the person."""
    if request.method != "POST" and "period" not in request.GET:
        return redirect("budget")
    page = _page(request)
    form = MoreForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _asked(request, form, page):
        messages.success(request, _("Request sent. You are told the decision here and by e-mail."))
        return redirect("budget")
    wrong = form.is_bound and form.errors
    return render(
        request, "portal/budget/ask.html", {"page": page, "form": form}, status=422 if wrong else 200
    )


def _page(request: HttpRequest) -> AskPage:
    """What is asked about; Http404 if there is no such limit."""
    shell = required_shell(request)
    asked = asked_by(shell)
    limit, stopped_at = _limit(_which(request), asked, shell)
    holding = next(h for h in shell.holdings if h.slug == limit.slug)
    return AskPage(
        limit=limit,
        organisation=holding.name,
        at=shell.at,
        zone=zone(holding.calendar.zone_at(shell.at)),
        waiting=next((one for one in asked if one.is_open and one.which == limit.which), None),
        stopped_at=stopped_at,
    )


def _which(request: HttpRequest) -> Which:
    """The limit that a link or form names."""
    asked = request.POST if request.method == "POST" else request.GET
    about = SubjectRef(asked.get("about", MEMBER), asked.get("centre", ""))
    return asked.get("organisation", ""), about, asked.get("period", "")


def _limit(which: Which, asked: Sequence[Asked], shell: Shell) -> tuple[Held, datetime | None]:
    """The person's own limit, or one that members share and when it stopped the person."""
    own, held = shell.own(), [limit for limit in held_limits(shell) if limit.slug]
    for limit in held:
        if limit.which == which:
            return limit, None
    for stop in stops(own, held, asked, shell) if own else ():
        if stop.limit.which == which:
            return stop.limit, stop.at
    raise Http404


def _asked(request: HttpRequest, form: MoreForm, page: AskPage) -> bool:
    """Ask; False with the reason in the form if that is refused."""
    period = next(known for known in PERIODS if known == page.limit.period)
    try:
        ask_for_more(
            organisation=Organisation.objects.get(slug=page.limit.slug),
            user=reader(request),
            name=LimitName(page.limit.about, period),
            tokens=form.cleaned_data["tokens"],
            reason=form.cleaned_data["reason"],
            at=page.at,
        )
    except Problem as refused:
        complain(form, refused)
        return False
    return True


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
