"""Who belongs where: membership and cost centres. What tokens have to do with it is decided above."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.core.errors import InvalidState, NotFound, ValidationError
from apps.identity.models import User
from apps.organisations.models import CostCentre, Membership, Organisation, Role

DEPTH = 20
"""So many centres may lie one inside the other."""


def set_member(*, organisation: Organisation, user: User, role: str, at: datetime) -> tuple[Membership, bool]:
    """Make the user a member with the role, or change the role; answers the membership and whether it
    is new. InvalidState if the last owner would be demoted."""
    with transaction.atomic():
        _lock(organisation)
        membership = Membership.objects.filter(organisation=organisation, user=user, ended_at=None).first()
        if membership is None:
            made = Membership.objects.create(organisation=organisation, user=user, role=role, joined_at=at)
            return made, True
        if membership.role != role:
            if membership.role == Role.OWNER:
                _require_other_owner(membership)
            membership.role = role
            membership.save(update_fields=["role"])
        return membership, False


def end_membership(*, organisation: Organisation, user: User, at: datetime) -> Membership:
    """Let the membership end. NotFound for somebody who is no member, InvalidState for the last owner."""
    with transaction.atomic():
        _lock(organisation)
        membership = Membership.objects.filter(organisation=organisation, user=user, ended_at=None).first()
        if membership is None:
            raise NotFound(f"{user.platform_id} is not a member of {organisation.platform_id}.")
        if membership.role == Role.OWNER:
            _require_other_owner(membership)
        membership.ended_at = at
        membership.save(update_fields=["ended_at"])
        return membership


def _lock(organisation: Organisation) -> None:
    """Changes of an organisation's members come one after the other."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)


def _require_other_owner(membership: Membership) -> None:
    owners = Membership.objects.filter(
        organisation_id=membership.organisation_id, role=Role.OWNER, ended_at=None
    ).exclude(pk=membership.pk)
    if not owners.exists():
        raise InvalidState("The last owner can neither leave nor be demoted. Name another owner first.")


def set_cost_centre(
    *, organisation: Organisation, key: str, name: str, kind: str, parent: str | None
) -> tuple[CostCentre, bool]:
    """Make or change a cost centre. NotFound for an unknown parent, ValidationError for a circle."""
    with transaction.atomic():
        _lock(organisation)
        above = _parent(organisation, key, parent)
        return CostCentre.objects.update_or_create(
            organisation=organisation,
            platform_id=key,
            defaults={"name": name, "kind": kind, "parent": above},
        )


def _parent(organisation: Organisation, key: str, parent: str | None) -> CostCentre | None:
    if parent is None:
        return None
    found = CostCentre.objects.filter(organisation=organisation, platform_id=parent).first()
    if found is None:
        raise NotFound(f"{organisation.platform_id} has no cost centre {parent}.")
    centre: CostCentre | None = found
    for _ in range(DEPTH):
        if centre is None:
            return found
        if centre.platform_id == key:
            raise ValidationError({"parent": ["A cost centre cannot lie inside itself."]})
        centre = centre.parent
    raise ValidationError({"parent": [f"At most {DEPTH} cost centres can lie one inside the other."]})
