"""What was said about a member ends with the membership: who comes back begins like everybody else."""

from __future__ import annotations

from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, QuerySet

from apps.allocations.bars import set_bar
from apps.allocations.models import AllocationBar, FundingRule, LimitRaise, LimitRequest, SpendingLimit
from apps.allocations.rules import LimitChange, SubjectRef, remove_funding, set_limits
from apps.identity.models import User
from apps.organisations.models import CostCentreMember, Organisation


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
