"""Organisations, their members and cost centres, as others ask for them."""

from __future__ import annotations

from apps.core.errors import NotFound
from apps.organisations.models import CostCentre, Membership, Organisation


def find_organisation(key: str) -> Organisation:
    """The organisation with the platform's id; NotFound if it was never synced."""
    found = Organisation.objects.filter(platform_id=key).first()
    if found is None:
        raise NotFound(f"There is no organisation {key}. Sync it first.")
    return found


def members_of(organisation: Organisation, *, before: int | None, count: int) -> list[Membership]:
    """So many present memberships with their people, newest first, from before an id on."""
    present = Membership.objects.filter(organisation=organisation, ended_at=None).select_related("user")
    if before is not None:
        present = present.filter(pk__lt=before)
    return list(present.order_by("-pk")[:count])


def cost_centres_of(organisation: Organisation, *, before: int | None, count: int) -> list[CostCentre]:
    """So many cost centres with their parents, newest first, from before an id on."""
    centres = CostCentre.objects.filter(organisation=organisation).select_related("parent")
    if before is not None:
        centres = centres.filter(pk__lt=before)
    return list(centres.order_by("-pk")[:count])
