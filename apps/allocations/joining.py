"""An account for somebody who was invited and has none: their own wallet comes with it."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext as _

from apps.allocations.models import Invitation
from apps.core.errors import InvalidState
from apps.identity.models import User
from apps.wallets.models import Wallet
from apps.wallets.services import sync_user


def open_account(*, invitation: Invitation, name: str, password: str, at: datetime) -> User:
    """Make a user with a wallet in the organisation's price book; the address is known to be theirs, as
    they read the mail. InvalidState where an account has that address: its owner logs in instead."""
    with transaction.atomic():
        if User.objects.filter(email__iexact=invitation.email).exists():
            raise InvalidState(_("There is an account with this address: log in, then open the link again."))
        theirs = Wallet.objects.get(organisation=invitation.organisation)
        fields = {
            "email": invitation.email,
            "name": name,
            "price_book": theirs.price_book_id,
            "time_zone": theirs.calendar.chosen,
        }
        user = sync_user(key=f"invited-{uuid4().hex}", fields=fields, at=at, actor="invitation").wallet.user
        if user is None:
            raise InvalidState(_("The account could not be made."))
        user.set_password(password)
        user.save(update_fields=["password"])
        EmailAddress.objects.create(user=user, email=invitation.email, primary=True, verified=True)
        return user
