"""Filling in, looking at the effect, confirming. Nothing is stored before the confirmation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied as Forbidden
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.core.clock import now
from apps.core.errors import NotFound, PermissionDenied, Problem, ValidationError
from apps.identity.models import User
from apps.staff.actions.forms import NoteForm, ReasonForm
from apps.staff.actions.subjects import (
    ADJUST,
    ASSIGN,
    DEFAULT_LIMIT,
    FREEZE,
    GRANT,
    NEW_TYPE,
    PAYMENT,
    PLAN,
    REFUND,
    RELEASE,
    RETIRE,
    UNLIMITED,
    VOID,
    Deed,
    Subject,
)
from apps.staff.views import show
from apps.support import proposals
from apps.support.deeds.naming import find_wallet, owner_name
from apps.support.kinds import Effect
from apps.support.models import Case, Proposal, WalletNote
from apps.support.notes import write_note
from apps.support.proposals import Stale, Wish
from apps.support.roles import Action, may

View = Callable[..., HttpResponse]
LAST_NOTES = 20
ABOUT = ("wallet", "charge", "bill", "account_type", "plan", "period", "organisation")
"""Under which name a payload says what it is about."""


@dataclass(slots=True)
class ActionPage:
    """An action as it is filled in: the effect once it is known, or what stands in its way."""

    subject: Subject
    form: ReasonForm
    case: Case | None = None
    proposal: Proposal | None = None
    effect: Effect | None = None
    second: bool = False
    shown: str = ""
    obstacle: str = ""
    notices: list[str] = field(default_factory=list)

    @property
    def back(self) -> str:
        """Where somebody came from."""
        if self.case is not None:
            return reverse("admin:support_case_change", args=[self.case.pk])
        if self.proposal is not None:
            return reverse("admin:approval", args=[self.proposal.pk])
        return self.subject.url


def clerk(request: HttpRequest, action: Action) -> User:
    """Who is at the desk; forbidden if their role does not begin this action."""
    user = request.user
    if not isinstance(user, User) or not may(user, action):
        raise Forbidden
    return user


def address_of(request: HttpRequest) -> str:
    """Where the request came from, for the trail."""
    return str(request.META.get("REMOTE_ADDR", ""))


def act_on(deed: Deed) -> View:
    """The page of an action."""

    @require_http_methods(["GET", "HEAD", "POST"])
    def view(request: HttpRequest, key: int | str = "new") -> HttpResponse:
        by = clerk(request, deed.action)
        try:
            page = _begin(request, deed, key, by)
        except NotFound as unknown:
            raise Http404 from unknown
        if request.method == "POST":
            done = go_on(request, page, by)
            if done is not None:
                return done
        return show(request, "act", page.subject.heading, page=page)

    return view


def _begin(request: HttpRequest, deed: Deed, key: int | str, by: User) -> ActionPage:
    subject = deed.subject(key, now())
    proposal = _own_proposal(request, subject, by)
    initial = {**subject.initial, **_prefilled(request, deed)}
    if proposal is not None:
        initial = {**deed.form.values_of(proposal.payload), "reason": proposal.reason}
    form = deed.form(request.POST) if request.method == "POST" else deed.form(initial=initial)
    return ActionPage(subject, form, _case(request), proposal)


def _prefilled(request: HttpRequest, deed: Deed) -> dict[str, str]:
    """What the page that led here knows already."""
    return {
        name: request.GET[name]
        for name in deed.form.base_fields
        if name != "form_key" and name in request.GET
    }


def _given(request: HttpRequest, name: str) -> int | None:
    """A number that travels with the form."""
    text = request.POST.get(name) or request.GET.get(name) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _case(request: HttpRequest) -> Case | None:
    number = _given(request, "case")
    return Case.objects.filter(pk=number).first() if number else None


def _own_proposal(request: HttpRequest, subject: Subject, by: User) -> Proposal | None:
    """The open proposal that is to be changed: one's own, about the same thing."""
    number = _given(request, "proposal")
    if number is None:
        return None
    found = Proposal.objects.filter(pk=number, requested_by=by, kind=subject.kind, state=Proposal.State.OPEN)
    proposal = found.select_related("case").first()
    about = [] if proposal is None else [proposal.payload.get(name) for name in ABOUT]
    if proposal is None or subject.key not in (*about, "new"):
        raise NotFound
    return proposal


def go_on(request: HttpRequest, page: ActionPage, by: User) -> HttpResponse | None:
    """Show the effect, or do what was confirmed; None where the page is to be shown again."""
    if not page.form.is_valid():
        return None
    try:
        payload = page.form.payload(page.subject.key)
    except ValidationError as wrong:
        _complain(page, wrong)
        return None
    shown = _sum(payload)
    confirmed = request.POST.get("step") == "confirm"
    if confirmed and request.POST.get("shown") == shown:
        try:
            return _confirm(request, page, payload, by)
        except Stale as stale:
            page.notices.append(stale.detail)
        except Problem as problem:
            _complain(page, problem)
    elif confirmed:
        page.notices.append(_("You changed something. Look at the effect again before you confirm it."))
    _look(page, payload, shown, by)
    return None


def _look(page: ActionPage, payload: Mapping[str, Any], shown: str, by: User) -> None:
    try:
        page.effect, page.second = proposals.foresee(page.subject.kind, payload, by=by, at=now())
        page.second = page.second or page.proposal is not None
        page.shown = shown
    except Problem as problem:
        _complain(page, problem)


def _confirm(request: HttpRequest, page: ActionPage, payload: Mapping[str, Any], by: User) -> HttpResponse:
    wish = Wish(
        kind=page.subject.kind,
        payload=payload,
        reason=page.form.cleaned_data["reason"],
        seen=request.POST.get("seen", ""),
        form_key=page.form.key,
    )
    if page.proposal is not None:
        done = proposals.change(
            proposal_id=page.proposal.pk,
            version=_given(request, "version") or 0,
            wish=wish,
            by=by,
            at=now(),
            address=address_of(request),
        )
    else:
        done = proposals.request(wish=wish, by=by, at=now(), case=page.case, address=address_of(request))
    _say(request, done)
    return redirect(page.back if page.case is not None else reverse("admin:approval", args=[done.pk]))


def _say(request: HttpRequest, done: Proposal) -> None:
    if done.state == Proposal.State.OPEN:
        messages.info(request, _("Proposed. Nothing has happened yet: another person has to approve it."))
    elif done.transfer_number:
        messages.success(request, _("Done. The receipt is T-%(number)d.") % {"number": done.transfer_number})
    else:
        messages.success(request, _("Done."))


def _complain(page: ActionPage, problem: Problem) -> None:
    """Say it at the field where it has one, else above the form."""
    page.effect = None
    if isinstance(problem, PermissionDenied):
        raise Forbidden from problem
    errors = problem.errors if isinstance(problem, ValidationError) else {}
    for name, texts in errors.items():
        if name in page.form.fields:
            page.form.add_error(name, [forms.ValidationError(text) for text in texts])
    if not any(name in page.form.fields for name in errors):
        page.obstacle = problem.detail or str(problem.title)


def _sum(payload: Mapping[str, Any]) -> str:
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@require_http_methods(["GET", "HEAD", "POST"])
def note_wallet(request: HttpRequest, key: int) -> HttpResponse:
    """Write a note on a wallet, below those that are there."""
    by = clerk(request, Action.NOTE)
    try:
        wallet = find_wallet(key)
    except NotFound as unknown:
        raise Http404 from unknown
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            write_note(wallet=wallet, text=form.cleaned_data["text"], form_key=form.key, by=by, at=now())
        except ValidationError as wrong:
            form.add_error("text", wrong.errors["text"][0])
        else:
            messages.success(request, _("Your note is kept."))
            return redirect("admin:wallets_wallet_change", key)
    written = WalletNote.objects.filter(wallet=wallet).select_related("author").order_by("-pk")
    context = {"wallet": wallet, "owner": owner_name(wallet), "form": form, "notes": written[:LAST_NOTES]}
    return show(request, "note", _("Add a note"), **context)


adjust_wallet = act_on(ADJUST)
book_payment = act_on(PAYMENT)
freeze_wallet = act_on(FREEZE)
pay_afterwards = act_on(UNLIMITED)
void_bill = act_on(VOID)
set_grant = act_on(GRANT)
add_account_type = act_on(NEW_TYPE)
define_plan = act_on(PLAN)
retire_plan = act_on(RETIRE)
assign_plan = act_on(ASSIGN)
set_default_limit = act_on(DEFAULT_LIMIT)
refund_charge = act_on(REFUND)
release_charge = act_on(RELEASE)
