"""Moving cap from one cost centre to another: both change, or neither."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.allocations.models import SpendingLimit
from apps.allocations.rules import LimitChange, SubjectRef, set_limits
from apps.core.errors import InvalidState, ValidationError
from apps.core.periods import PERIODS
from apps.core.units import LARGEST
from apps.organisations.models import Organisation
from apps.organisations.services import lock_organisation, require_new_form


def move_cap(
    *,
    organisation: Organisation,
    giver: str,
    taker: str,
    period: str,
    tokens: int,
    actor: str,
    at: datetime,
    form_key: UUID | None = None,
) -> None:
    """Lower one cost centre's cap of the period by so many micro-tokens and raise the other's.

    ValidationError for the same centre twice or an impossible amount, InvalidState if one has no cap,
    MadeAlready if the form was sent before.
    """
    if giver == taker or period not in PERIODS:
        raise ValidationError({"taker": [_("Choose two different cost centres.")]})
    with transaction.atomic():
        lock_organisation(organisation)
        require_new_form(organisation, form_key, at=at)
        rows = SpendingLimit.objects.filter(
            organisation=organisation,
            subject_type="cost_centre",
            period=period,
            subject_key__in=(giver, taker),
        )
        caps = {row.subject_key: row.tokens_micro for row in rows if row.tokens_micro is not None}
        if len(caps) < 2:
            raise InvalidState(_("Both cost centres need a cap of this period."))
        if not 0 < tokens <= caps[giver] or caps[taker] + tokens > LARGEST:
            raise ValidationError({"tokens": [_("More than 0, and at most the cap it is taken from.")]})
        changes = [
            LimitChange(SubjectRef("cost_centre", giver), period, caps[giver] - tokens),
            LimitChange(SubjectRef("cost_centre", taker), period, caps[taker] + tokens),
        ]
        set_limits(organisation=organisation, changes=changes, actor=actor, at=at, keep_raises=True)
