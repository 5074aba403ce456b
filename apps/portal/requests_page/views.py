"""The page on which owners and admins decide about requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.allocations.models import LimitRequest
from apps.allocations.requests import Answer, decide_request
from apps.core import figures
from apps.core.csv_files import Number, csv_text
from apps.core.errors import NotFound, Problem, ValidationError
from apps.core.units import format_tokens
from apps.portal.fields import TokensField
from apps.portal.paging import page_number
from apps.portal.requests_page.page import COLUMNS, Decided, all_requests, load_requests_page
from apps.portal.sorting import order_of
from apps.portal.usage_page.views import file_answer
from apps.portal.working import actor_of, decider, reader

ANSWERS: tuple[Answer, ...] = get_args(Answer)


class DecisionForm(forms.Form):
    """What is decided about one request."""

    tokens = TokensField(required=False)
    word = forms.CharField(max_length=500, required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def requests(request: HttpRequest, slug: str) -> HttpResponse:
    """GET shows what waits and what was decided, POST decides about one request."""
    holding, shell, organisation = decider(request, slug)
    status, problem = 200, None
    if request.method == "POST":
        number = request.POST.get("request", "")
        answer = next((known for known in ANSWERS if known == request.POST.get("answer")), None)
        if answer is None or not number.isascii() or not number.isdigit() or len(number) > 18:
            raise Http404
        form = DecisionForm(request.POST)
        try:
            if not form.is_valid():
                raise ValidationError(
                    {name: [str(text) for text in texts] for name, texts in form.errors.items()}
                )
            decided = decide_request(
                organisation=organisation,
                request_id=int(number),
                answer=answer,
                tokens=form.cleaned_data["tokens"],
                word=form.cleaned_data["word"],
                actor=actor_of(reader(request)),
                at=shell.at,
            )
        except NotFound as unknown:
            if not hasattr(unknown, "detail") or "request" in unknown.detail:
                raise Http404 from unknown
            raise
        except Problem as refused:
            status = 422
            errors: Mapping[str, Sequence[str]] = getattr(refused, "errors", {})
            said = [text for texts in errors.values() for text in texts]
            problem = {
                "id": int(number),
                "field": next((name for name in errors if name in ("tokens", "word")), ""),
                "text": " ".join(said) or refused.detail,
                "tokens": request.POST.get("tokens", ""),
                "word": request.POST.get("word", ""),
            }
        else:
            messages.success(request, _said(decided, answer))
            return redirect("organisation_requests", slug)
    query = request.GET.dict()
    order = order_of(query, COLUMNS)
    page = load_requests_page(organisation, holding, shell, number=page_number(query), order=order)
    return render(request, "portal/requests.html", {"page": page, "problem": problem}, status=status)


@require_safe
@login_required
def requests_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Every request with what was decided, the latest first, as a file."""
    holding, _shell, organisation = decider(request, slug)
    head = (
        _("When"),
        _("Who asked"),
        _("Id"),
        _("Limit"),
        _("Asked for"),
        _("Reason"),
        _("Decision"),
        _("Granted"),
        _("Decided"),
        _("Who decided"),
        _("Answer"),
    )
    return file_answer(f"requests-{holding.slug}.csv", csv_text(head, map(_line, all_requests(organisation))))


def _line(one: Decided) -> tuple[str, ...]:
    row = one.row
    return (
        row.asked_at.isoformat(),
        one.name,
        row.user.platform_id,
        one.which,
        Number(format_tokens(row.tokens_micro)),
        row.reason,
        one.words,
        "" if row.granted_micro is None else Number(format_tokens(row.granted_micro)),
        row.decided_at.isoformat() if row.decided_at else "",
        one.by,
        row.answer,
    )


def _said(decided: LimitRequest, answer: Answer) -> str:
    said = {
        "granted": _("%(name)s has %(tokens)s tokens more until the period ends, is told, and can go on."),
        "raised": _("%(name)s has %(tokens)s tokens more for good, is told, and can go on."),
        "declined": _("Declined. %(name)s is told why."),
    }
    return said[answer] % {"name": decided.user, "tokens": figures.figure(decided.granted_micro or 0)}
