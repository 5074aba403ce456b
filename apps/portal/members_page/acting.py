"""What is done about members: leaving, invitations one by one and by CSV, and joining."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as InvalidPassword
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.allocations.guest_list import GuestRow, read_guests
from apps.allocations.inviting import (
    Guest,
    accept,
    find_invitation,
    invite,
    known_addresses,
    open_invitations,
    revoke_invitation,
)
from apps.allocations.joining import open_account
from apps.allocations.leaving import remove_member
from apps.allocations.models import Invitation
from apps.core.clock import now
from apps.core.errors import NotFound, Problem
from apps.identity.models import User
from apps.organisations.models import Organisation, Role
from apps.portal.amounts import read_amount
from apps.portal.context import required_shell
from apps.portal.fields import TokensField
from apps.portal.holdings import Holding
from apps.portal.members_page.people import ROLES
from apps.portal.members_page.person import load_person_page
from apps.portal.paging import page_number
from apps.portal.working import actor_of, complain, decider, looker, reader

SHOWN = 50


@require_safe
@login_required
def member(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One member, for those who read the organisation's money."""
    holding, shell, organisation = looker(request, slug)
    try:
        page = load_person_page(organisation, holding, shell, key)
    except NotFound as unknown:
        raise Http404 from unknown
    return render(request, "portal/members/person.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """Leave an organisation oneself: what it means first, then the button."""
    shell, user = required_shell(request), reader(request)
    holding = next((h for h in shell.holdings if h.slug == slug and h.present and not h.is_own), None)
    if holding is None:
        raise Http404
    if request.method == "POST":
        try:
            organisation = Organisation.objects.get(slug=slug)
            remove_member(organisation=organisation, user=user, actor=actor_of(user), at=shell.at)
        except Problem as refused:
            messages.error(request, refused.detail)
            return redirect("leave_organisation", slug)
        messages.success(request, _("You have left %(name)s.") % {"name": holding.name})
        return redirect("wallet")
    own = shell.own()
    wallet = shell.desk.wallets[own.wallet_id] if own else None
    bucket = wallet.buckets.get(("allocated", holding.wallet_id)) if wallet else None
    context = {"holding": holding, "returning": max(bucket.available, 0) if bucket else 0}
    return render(request, "portal/members/leave.html", context)


class InviteForm(forms.Form):
    """One person to invite."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    name = forms.CharField(label=gettext_lazy("Name (optional)"), max_length=150, required=False)
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=[(role.value, gettext_lazy(name)) for role, name in ROLES.items()],
        initial=Role.MEMBER,
    )
    tokens = TokensField(label=gettext_lazy("Tokens to start with (optional)"), required=False)


class ListForm(forms.Form):
    """Many people at once."""

    people = forms.CharField(
        label=gettext_lazy("People, one on each line"),
        required=False,
        max_length=2_000_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "email, name, role, tokens: only the e-mail is needed. A head line may give another order."
        ),
    )
    file = forms.FileField(label=gettext_lazy("Or a CSV file"), required=False)
    leave_out = forms.BooleanField(label=gettext_lazy("Leave the wrong lines out"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        upload = cleaned.get("file")
        if upload is not None:
            if upload.size > 2_000_000:
                self.add_error("file", _("The file is larger than two megabytes: split it."))
            else:
                cleaned["people"] = self._text(upload.read())
        if not str(cleaned.get("people", "")).strip() and not self.errors:
            self.add_error("people", _("Write at least one person, or choose a file."))
        return cleaned

    def _text(self, raw: bytes) -> str:
        """What a file says, in whichever of the usual ways it was written."""
        if b"\0" in raw:
            self.add_error("file", _("This is not a text file: save it as CSV."))
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            return raw.decode("cp1252", errors="replace")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def invitations(request: HttpRequest, slug: str) -> HttpResponse:
    """Invite one person or many, and see who has not answered yet."""
    holding, shell, organisation = decider(request, slug)
    one, many = InviteForm(), ListForm()
    rows: list[GuestRow] = []
    what, status = request.POST.get("do", ""), 200
    if what == "one":
        one = InviteForm(request.POST)
        if one.is_valid() and _invite_one(request, one, holding, organisation, shell.at):
            return redirect("invitations", slug)
        status = 422
    elif what in {"read", "invite"}:
        many = ListForm(request.POST, request.FILES)
        rows = _read(many, holding, organisation, shell.at)
        good = [row.guest for row in rows if not row.problem]
        if what == "invite":
            _require_no_wrong(many, rows)
            if good and not many.errors and _invite_all(request, good, organisation, shell.at):
                return redirect("invitations", slug)
        status = 422 if many.errors else 200
    good_rows = [row for row in rows if not row.problem]
    waiting = open_invitations(organisation, at=shell.at).order_by("-pk")
    number, count = page_number(request.GET.dict()), waiting.count()
    context = {
        "holding": holding,
        "one": one,
        "many": many,
        "read": bool(rows),
        "wrong": [row for row in rows if row.problem],
        "good": good_rows[:10],
        "good_count": len(good_rows),
        "promised": sum(row.guest.tokens for row in good_rows),
        "waiting": [_named(one) for one in waiting[(number - 1) * SHOWN : number * SHOWN]],
        "waiting_count": count,
        "page": {"number": number, "more": number * SHOWN < count},
        "troubled": Invitation.objects.filter(organisation=organisation)
        .exclude(problem="")
        .order_by("-pk")[:5],
    }
    return render(request, "portal/members/invitations.html", context, status=status)


def _read(form: ListForm, holding: Holding, organisation: Organisation, at: Any) -> list[GuestRow]:
    """The lines of a list; none, with the reason in the form, where it cannot be read."""
    if not form.is_valid():
        return []
    data = QueryDict(mutable=True)
    data.update(form.data)
    data["people"] = form.cleaned_data["people"]  # what came as a file need not be chosen again
    form.data = data
    known = known_addresses(organisation, at=at)
    try:
        rows = read_guests(form.cleaned_data["people"], known=known, read_amount=read_amount)
    except Problem as refused:
        complain(form, refused)
        return []
    return [_no_owners(row, holding) for row in rows]


def _require_no_wrong(form: ListForm, rows: list[GuestRow]) -> None:
    """Say in the form that wrong lines would be forgotten, unless they are to be left out."""
    if any(row.problem for row in rows) and not form.cleaned_data["leave_out"]:
        form.add_error("leave_out", _("Correct the wrong lines, or tick the box that leaves them out."))


def _named(one: Invitation) -> dict[str, Any]:
    """An invitation as the page shows it."""
    return {
        "pk": one.pk,
        "email": one.email,
        "role_name": _(ROLES[Role(one.role)]),
        "tokens_micro": one.tokens_micro,
        "expires_at": one.expires_at,
    }


def _no_owners(row: GuestRow, holding: Holding) -> GuestRow:
    if row.problem or row.guest.role != Role.OWNER or holding.role == Role.OWNER:
        return row
    return GuestRow(row.line, row.guest, _("Only an owner can invite owners."))


def _invite_one(
    request: HttpRequest, form: InviteForm, holding: Holding, organisation: Organisation, at: Any
) -> bool:
    cleaned = form.cleaned_data
    if cleaned["role"] == Role.OWNER and holding.role != Role.OWNER:
        form.add_error("role", _("Only an owner can invite owners."))
        return False
    guest = Guest(cleaned["email"], cleaned["role"], cleaned["name"], cleaned["tokens"] or 0)
    try:
        invite(organisation=organisation, guests=[guest], actor=actor_of(reader(request)), at=at)
    except Problem as refused:
        complain(form, refused)
        return False
    messages.success(request, _("%(email)s is invited. The mail is on its way.") % {"email": guest.email})
    return True


def _invite_all(request: HttpRequest, guests: list[Guest], organisation: Organisation, at: Any) -> bool:
    try:
        invite(organisation=organisation, guests=guests, actor=actor_of(reader(request)), at=at)
    except Problem as refused:
        messages.error(request, refused.detail)
        return False
    said = ngettext("%(count)d person is invited.", "%(count)d people are invited.", len(guests))
    messages.success(request, said % {"count": len(guests)})
    return True


@require_POST
@login_required
def revoke(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take an invitation back."""
    _holding, shell, organisation = decider(request, slug)
    try:
        found = revoke_invitation(
            organisation=organisation, number=number, actor=actor_of(reader(request)), at=shell.at
        )
    except NotFound as unknown:
        raise Http404 from unknown
    except Problem as refused:
        messages.warning(request, refused.detail)
    else:
        messages.success(request, _("The invitation of %(email)s is taken back.") % {"email": found.email})
    return redirect("invitations", slug)


class JoinForm(forms.Form):
    """An account for somebody who has none yet."""

    name = forms.CharField(label=gettext_lazy("Your name"), max_length=150)
    password = forms.CharField(
        label=gettext_lazy("A password"),
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        try:
            validate_password(password)
        except InvalidPassword as weak:
            raise forms.ValidationError(weak.messages) from weak
        return password


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, link: str) -> HttpResponse:
    """Where the mail leads: join with the account one has, or make one."""
    at = now()
    try:
        found = find_invitation(link, at=at)
    except NotFound as unknown:
        raise Http404 from unknown
    user = request.user if isinstance(request.user, User) else None
    form = JoinForm(
        request.POST if request.method == "POST" and user is None else None, initial={"name": found.name}
    )
    if request.method == "POST" and found.accepted_at is None:
        try:
            if user is None and form.is_valid():
                user = open_account(
                    invitation=found,
                    name=form.cleaned_data["name"],
                    password=form.cleaned_data["password"],
                    at=at,
                )
                accept(invitation=found, user=user, at=at)
                login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
                return _welcome(request, found)
            if user is not None:
                accept(invitation=found, user=user, at=at)
                return _welcome(request, found)
        except Problem as refused:
            messages.error(request, refused.detail)
    context = {"invitation": found, "form": form, "link": link, "person": user}
    return render(request, "portal/members/invitation.html", context, status=422 if form.errors else 200)


def _welcome(request: HttpRequest, found: Invitation) -> HttpResponse:
    messages.success(request, _("You are a member of %(name)s now.") % {"name": found.organisation.name})
    return redirect("wallet")
