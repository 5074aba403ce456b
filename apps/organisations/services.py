"""Who belongs where: membership and cost centres. What tokens have to do with it is decided above."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import InvalidState, MadeAlready, NotFound, ValidationError
from apps.identity.auditing import made_record, record_audit, record_audits
from apps.identity.models import User
from apps.organisations.models import CostCentre, CostCentreMember, Membership, Organisation, Role, SentForm

REMEMBERED = timedelta(days=30)
"""A form is not sent again after so long."""
DEPTH = 20
"""So many centres may lie one inside the other."""


class KeptParent:
    """The parent stays as it is."""


def set_member(
    *, organisation: Organisation, user: User, role: str, actor: str, at: datetime
) -> tuple[Membership, bool]:
    """Make the user a member with the role, or change the role; answers the membership and whether it
    is new. InvalidState if the last owner would be demoted."""
    with transaction.atomic():
        lock_organisation(organisation)
        membership = _present(organisation, user)
        if membership is None:
            made = Membership.objects.create(organisation=organisation, user=user, role=role, joined_at=at)
            _audit(made, "member.join", None, role, actor, at)
            return made, True
        before = membership.role
        if before != role:
            if before == Role.OWNER:
                _require_other_owner(membership)
            membership.role = role
            membership.save(update_fields=["role"])
        _audit(membership, "member.change", before, role, actor, at)
        return membership, False


def end_membership(*, organisation: Organisation, user: User, actor: str, at: datetime) -> Membership:
    """Let the membership end. NotFound for somebody who is no member, InvalidState for the last owner."""
    with transaction.atomic():
        return end_found(lock_leaving(organisation, user), actor=actor, at=at)


def lock_leaving(organisation: Organisation, user: User) -> Membership:
    """The membership, under the organisation's lock. NotFound for somebody who is no member, InvalidState
    for the last owner."""
    membership = _present(organisation, user, locked=True)
    if membership is None:
        raise NotFound(f"{user.platform_id} is not a member of {organisation.platform_id}.")
    if membership.role == Role.OWNER:
        _require_other_owner(membership)
    return membership


def end_found(membership: Membership, *, actor: str, at: datetime) -> Membership:
    """Let a membership end that `lock_leaving` found."""
    membership.ended_at = at
    membership.save(update_fields=["ended_at"])
    _audit(membership, "member.leave", membership.role, None, actor, at)
    return membership


def _present(organisation: Organisation, user: User, *, locked: bool = False) -> Membership | None:
    """The present membership; `locked` locks its organisation with the same question."""
    rows = Membership.objects.filter(organisation=organisation, user=user, ended_at=None)
    if locked:
        rows = rows.select_related("organisation").select_for_update(no_key=True, of=("organisation",))
    found = rows.first()
    if found is not None:
        found.organisation, found.user = organisation, user
    return found


def _audit(
    membership: Membership, action: str, before: str | None, after: str | None, actor: str, at: datetime
) -> None:
    person = membership.user.platform_id
    record_audit(
        actor=actor,
        action=action,
        subject=f"organisation:{membership.organisation.platform_id}",
        before=None if before is None else {"user": person, "role": before},
        after=None if after is None else {"user": person, "role": after},
        at=at,
    )


def lock_organisation(organisation: Organisation) -> None:
    """Changes of an organisation's members and rules come one after the other, until the transaction ends.

    InvalidState for one that is closed.
    """
    found = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    if found.closed_at is not None:
        raise InvalidState(_("The organisation is closed: nothing can be changed in it any more."))


def require_new_form(organisation: Organisation, key: UUID | None, *, at: datetime) -> None:
    """MadeAlready if a form with this key was carried out; None is for what comes from no form.

    Belongs under the organisation's lock, in the transaction of what the form asks for: a form that was
    refused may be sent again. Keys are remembered for 30 days.
    """
    if key is None:
        return
    SentForm.objects.filter(organisation=organisation, at__lt=at - REMEMBERED).delete()
    _row, is_new = SentForm.objects.get_or_create(key=key, defaults={"organisation": organisation, "at": at})
    if not is_new:
        raise MadeAlready(_("This was done already: it is not done twice."))


def end_all_memberships(*, organisation: Organisation, actor: str, at: datetime) -> list[int]:
    """Let everybody leave an organisation that is being closed, the last owner too; answers who it was."""
    rows = Membership.objects.filter(organisation=organisation, ended_at=None)
    people = list(rows.values_list("user_id", "user__platform_id", "role"))
    rows.update(ended_at=at)
    record_audits(
        made_record(
            actor=actor,
            action="member.leave",
            subject=f"organisation:{organisation.platform_id}",
            before={"user": key, "role": role},
            after=None,
            at=at,
        )
        for _user, key, role in people
    )
    return [user for user, _key, _role in people]


def close(organisation: Organisation, *, at: datetime) -> None:
    """Mark it as closed; who calls this has locked it and let everybody leave."""
    Organisation.objects.filter(pk=organisation.pk, closed_at=None).update(closed_at=at)


def _require_other_owner(membership: Membership) -> None:
    owners = Membership.objects.filter(
        organisation_id=membership.organisation_id, role=Role.OWNER, ended_at=None
    ).exclude(pk=membership.pk)
    if not owners.exists():
        raise InvalidState(_("The last owner can neither leave nor be demoted. Name another owner first."))


def set_cost_centre(
    *,
    organisation: Organisation,
    key: str,
    name: str,
    kind: str,
    parent: str | KeptParent | None,
    actor: str,
    at: datetime,
) -> tuple[CostCentre, bool]:
    """Make or change a cost centre. NotFound for an unknown parent, ValidationError for a circle."""
    with transaction.atomic():
        lock_organisation(organisation)
        stored = CostCentre.objects.filter(organisation=organisation, platform_id=key)
        found = stored.select_related("parent").first()
        before = _facts(found)
        if isinstance(parent, KeptParent):
            above = found.parent if found else None
        else:
            above = _parent(organisation, key, parent)
        centre, created = CostCentre.objects.update_or_create(
            organisation=organisation,
            platform_id=key,
            defaults={"name": name, "kind": kind, "parent": above},
        )
        record_audit(
            actor=actor,
            action="cost_centre.set",
            subject=f"organisation:{organisation.platform_id}",
            before=before,
            after=_facts(centre),
            at=at,
        )
        return centre, created


def _facts(centre: CostCentre | None) -> dict[str, str | None] | None:
    if centre is None:
        return None
    parent = centre.parent.platform_id if centre.parent else None
    return {"id": centre.platform_id, "name": centre.name, "kind": centre.kind, "parent": parent}


def _parent(organisation: Organisation, key: str, parent: str | None) -> CostCentre | None:
    if parent is None:
        return None
    found = CostCentre.objects.filter(organisation=organisation, platform_id=parent).first()
    if found is None:
        raise NotFound(f"{organisation.platform_id} has no cost centre {parent}.")
    centre: CostCentre | None = found
    for _level in range(DEPTH):
        if centre is None:
            return found
        if centre.platform_id == key:
            raise ValidationError({"parent": [_("A cost centre cannot lie inside itself.")]})
        centre = centre.parent
    raise ValidationError(
        {"parent": [_("At most %(count)d cost centres can lie one inside the other.") % {"count": DEPTH}]}
    )


def set_people(*, centre: CostCentre, users: Sequence[str], actor: str, at: datetime) -> None:
    """Let exactly these present members (by the platform's ids) belong to a cost centre.

    NotFound for the first who is none.
    """
    with transaction.atomic():
        lock_organisation(centre.organisation)
        members = Membership.objects.filter(organisation=centre.organisation, ended_at=None)
        known = dict(members.values_list("user__platform_id", "user_id"))
        unknown = next((user for user in users if user not in known), None)
        if unknown is not None:
            raise NotFound(f"{unknown} is not a member of {centre.organisation.platform_id}.")
        wanted = {known[user] for user in users}
        rows = CostCentreMember.objects.filter(cost_centre=centre)
        present = set(rows.values_list("user_id", flat=True))
        rows.exclude(user_id__in=wanted).delete()
        CostCentreMember.objects.bulk_create(
            [CostCentreMember(cost_centre=centre, user_id=user) for user in sorted(wanted - present)]
        )
        record_audit(
            actor=actor,
            action="cost_centre.people",
            subject=f"organisation:{centre.organisation.platform_id}",
            before={"id": centre.platform_id, "people": len(present)},
            after={"id": centre.platform_id, "people": len(wanted)},
            at=at,
        )
