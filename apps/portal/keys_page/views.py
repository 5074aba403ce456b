"""An owner makes, rotates and revokes keys; a key is shown only in the answer that made it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from apps.core.errors import InvalidState, NotFound
from apps.core.periods import zone
from apps.identity.keys import KeyLine, keys_of_organisation
from apps.identity.models import ApiKey
from apps.identity.services import (
    OVERLAP,
    Author,
    create_organisation_key,
    revoke_api_key,
    rotate_api_key,
)
from apps.organisations.models import Role
from apps.portal.holdings import Holding, Shell
from apps.portal.working import actor_of, looker, reader

NEVER = "never"
LASTS = (
    ("90", gettext_lazy("90 days")),
    ("365", gettext_lazy("A year")),
    (NEVER, gettext_lazy("Until it is revoked")),
)
form_page = require_http_methods(["GET", "HEAD", "POST"])


class KeyForm(forms.Form):
    """What a new key is for and how long it works."""

    label = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=80,
        help_text=gettext_lazy("Such as “accounting export”. You tell your keys apart by it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    lasts = forms.ChoiceField(label=gettext_lazy("How long it works"), choices=LASTS, initial="365")
    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def expires_at(self, at: datetime) -> datetime | None:
        """When a key made now ends; None for one that lasts until it is revoked."""
        chosen = self.cleaned_data["lasts"]
        return None if chosen == NEVER else at + timedelta(days=int(chosen))


class EndForm(forms.Form):
    """Says that an old key is to end; the key of the form makes that happen once."""

    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)


@form_page
@login_required
def organisation_keys(request: HttpRequest, slug: str) -> HttpResponse:
    """GET lists the keys, POST makes one and shows it this once."""
    holding, shell = _owned(request, slug)
    form = KeyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        asked = form.cleaned_data
        return _shown_once(
            request,
            holding,
            shell,
            lambda: create_organisation_key(
                organisation=holding.owner_key,
                label=asked["label"],
                at=shell.at,
                by=_author(request),
                expires_at=form.expires_at(shell.at),
                form_key=asked["form_key"],
            ),
        )
    keys = keys_of_organisation(holding.owner_key, at=shell.at)
    context = {
        "holding": holding,
        "form": form,
        "zone": _zone(holding, shell),
        "working": [key for key in keys if key.ended_at is None],
        "ended": [key for key in keys if key.ended_at is not None],
        "address": request.build_absolute_uri(f"/api/v1/organisations/{holding.owner_key}"),
    }
    status = 422 if form.is_bound else 200
    return render(request, "portal/keys.html", context, status=status)


@form_page
@login_required
def rotate_key(request: HttpRequest, slug: str, key_id: int) -> HttpResponse:
    """A new key in place of one that goes on working for a day."""
    holding, shell = _owned(request, slug)
    old = _working_key(holding, shell, key_id)
    form = EndForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        form_key: UUID = form.cleaned_data["form_key"]
        return _shown_once(
            request,
            holding,
            shell,
            lambda: rotate_api_key(
                key_id=old.id,
                at=shell.at,
                by=_author(request),
                expires_at=_as_long(old, shell.at),
                form_key=form_key,
            ),
            replaced=old,
        )
    return _ending(request, holding, shell, old, form, rotating=True)


@form_page
@login_required
def revoke_key(request: HttpRequest, slug: str, key_id: int) -> HttpResponse:
    """End a key at once, after what that means was seen."""
    holding, shell = _owned(request, slug)
    old = _working_key(holding, shell, key_id)
    form = EndForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _ending(request, holding, shell, old, form, rotating=False)
    try:
        revoke_api_key(key_id=old.id, at=shell.at, by=_author(request))
    except NotFound as ended:
        messages.warning(request, ended.detail)
    else:
        messages.success(request, _("%(key)s… no longer works.") % {"key": old.prefix})
    return redirect("organisation_keys", slug)


def _owned(request: HttpRequest, slug: str) -> tuple[Holding, Shell]:
    """The organisation, for its owners: 404 for who may not look, 403 for who may only look."""
    holding, shell, _organisation = looker(request, slug)
    if holding.role != Role.OWNER:
        raise PermissionDenied
    return holding, shell


def _working_key(holding: Holding, shell: Shell, key_id: int) -> KeyLine:
    for key in keys_of_organisation(holding.owner_key, at=shell.at):
        if key.id == key_id and key.ended_at is None:
            return key
    raise Http404


def _as_long(old: KeyLine, at: datetime) -> datetime | None:
    """A rotated key lasts as long as the old one was to last, from now on."""
    return None if old.expires_at is None else at + (old.expires_at - old.created_at)


def _shown_once(
    request: HttpRequest,
    holding: Holding,
    shell: Shell,
    make: Callable[[], tuple[ApiKey, str]],
    replaced: KeyLine | None = None,
) -> HttpResponse:
    """The new key itself, which no store may keep; the list where there is none to show."""
    try:
        key, secret = make()
    except (InvalidState, NotFound) as refused:
        messages.warning(request, refused.detail)
        return redirect("organisation_keys", holding.slug)
    context = {
        "holding": holding,
        "zone": _zone(holding, shell),
        "key": key,
        "secret": secret,
        "replaced": replaced,
        "old_ends": shell.at + OVERLAP,
        "address": request.build_absolute_uri(f"/api/v1/organisations/{holding.owner_key}/wallet"),
    }
    answer = render(request, "portal/keys/secret.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


def _ending(
    request: HttpRequest, holding: Holding, shell: Shell, key: KeyLine, form: EndForm, *, rotating: bool
) -> HttpResponse:
    context = {
        "holding": holding,
        "zone": _zone(holding, shell),
        "key": key,
        "form": form,
        "rotating": rotating,
        "old_ends": shell.at + OVERLAP,
    }
    return render(request, "portal/keys/end.html", context, status=422 if form.is_bound else 200)


def _zone(holding: Holding, shell: Shell) -> object:
    return zone(holding.calendar.zone_at(shell.at))


def _author(request: HttpRequest) -> Author:
    return Author(actor_of(reader(request)), address=request.META.get("REMOTE_ADDR", ""))
