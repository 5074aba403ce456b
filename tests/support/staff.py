"""People of the staff, and what they confirm on their pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import Group

from apps.core.units import MICRO
from apps.identity.models import User
from apps.support.models import Proposal
from apps.support.proposals import Wish, approve, foresee, request
from apps.support.selectors import seen_now
from tests.cast import AT


def a_clerk(key: str, *roles: str) -> User:
    """Somebody of the staff with these roles."""
    user = User.objects.create_user(key, email=f"{key}@scrip.example", name=key.title(), is_staff=True)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


def adjustment(wallet_id: int, tokens: int, bucket: str = "purchased") -> dict[str, Any]:
    """The values of an adjustment by whole tokens."""
    return {"wallet": wallet_id, "bucket": bucket, "tokens": tokens * MICRO}


def wish(
    kind: str, payload: dict[str, Any], by: User, *, key: UUID | None = None, reason: str = "Counted twice"
) -> Wish:
    """What somebody confirms who has just looked at the effect."""
    effect, _second = foresee(kind, payload, by=by, at=AT)
    return Wish(kind, payload, reason, effect.seen, key or uuid4())


def ask(kind: str, payload: dict[str, Any], by: User, **rest: Any) -> Proposal:
    """Look, and confirm at once."""
    return request(wish=wish(kind, payload, by), by=by, at=AT, **rest)


def nod(proposal: Proposal, by: User) -> Proposal:
    """Look at a proposal, and approve it at once."""
    return approve(
        proposal_id=proposal.pk, version=proposal.version, seen=seen_now(proposal, at=AT), by=by, at=AT
    )
