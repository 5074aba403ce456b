"""Organisations, their members and cost centres, as others ask for them."""

from __future__ import annotations

from apps.core.errors import NotFound
from apps.identity.models import User
from apps.identity.selectors import find_user
from apps.organisations.models import CostCentre, Membership, Organisation


def find_organisation(key: str) -> Organisation:
    """The organisation with the platform's id; NotFound if it was never synced."""
    found = Organisation.objects.filter(platform_id=key).first()
    if found is None:
        raise NotFound(f"There is no organisation {key}. Sync it first.")
    return found


def find_member(organisation: str, user: str) -> tuple[Organisation, User]:
    """An organisation and one of its present members, by the platform's ids; NotFound says what is none."""
    rows = Membership.objects.select_related("organisation", "user").filter(
        organisation__platform_id=organisation, user__platform_id=user, ended_at=None
    )
    found = rows.first()
    if found is not None:
        return found.organisation, found.user
    known = find_organisation(organisation)
    find_user(user)
    raise NotFound(f"{user} is not a member of {known.platform_id}.")


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


_FAMILY = """
WITH RECURSIVE below(id, parent_id) AS (
    SELECT id, parent_id FROM organisations_costcentre WHERE organisation_id = %s AND platform_id = %s
    UNION SELECT c.id, c.parent_id FROM organisations_costcentre c JOIN below b ON c.parent_id = b.id)
SELECT c.* FROM organisations_costcentre c
WHERE c.id IN (SELECT id FROM below) OR c.id IN (SELECT parent_id FROM below)
ORDER BY c.name, c.id
"""


def centre_and_below(organisation_id: int | None, key: str) -> list[CostCentre]:
    """The cost centre with the platform's id, and after it all that lie below it, by name; one query.

    Their parents are read with them. Empty where there is no such centre.
    """
    rows = {row.pk: row for row in CostCentre.objects.raw(_FAMILY, [organisation_id, key])}
    own = next((row for row in rows.values() if row.platform_id == key), None)
    if own is None:
        return []
    for row in rows.values():
        if row.parent_id in rows:
            row.parent = rows[row.parent_id]
    return [own, *(row for row in rows.values() if row.pk not in (own.pk, own.parent_id))]
