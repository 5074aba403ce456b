"""Inviting people to an organisation by e-mail, and becoming a member by it.

The link carries a signed number; nothing secret is stored. It is opened by whoever reads the mail, who joins
with the account they are logged in with: an address alone never makes two people the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing
from django.core.exceptions import ValidationError as InvalidAddress
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.allocations.alerts import admit_member
from apps.allocations.models import Invitation
from apps.allocations.services import Item, allocate
from apps.core.errors import InvalidState, NotFound, Problem, ValidationError
from apps.core.units import LARGEST, format_tokens
from apps.events.outbox import emit
from apps.identity.auditing import record_audit
from apps.identity.models import User
from apps.organisations.models import Membership, Organisation, Role
from apps.organisations.services import lock_organisation

INVITED = "invitation.made"
"""Told with the invitation as key: a mail goes out."""
SALT = "scrip.invitation"
HOLDS_FOR = timedelta(days=30)
AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Guest:
    """Whom to invite: address, role, name, and micro-tokens to begin with."""

    email: str
    role: str = Role.MEMBER
    name: str = ""
    tokens: int = 0


def check_guest(guest: Guest) -> str:
    """What is wrong with a guest in one sentence, or nothing."""
    try:
        validate_email(guest.email)
    except InvalidAddress:
        return _("“%(email)s” is no e-mail address.") % {"email": guest.email[:80]}
    if guest.role not in Role.values:
        roles = ", ".join(Role.values)
        return _("“%(role)s” is no role. Roles are: %(roles)s.") % {"role": guest.role[:40], "roles": roles}
    if not 0 <= guest.tokens <= LARGEST:
        return _("Between 0 and 1000000000000 tokens are possible.")
    return ""


def known_addresses(organisation: Organisation, *, at: datetime) -> dict[str, str]:
    """Addresses that need no invitation, lower-case, with why: members, and who is invited already."""
    members = Membership.objects.filter(organisation=organisation, ended_at=None).exclude(user__email="")
    found = {
        email.lower(): _("is a member already.") for email in members.values_list("user__email", flat=True)
    }
    waiting = open_invitations(organisation, at=at).values_list("email", flat=True)
    return {email: _("is invited already.") for email in waiting} | found


def open_invitations(organisation: Organisation, *, at: datetime) -> QuerySet[Invitation]:
    """Invitations that can still be accepted."""
    return Invitation.objects.filter(
        organisation=organisation, accepted_at=None, revoked_at=None, expires_at__gt=at
    )


def invite(
    *, organisation: Organisation, guests: Sequence[Guest], actor: str, at: datetime
) -> list[Invitation]:
    """Invite all of them or nobody; each gets a mail. ValidationError names the first that cannot be."""
    if not 0 < len(guests) <= AT_ONCE:
        raise ValidationError({"guests": [_("Invite between 1 and 10000 people at once.")]})
    with transaction.atomic():
        lock_organisation(organisation)
        known = known_addresses(organisation, at=at)
        for guest in guests:
            problem = check_guest(guest)
            if not problem and guest.email.lower() in known:
                problem = f"{guest.email} {known[guest.email.lower()]}"
            if problem:
                raise ValidationError({"guests": [problem]})
            known[guest.email.lower()] = _("is in the list twice.")
        _forget_expired(organisation, [guest.email.lower() for guest in guests], at)
        made = Invitation.objects.bulk_create(
            [
                Invitation(
                    organisation=organisation,
                    email=guest.email.lower(),
                    name=guest.name[:150],
                    role=guest.role,
                    tokens_micro=guest.tokens,
                    actor=actor[:160],
                    at=at,
                    expires_at=at + HOLDS_FOR,
                )
                for guest in guests
            ]
        )
        record_audit(
            actor=actor,
            action="member.invite",
            subject=f"organisation:{organisation.platform_id}",
            before=None,
            after={"people": len(guests), "tokens": format_tokens(sum(guest.tokens for guest in guests))},
            at=at,
        )
        emit(INVITED, [row.pk for row in made], at=at)
        return made


def _forget_expired(organisation: Organisation, emails: Sequence[str], at: datetime) -> None:
    """What has expired makes way for a new one."""
    old = Invitation.objects.filter(
        organisation=organisation, accepted_at=None, revoked_at=None, expires_at__lte=at
    )
    wanted = set(emails)
    gone = [pk for pk, email in old.values_list("pk", "email") if email in wanted]
    Invitation.objects.filter(pk__in=gone).update(revoked_at=at)


def revoke_invitation(*, organisation: Organisation, number: int, actor: str, at: datetime) -> Invitation:
    """Take an invitation back: its link leads nowhere. NotFound, InvalidState if it was accepted."""
    with transaction.atomic():
        rows = Invitation.objects.select_for_update(no_key=True)
        found = rows.filter(organisation=organisation, pk=number).first()
        if found is None:
            raise NotFound("There is no such invitation.")
        if found.accepted_at is not None or found.revoked_at is not None:
            raise InvalidState(_("It was accepted or taken back already."))
        found.revoked_at = at
        found.save(update_fields=["revoked_at"])
        record_audit(
            actor=actor,
            action="member.uninvite",
            subject=f"organisation:{organisation.platform_id}",
            before={"email": found.email, "role": found.role},
            after=None,
            at=at,
        )
        return found


def link_of(invitation: Invitation) -> str:
    """What the mail's address ends with."""
    return signing.dumps(invitation.pk, salt=SALT)


def find_invitation(link: str, *, at: datetime) -> Invitation:
    """The invitation of a link that can still be accepted, or was; NotFound for any other."""
    try:
        number = signing.loads(link, salt=SALT)
    except signing.BadSignature:
        raise NotFound("There is no such invitation.") from None
    found = Invitation.objects.select_related("organisation").filter(pk=number, revoked_at=None).first()
    if found is None or (found.accepted_at is None and found.expires_at <= at):
        raise NotFound("There is no such invitation.")
    return found


def accept(*, invitation: Invitation, user: User, at: datetime) -> Membership:
    """Become a member by an invitation. Its tokens are allocated if the wallet has them; else the reason is
    kept for those who invited. InvalidState if somebody accepted it, or one is a member already."""
    with transaction.atomic():
        lock_organisation(invitation.organisation)
        found = Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)
        if found.accepted_at is not None or found.revoked_at is not None:
            raise InvalidState(_("This invitation was used or taken back already."))
        organisation = invitation.organisation
        if Membership.objects.filter(organisation=organisation, user=user, ended_at=None).exists():
            raise InvalidState(_("You are a member already."))
        actor = f"user:{user.platform_id}"
        member, _made = admit_member(
            organisation=organisation, user=user, role=found.role, actor=actor, at=at
        )
        found.accepted_at, found.accepted_by = at, user
        if found.tokens_micro:
            found.problem = _begin_with(found, user, at)
        found.save(update_fields=["accepted_at", "accepted_by", "problem"])
        return member


def _begin_with(invitation: Invitation, user: User, at: datetime) -> str:
    """Allocate what was promised; answers why not, or nothing."""
    try:
        with transaction.atomic():
            allocate(
                organisation=invitation.organisation,
                items=[Item(user.platform_id, invitation.tokens_micro)],
                note=_("To begin with"),
                actor=invitation.actor,
                at=at,
            )
    except Problem as refused:
        return refused.detail[:500]
    return ""
