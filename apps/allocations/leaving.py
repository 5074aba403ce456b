"""Leaving an organisation: unspent tokens return, and what was said about the member ends.

Who comes back begins like everybody else.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, QuerySet

from apps.allocations.alerts import watch
from apps.allocations.bars import set_bar
from apps.allocations.models import (
    Allocation,
    AllocationBar,
    FundingRule,
    LimitRaise,
    LimitRequest,
    SpendingLimit,
)
from apps.allocations.rules import LimitChange, SubjectRef, remove_funding, set_limits
from apps.allocations.services import Author, Item, owned_by, record_run, take_back
from apps.identity.models import User
from apps.organisations.models import CostCentreMember, Organisation
from apps.organisations.services import end_found, lock_leaving
from apps.wallets.books import atomically, open_desk, write
from apps.wallets.models import Wallet
from apps.wallets.state import ALLOCATED


def remove_member(*, organisation: Organisation, user: User, actor: str, at: datetime) -> None:
    """Let a member leave: unspent, unheld allocated tokens return; what open holds keep returns with them.
    The member's own rules and place in cost centres end. NotFound, InvalidState for the last owner.
    """

    def work() -> None:
        membership = lock_leaving(organisation, user)
        rows = Wallet.objects.annotate(ruled=has_own_rules(organisation, user))
        found: Any = rows.filter(owned_by(organisation, [user.platform_id])).order_by("owner_type")
        own, wallet = found
        wallets = {user.platform_id: wallet}
        desk = open_desk([own.pk, wallet.pk], at=at)
        bucket = desk.wallets[wallet.pk].buckets.get((ALLOCATED, own.pk))
        if bucket is not None and bucket.available > 0:
            item = Item(user.platform_id, bucket.available)
            first = len(desk.transfers)
            take_back(
                desk, desk.wallets[own.pk], desk.wallets[wallet.pk], item, "Left the organisation", actor, at
            )
            write(desk, at=at)
            by = Author(actor, "Left the organisation")
            made = (desk.transfers[first].number,)
            record_run(organisation, wallets, [item], made, Allocation.Direction.RECLAIM, by, at)
        else:
            write(desk, at=at)
        if own.ruled:
            today = own.calendar.day_of(at)
            end_own_rules(organisation=organisation, user=user, today=today, actor=actor, at=at)
        end_found(membership, actor=actor, at=at)
        if desk.wallets[wallet.pk].watch:
            watch([user.pk])

    atomically(work, at=at)


def has_own_rules(organisation: Organisation, user: User) -> Any:
    """A condition in SQL: whether something was said about the member that ends with the membership."""
    own = _own(organisation, user)
    rows: list[QuerySet[Any]] = [
        kind.objects.filter(**own) for kind in (SpendingLimit, LimitRaise, FundingRule)
    ]
    rows += [AllocationBar.objects.filter(**own), _open_requests(organisation, user)]
    return reduce(or_, map(Exists, [*rows, _places(organisation, user)]))


def end_own_rules(*, organisation: Organisation, user: User, today: date, actor: str, at: datetime) -> None:
    """End a present member's own limits, rule on who pays and bar, each with its record, and the places in
    cost centres; withdraw what the member has asked for.

    What was granted ends on `today`, the organisation's local day.
    """
    own, subject = _own(organisation, user), SubjectRef("member", user.platform_id)
    periods = SpendingLimit.objects.filter(**own).values_list("period", flat=True)
    changes = [LimitChange(subject, period, None, remove=True) for period in periods]
    set_limits(organisation=organisation, changes=changes, actor=actor, at=at)
    LimitRaise.objects.filter(**own, until_on__gt=today).update(until_on=today)
    remove_funding(organisation=organisation, subject=subject, actor=actor, at=at)
    set_bar(organisation=organisation, subject=subject, barred=None, actor=actor, at=at)
    _places(organisation, user).delete()
    _open_requests(organisation, user).update(
        state=LimitRequest.State.WITHDRAWN, decided_at=at, decided_by=actor[:160]
    )


def _own(organisation: Organisation, user: User) -> dict[str, Any]:
    return {"organisation": organisation, "subject_type": "member", "subject_key": user.platform_id}


def _open_requests(organisation: Organisation, user: User) -> QuerySet[LimitRequest]:
    return LimitRequest.objects.filter(organisation=organisation, user=user, state=LimitRequest.State.OPEN)


def _places(organisation: Organisation, user: User) -> QuerySet[CostCentreMember]:
    return CostCentreMember.objects.filter(cost_centre__organisation=organisation, user=user)
