"""API clients and their keys: made, rotated with an overlap, revoked. Stored hashed, shown once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import InvalidState, NotFound, ValidationError
from apps.identity.auditing import Facts, record_audit
from apps.identity.models import ApiClient, ApiKey
from apps.identity.scopes import READ, SCOPES

PREFIX = "scrip_"
OVERLAP = timedelta(hours=24)
"""How long an old key goes on working after it was rotated."""
OF_AN_ORGANISATION = "organisation:"
"""How the client of an organisation is named: ``organisation:lindenhof``, as the trail names its subject."""
MOST_KEYS = 20
"""So many keys of one organisation may work at a time."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who does something, why and from where, for the trail."""

    actor: str
    reason: str = ""
    address: str = ""


class MadeAlready(InvalidState):
    """The same form came twice: its key exists, and was shown then."""

    code, title = "made_already", "This key has been made already"


def digest_of(secret: str) -> str:
    """What is stored of a key: with 256 random bits a plain SHA-256 cannot be searched through."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create_api_client(*, name: str, at: datetime, by: Author) -> ApiClient:
    """The client of this name, made if there is none yet. ValidationError for a name that is kept for an
    organisation's own client."""
    if name.startswith(OF_AN_ORGANISATION):
        raise ValidationError({"name": [_("Names that begin so belong to organisations. Choose another.")]})
    with transaction.atomic():
        client, made = ApiClient.objects.get_or_create(name=name, defaults={"created_at": at})
        if made:
            _note("client.create", client, None, {"name": name}, at, by)
        return client


def create_organisation_key(
    *, organisation: str, label: str, at: datetime, by: Author, expires_at: datetime | None, form_key: UUID
) -> tuple[ApiKey, str]:
    """A key that reads one organisation's figures and nothing else: the row, and the key itself.

    MadeAlready if a key was made with this form key before; InvalidState while it has `MOST_KEYS` that work.
    """
    with transaction.atomic():
        client, made = ApiClient.objects.get_or_create(
            organisation=organisation,
            defaults={"name": f"{OF_AN_ORGANISATION}{organisation}", "created_at": at},
        )
        if made:
            _note("client.create", client, None, {"name": client.name}, at, by)
        _refuse_twice(client.pk, form_key)
        if sum(key.works_at(at) for key in client.keys.filter(revoked_at=None)) >= MOST_KEYS:
            raise InvalidState(
                _("There are %(most)d keys that work. Revoke one first.") % {"most": MOST_KEYS}
            )
        return create_api_key(
            client=client,
            label=label,
            at=at,
            by=by,
            scopes=[READ],
            expires_at=expires_at,
            form_key=form_key,
        )


def create_api_key(
    *,
    client: ApiClient,
    at: datetime,
    by: Author,
    label: str = "",
    scopes: Sequence[str] = SCOPES,
    expires_at: datetime | None = None,
    form_key: UUID | None = None,
) -> tuple[ApiKey, str]:
    """Another key for the client: the row, and the key itself, which is not stored anywhere.

    MadeAlready if a key was made with this form key before.
    """
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise ValidationError({"scopes": [_("Choose from: %(scopes)s.") % {"scopes": ", ".join(SCOPES)}]})
    chosen = [scope for scope in SCOPES if scope in scopes]
    with transaction.atomic():
        _refuse_twice(client.pk, form_key)
        key, secret = _make(client, label, chosen, expires_at, form_key, at)
        _note("api_key.create", client, None, _facts(key), at, by)
        return key, secret


def rotate_api_key(
    *,
    key_id: int,
    at: datetime,
    by: Author,
    overlap: timedelta = OVERLAP,
    expires_at: datetime | None = None,
    form_key: UUID | None = None,
) -> tuple[ApiKey, str]:
    """A new key with the scopes of an old one, which expires after the overlap.

    NotFound unless the old one still works; MadeAlready if the form key has been used before.
    """
    with transaction.atomic():
        client_id = ApiKey.objects.filter(pk=key_id).values_list("client_id", flat=True).first()
        _refuse_twice(client_id or 0, form_key)
        old = _usable(key_id, at)
        before, ends_at = _facts(old), at + overlap
        if old.expires_at is None or old.expires_at > ends_at:
            old.expires_at = ends_at
            old.save(update_fields=["expires_at"])
        key, secret = _make(old.client, old.label, old.scopes, expires_at, form_key, at)
        after = {**_facts(old), "replaced_by": key.prefix}
        _note("api_key.rotate", old.client, before, after, at, by)
        return key, secret


def revoke_api_key(*, key_id: int, at: datetime, by: Author) -> ApiKey:
    """End a key at once; NotFound unless it still works."""
    with transaction.atomic():
        key = _usable(key_id, at)
        before = _facts(key)
        key.revoked_at = at
        key.save(update_fields=["revoked_at"])
        _note("api_key.revoke", key.client, before, _facts(key), at, by)
        return key


def _make(
    client: ApiClient,
    label: str,
    scopes: Sequence[str],
    expires_at: datetime | None,
    form_key: UUID | None,
    at: datetime,
) -> tuple[ApiKey, str]:
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        client=client,
        label=label,
        prefix=secret[:12],
        digest=digest_of(secret),
        scopes=list(scopes),
        created_at=at,
        expires_at=expires_at,
        form_key=form_key,
    )
    return key, secret


def _refuse_twice(client_id: int, form_key: UUID | None) -> None:
    """Wait for what else is being done with the client's keys, then see whether the form came before."""
    ApiClient.objects.select_for_update(no_key=True).filter(pk=client_id).first()
    if form_key is not None and ApiKey.objects.filter(form_key=form_key).exists():
        raise MadeAlready(_("This key has been made already; it was shown then and cannot be shown again."))


def _usable(key_id: int, at: datetime) -> ApiKey:
    """The key, locked; NotFound if it has ended."""
    keys = ApiKey.objects.select_for_update(no_key=True, of=("self",)).select_related("client")
    key = keys.filter(pk=key_id).first()
    if key is None or not key.works_at(at):
        raise NotFound(_("There is no such key, or it has ended."))
    return key


def _facts(key: ApiKey) -> dict[str, object]:
    """A key as the trail keeps it: never what could be used, its digest included."""
    ends_at = {"expires_at": key.expires_at, "revoked_at": key.revoked_at}
    dates = {name: instant.isoformat() for name, instant in ends_at.items() if instant is not None}
    label = {"label": key.label} if key.label else {}
    return {"key": key.prefix, **label, "scopes": key.scopes, **dates}


def _note(action: str, client: ApiClient, before: Facts, after: Facts, at: datetime, by: Author) -> None:
    record_audit(
        actor=by.actor,
        action=action,
        subject=client.name if client.organisation else f"client:{client.name}",
        before=before,
        after=after,
        at=at,
        reason=by.reason,
        address=by.address,
    )
