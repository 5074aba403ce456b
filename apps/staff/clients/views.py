"""Making clients and keys, rotating and revoking them. A key is shown only in the answer that made it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.core.clock import now
from apps.core.errors import InvalidState, NotFound
from apps.identity.models import ApiClient, ApiKey
from apps.identity.services import (
    Author,
    MadeAlready,
    create_api_client,
    create_api_key,
    revoke_api_key,
    rotate_api_key,
)
from apps.staff.actions.views import address_of, clerk
from apps.staff.clients.forms import ClientForm, KeyForm, ReasonedForm, RevokeForm, RotateForm, instant
from apps.staff.clients.page import ClientView, KeyView, load_client, load_clients, load_key
from apps.staff.proving import actor_of
from apps.staff.views import show
from apps.support.roles import Action

Page = TypeVar("Page")
form_page = require_http_methods(["GET", "HEAD", "POST"])


def show_clients(request: HttpRequest) -> HttpResponse:
    """All clients with the keys that work."""
    return show(request, "clients/list", _("API clients"), page=load_clients(at=now()))


def show_client(request: HttpRequest, client_id: int) -> HttpResponse:
    """One client with all its keys."""
    client = _found(lambda: load_client(client_id, at=now()))
    return show(request, "clients/client", client.name, client=client)


@form_page
def create_client(request: HttpRequest) -> HttpResponse:
    """Name a service; its first key comes next."""
    clerk(request, Action.API_CLIENTS)
    at = now()
    form = ClientForm(request.POST or None, at=at)
    if request.method != "POST" or not form.is_valid():
        return show(request, "clients/create", _("Create a client"), form=form)
    name = form.cleaned_data["name"]
    known = ApiClient.objects.filter(name=name).first()
    if known is not None:
        messages.info(request, _("There is a client of this name already: this one."))
        return redirect("admin:identity_apiclient_change", known.pk)
    client = create_api_client(name=name, at=at, by=_author(request, form))
    messages.success(request, _("The client is made. It needs a key to call with."))
    return redirect("admin:create_api_key", client.pk)


@form_page
def create_key(request: HttpRequest, client_id: int) -> HttpResponse:
    """Another key for a client."""
    clerk(request, Action.API_CLIENTS)
    at = now()
    client = _found(lambda: load_client(client_id, at=at))
    form = KeyForm(request.POST or None, at=at)
    if request.method != "POST" or not form.is_valid():
        return show(request, "clients/key", _("Create a key"), form=form, client=client)
    return _shown_once(
        request,
        client,
        lambda: create_api_key(
            client=ApiClient.objects.get(pk=client.id),
            at=at,
            by=_author(request, form),
            scopes=form.cleaned_data["scopes"],
            expires_at=form.expires_at,
            form_key=form.key,
        ),
    )


@form_page
def rotate_key(request: HttpRequest, key_id: int) -> HttpResponse:
    """A new key in place of one that goes on working for a while."""
    clerk(request, Action.API_CLIENTS)
    at = now()
    page = _found(lambda: load_key(key_id, at=at))
    form = RotateForm(request.POST or None, at=at)
    if request.method == "POST" and form.is_valid():
        return _shown_once(
            request,
            load_client(page.client_id, at=at),
            lambda: rotate_api_key(
                key_id=key_id,
                at=at,
                by=_author(request, form),
                overlap=form.kept_for,
                expires_at=form.expires_at,
                form_key=form.key,
            ),
            replaced=page,
        )
    return _still_works(request, page) or show(
        request, "clients/rotate", _("Rotate a key"), form=form, page=page
    )


@form_page
def revoke_key(request: HttpRequest, key_id: int) -> HttpResponse:
    """End a key at once, after what that means was seen."""
    clerk(request, Action.API_CLIENTS)
    at = now()
    page = _found(lambda: load_key(key_id, at=at))
    ended = _still_works(request, page)
    if ended is not None:
        return ended
    form = RevokeForm(request.POST or None, at=at)
    if request.method != "POST" or not form.is_valid():
        return show(request, "clients/revoke", _("Revoke a key"), form=form, page=page, at=at)
    revoke_api_key(key_id=key_id, at=at, by=_author(request, form))
    messages.success(request, _("%(key)s… no longer works.") % {"key": page.key.prefix})
    return redirect("admin:identity_apiclient_change", page.client_id)


def _shown_once(
    request: HttpRequest,
    client: ClientView,
    make: Callable[[], tuple[ApiKey, str]],
    replaced: KeyView | None = None,
) -> HttpResponse:
    """The new key itself, which no store may keep; the client's page where there is none to show."""
    try:
        key, secret = make()
    except (MadeAlready, NotFound) as ended:
        messages.warning(request, ended.detail)
        return redirect("admin:identity_apiclient_change", client.id)
    context = {"client": client, "key": key, "secret": secret, "replaced": replaced}
    if replaced is not None:
        context["old_ends"] = instant(_end_of(replaced.key.id))
    answer = show(request, "clients/secret", _("The new key"), **context)
    answer["Cache-Control"] = "no-store"
    return answer


def _end_of(key_id: int) -> datetime:
    ends_at = ApiKey.objects.values_list("expires_at", flat=True).get(pk=key_id)
    if ends_at is None:
        raise InvalidState
    return ends_at


def _still_works(request: HttpRequest, page: KeyView) -> HttpResponse | None:
    """The way back where a key has ended already."""
    if page.key.ended_at is None:
        return None
    messages.info(request, _("%(key)s… has ended already.") % {"key": page.key.prefix})
    return redirect("admin:identity_apiclient_change", page.client_id)


def _author(request: HttpRequest, form: ReasonedForm) -> Author:
    return Author(actor_of(request), form.cleaned_data["reason"], address_of(request))


def _found(load: Callable[[], Page]) -> Page:
    try:
        return load()
    except NotFound as unknown:
        raise Http404 from unknown
