"""Reporting a problem, the list of one's own, and one of them."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.errors import NotFound, RateLimited, ValidationError
from apps.identity.models import User
from apps.portal.context import required_shell
from apps.portal.holdings import Shell
from apps.portal.problems_page.about import About, find_about
from apps.portal.problems_page.forms import MessageForm, ReportForm
from apps.portal.problems_page.page import load_problem_page, load_problems_page
from apps.support.cases import close_own_case, open_case, write_to_case


@require_safe
@login_required
def problems(request: HttpRequest) -> HttpResponse:
    """What one has reported, and how each stands."""
    shell, user = required_shell(request), _reader(request)
    return render(request, "portal/problems.html", {"page": load_problems_page(user, shell)})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def report_problem(request: HttpRequest) -> HttpResponse:
    """Say what is wrong, with the number of what it is about filled in; sent twice it is one problem."""
    shell, user = required_shell(request), _reader(request)
    sent = request.method == "POST"
    form = ReportForm(request.POST if sent else None, initial={"about": request.GET.get("about", "")[:40]})
    about = _about(form, request.POST.get("about", "") if sent else str(form.initial["about"]), shell)
    if sent and about is not None and form.is_valid():
        number = _open(form, about, user, shell)
        if number is not None:
            messages.success(request, _("Reported. We answer here."))
            return redirect("problem", number)
    context = {"form": form, "about": about}
    return render(request, "portal/problems/report.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def problem(request: HttpRequest, case_id: int) -> HttpResponse:
    """One of one's own problems: what was said, and a place to write again or to say that it is solved."""
    shell, user = required_shell(request), _reader(request)
    form = MessageForm(request.POST if request.method == "POST" and "solved" not in request.POST else None)
    try:
        if "solved" in request.POST:
            close_own_case(case_id=case_id, by=user, at=shell.at)
            return redirect("problem", case_id)
        if form.is_valid() and _write(form, case_id, user, shell):
            return redirect("problem", case_id)
        page = load_problem_page(case_id, user, shell)
    except NotFound as unknown:
        raise Http404 from unknown
    context = {"page": page, "form": form}
    return render(request, "portal/problem.html", context, status=422 if form.errors else 200)


def _about(form: ReportForm, typed: str, shell: Shell) -> About | None:
    try:
        return find_about(typed, shell)
    except NotFound:
        words = _("There is no such number among what you may see. It looks like C-1042 or T-1042.")
        if form.is_bound:
            form.add_error("about", words)
        else:
            form.fields["about"].help_text = words
        return None


def _open(form: ReportForm, about: About, user: User, shell: Shell) -> int | None:
    try:
        case = open_case(
            thing=about.thing,
            category=form.cleaned_data["category"],
            text=form.cleaned_data["text"],
            form_key=form.key,
            by=user,
            at=shell.at,
        )
    except (ValidationError, RateLimited) as refused:
        _complain(form, refused)
        return None
    return int(case.pk)


def _write(form: MessageForm, case_id: int, user: User, shell: Shell) -> bool:
    try:
        write_to_case(
            case_id=case_id, text=form.cleaned_data["text"], form_key=form.key, by=user, at=shell.at
        )
    except (ValidationError, RateLimited) as refused:
        _complain(form, refused)
        return False
    return True


def _complain(form: forms.Form, refused: ValidationError | RateLimited) -> None:
    errors = refused.errors if isinstance(refused, ValidationError) else {}
    for text in errors.get("text", []) or [refused.detail]:
        form.add_error("text", text)


def _reader(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Http404
    return request.user
