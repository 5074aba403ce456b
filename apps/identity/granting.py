"""Account types and their monthly free tokens: dated rows, so that a change holds from the next cycle."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import InvalidState, NotFound, ValidationError
from apps.core.units import LARGEST, format_tokens
from apps.identity.auditing import record_audit
from apps.identity.models import AccountType, FreeGrant


def find_account_type(code: str) -> AccountType:
    """The account type; NotFound if there is none."""
    found = AccountType.objects.filter(code=code).first()
    if found is None:
        raise NotFound(f"There is no account type {code}.")
    return found


def grant_of(account_type: str, at: datetime) -> int | None:
    """The micro-tokens a month for cycles that begin at the instant; None before the first."""
    grants = FreeGrant.objects.filter(account_type_id=account_type, from_at__lte=at)
    return grants.order_by("-from_at").values_list("tokens_micro", flat=True).first()


def set_grant(
    *, code: str, tokens: int, actor: str, at: datetime, reason: str = "", address: str = ""
) -> FreeGrant:
    """Let a type have so many micro-tokens a month in every cycle that begins from now on.

    NotFound for an unknown type, ValidationError for an impossible amount, InvalidState if it is so already.
    """
    find_account_type(code)
    if not 0 <= tokens <= LARGEST:
        raise ValidationError({"tokens": [_("Between 0 and 1000000000000 tokens are possible.")]})
    with transaction.atomic():
        AccountType.objects.select_for_update(no_key=True).get(pk=code)
        before = grant_of(code, at)
        if before == tokens:
            raise InvalidState(_("That many it is already."))
        made, _created = FreeGrant.objects.update_or_create(
            account_type_id=code, from_at=at, defaults={"tokens_micro": tokens}
        )
        record_audit(
            actor=actor,
            action="grant.set",
            subject=f"account_type:{code}",
            before=None if before is None else {"tokens": format_tokens(before)},
            after={"tokens": format_tokens(tokens), "from": at.isoformat()},
            at=at,
            reason=reason,
            address=address,
        )
        return made


def add_account_type(
    *, code: str, name: str, tokens: int, actor: str, at: datetime, reason: str = "", address: str = ""
) -> AccountType:
    """Make an account type with its monthly grant; InvalidState if there is one of this code."""
    with transaction.atomic():
        made, created = AccountType.objects.get_or_create(code=code, defaults={"name": name})
        if not created:
            raise InvalidState(_("There is an account type of this code already."))
        set_grant(code=code, tokens=tokens, actor=actor, at=at, reason=reason, address=address)
        return made
