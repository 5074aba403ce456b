"""The pages of jobs: everybody on staff looks, operations start and retry."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from apps.core.clock import now
from apps.core.errors import Problem
from apps.hosting.running import BILLS, start_billing
from apps.identity.models import User
from apps.jobs.models import Run
from apps.jobs.selectors import known_runs
from apps.jobs.starting import retry_failed
from apps.jobs.tasks import ring
from apps.staff.jobs.page import load_jobs_page, load_run_page
from apps.staff.views import show
from apps.support.proposals import actor_of
from apps.support.roles import Action, may
from apps.wallets.resetting import RESET, start_reset

JOBS = ((BILLS, gettext_lazy("Hosting and storage bills")), (RESET, gettext_lazy("Free tokens")))


class StartForm(forms.Form):
    """Which job for which month, and of whom."""

    job = forms.ChoiceField(label=gettext_lazy("Job"), choices=JOBS)
    month = forms.RegexField(
        r"^[0-9]{4}-(0[1-9]|1[0-2])\Z",
        label=gettext_lazy("Month"),
        help_text=gettext_lazy("Bills: a month that has ended. Free tokens: the one that begins."),
        error_messages={"invalid": gettext_lazy("Write a month such as 2026-10.")},
        widget=forms.TextInput(attrs={"placeholder": "2026-10", "autocomplete": "off"}),
    )
    owner = forms.CharField(
        label=gettext_lazy("Only this payer"),
        max_length=150,
        required=False,
        help_text=gettext_lazy("Bills only: organisation:ID or user:ID; empty for all."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """Schedule and runs; while a run is under way the page renews its list."""
    _reader(request)
    page = load_jobs_page(now())
    if request.headers.get("HX-Request"):
        return render(request, "staff/jobs/runs.html", {"page": page})
    return show(request, "jobs", _("Jobs"), page=page, form=StartForm())


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Start a run, or join the one under way."""
    by = _operator(request)
    form = StartForm(request.POST)
    if form.is_valid():
        try:
            run = _start(form, by)
        except Problem as problem:
            form.add_error("owner" if "owner" in problem.extra.get("errors", {}) else "month", problem.detail)
        else:
            ring()
            return redirect("staff_run", run.pk)
    answer = show(request, "jobs", _("Jobs"), page=load_jobs_page(now()), form=form)
    answer.status_code = 422
    return answer


def _start(form: StartForm, by: User) -> Run:
    month, actor, at = form.cleaned_data["month"], actor_of(by), now()
    if form.cleaned_data["job"] == RESET:
        return start_reset(cycle=month, actor=actor, at=at)
    return start_billing(month=month, owner=form.cleaned_data["owner"].strip(), actor=actor, at=at)


@require_safe
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run: how far it is, what failed and why, who worked on it."""
    _reader(request)
    page = load_run_page(_find(run_id), now())
    if request.headers.get("HX-Request"):
        return render(request, "staff/jobs/run_progress.html", {"page": page})
    return show(request, "run", f"{page.run.title} {page.run.subject}", page=page)


@require_POST
def retry(request: HttpRequest, run_id: int) -> HttpResponse:
    """Let what failed be tried again."""
    by = _operator(request)
    count = retry_failed(run=_find(run_id), actor=actor_of(by), at=now())
    if count:
        ring()
        messages.success(request, _("What failed is tried again."))
    else:
        messages.warning(request, _("There is nothing to try again, or the run is under way anew."))
    return redirect("staff_run", run_id)


def _find(run_id: int) -> Run:
    found = known_runs().filter(pk=run_id).first() if run_id < 2**63 else None
    if found is None:
        raise Http404
    return found


def _reader(request: HttpRequest) -> None:
    if not may(request.user, Action.READ):
        raise PermissionDenied


def _operator(request: HttpRequest) -> User:
    if not isinstance(request.user, User) or not may(request.user, Action.RUN_JOBS):
        raise PermissionDenied
    return request.user
