"""Low balances: an organisation's threshold for its members, which a member's own overrides.

What is watched of a wallet stands in its row (`Wallet.watch_micro`, and the lower thresholds of further
organisations), so that a write sees a crossing without asking anybody.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from apps.allocations.models import MemberAlert
from apps.core.errors import ValidationError
from apps.core.units import LARGEST, format_tokens
from apps.identity.auditing import record_audit
from apps.identity.models import User
from apps.organisations.models import Membership, Organisation
from apps.organisations.services import lock_organisation, set_member
from apps.wallets import alerts
from apps.wallets.models import Wallet

CHUNK = 5_000
"""So many people in one question; SQLite takes no more than 32,766 parameters."""


def set_member_alert(*, organisation: Organisation, below: int | None, actor: str, at: datetime) -> None:
    """Tell a member and those who decide when the member's balance falls below so many micro-tokens.

    None: do not tell. A member's own threshold overrides it.
    """
    if below is not None and not 0 < below <= LARGEST:
        raise ValidationError({"tokens": ["Give more than 0 tokens."]})
    with transaction.atomic():
        lock_organisation(organisation)
        rows = MemberAlert.objects.filter(organisation=organisation)
        before = rows.values_list("below_micro", flat=True).first()
        if below is None:
            rows.delete()
        else:
            MemberAlert.objects.update_or_create(organisation=organisation, defaults={"below_micro": below})
        members = Membership.objects.filter(organisation=organisation, ended_at=None)
        watch(list(members.values_list("user_id", flat=True)))
        record_audit(
            actor=actor,
            action="member_alert.set",
            subject=f"organisation:{organisation.platform_id}",
            before=None if before is None else {"below": format_tokens(before)},
            after=None if below is None else {"below": format_tokens(below)},
            at=at,
        )


def set_alert(*, wallet_id: int, below: int | None, actor: str, at: datetime) -> None:
    """The owner's own threshold, or none: then their organisations' hold again."""
    with transaction.atomic():
        alerts.set_alert(wallet_id=wallet_id, below=below, actor=actor, at=at)
        owner = Wallet.objects.values_list("user_id", flat=True).get(pk=wallet_id)
        if owner is not None:
            watch([owner])


def watch(users: list[int]) -> None:
    """Work out again what is watched of these people's wallets: three statements for every 5,000."""
    for start in range(0, len(users), CHUNK):
        some = users[start : start + CHUNK]
        wallets = Wallet.objects.filter(user__in=some)
        own = wallets.filter(alert_below_micro__isnull=False)
        own.update(watch_micro=F("alert_below_micro"), watch_lower=None)
        for thresholds, people in _by_thresholds(some).items():
            wallets.filter(user__in=people, alert_below_micro=None).update(
                watch_micro=thresholds[0] if thresholds else None, watch_lower=list(thresholds[1:]) or None
            )


def _by_thresholds(users: list[int]) -> dict[tuple[int, ...], list[int]]:
    """People by the thresholds of their organisations, the greatest first."""
    of_each: dict[int, set[int]] = {user: set() for user in users}
    rows = MemberAlert.objects.filter(
        organisation__memberships__user__in=users, organisation__memberships__ended_at=None
    ).values_list("organisation__memberships__user", "below_micro")
    for user, below in rows:
        of_each[user].add(below)
    found: dict[tuple[int, ...], list[int]] = {}
    for user, thresholds in of_each.items():
        found.setdefault(tuple(sorted(thresholds, reverse=True)), []).append(user)
    return found


def admit_member(
    *, organisation: Organisation, user: User, role: str, actor: str, at: datetime
) -> tuple[Membership, bool]:
    """Make somebody a member or change the role, as `set_member` does; a new one is watched from now on."""
    with transaction.atomic():
        membership, created = set_member(organisation=organisation, user=user, role=role, actor=actor, at=at)
        if created:
            watch([user.pk])
        return membership, created
