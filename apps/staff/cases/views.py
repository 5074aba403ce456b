"""What staff do with a case: answer, take, move."""

from __future__ import annotations

from functools import partial
from uuid import UUID, uuid4

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core.clock import now
from apps.core.errors import NotFound, ValidationError
from apps.staff.actions.views import clerk
from apps.staff.cases.page import load_case_page
from apps.staff.views import show
from apps.support.cases import answer_case, set_case_state, take_case
from apps.support.mailing import mail_answer
from apps.support.models import Case
from apps.support.roles import Action


@require_POST
def answer(request: HttpRequest, case_id: int) -> HttpResponse:
    """Write to the person, on the page and by mail; what is wrong is said where it was typed."""
    by = clerk(request, Action.ANSWER)
    text, then = request.POST.get("text", ""), request.POST.get("then", "")
    try:
        case, written = answer_case(
            case_id=case_id, text=text, then=then, form_key=_key(request), by=by, at=now()
        )
    except NotFound as unknown:
        raise Http404 from unknown
    except ValidationError as wrong:
        problem = next(iter(wrong.errors.values()))[0]
        return show_case(request, case_id, text=text, problem=problem, status=422)
    if written:
        _mail(request, case, text)
    return redirect("admin:support_case_change", case_id)


@require_POST
def take(request: HttpRequest, case_id: int) -> HttpResponse:
    """Make the case one's own."""
    by = clerk(request, Action.ANSWER)
    try:
        take_case(case_id=case_id, by=by, at=now())
    except NotFound as unknown:
        raise Http404 from unknown
    return redirect("admin:support_case_change", case_id)


@require_POST
def move(request: HttpRequest, case_id: int) -> HttpResponse:
    """Let the case wait, be solved or open again, without a message."""
    by = clerk(request, Action.ANSWER)
    try:
        set_case_state(case_id=case_id, state=request.POST.get("state", ""), by=by, at=now())
    except NotFound as unknown:
        raise Http404 from unknown
    except ValidationError as wrong:
        messages.error(request, wrong.detail)
    return redirect("admin:support_case_change", case_id)


def show_case(
    request: HttpRequest, case_id: int, *, text: str = "", problem: str = "", status: int = 200
) -> HttpResponse:
    """The case with its form, and what was typed into it."""
    by = clerk(request, Action.READ)
    try:
        page = load_case_page(case_id, by, at=now())
    except NotFound as unknown:
        raise Http404 from unknown
    answered = show(
        request,
        "case",
        f"{page.case.number} · {page.case.title}",
        page=page,
        text=text,
        problem=problem,
        form_key=uuid4(),
    )
    answered.status_code = status
    return answered


def _mail(request: HttpRequest, case: Case, text: str) -> None:
    link = request.build_absolute_uri(reverse("problem", args=[case.pk]))
    if case.reporter.email:
        messages.success(
            request, _("Answered, on the page and by mail to %(mail)s.") % {"mail": case.reporter.email}
        )
    else:
        messages.success(request, _("Answered on the page. There is no address to write to."))
    transaction.on_commit(partial(mail_answer, case=case, text=text.strip(), link=link), robust=True)


def _key(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("form_key", ""))
    except ValueError:
        return uuid4()
