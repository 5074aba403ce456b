"""Notes of staff on a wallet."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.core.errors import PermissionDenied, ValidationError
from apps.identity.models import User
from apps.support.models import WalletNote
from apps.support.roles import Action, may
from apps.wallets.models import Wallet

LONGEST = 1_000


def write_note(*, wallet: Wallet, text: str, form_key: UUID, by: User, at: datetime) -> WalletNote:
    """Keep a note with who wrote it and when; the same form again answers the same note."""
    if not may(by, Action.NOTE):
        raise PermissionDenied(_("Your role does not do this."))
    note = text.replace("\x00", "").strip()
    if not note or len(note) > LONGEST:
        words = _("Write 1 to %(count)d characters.") % {"count": LONGEST}
        raise ValidationError({"text": [words]})
    try:
        with transaction.atomic():
            return WalletNote.objects.create(wallet=wallet, author=by, text=note, at=at, form_key=form_key)
    except IntegrityError:
        return WalletNote.objects.get(form_key=form_key, author=by)
