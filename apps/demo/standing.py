"""How things stand in the demo's world while it is made: what is left, what was spent."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Sum

from apps.allocations.limits import MEMBER, ORGANISATION, PERSONAL
from apps.allocations.models import SpendingTotal
from apps.core.periods import Calendar, Period, first_day
from apps.core.units import MICRO
from apps.demo.houses import House
from apps.wallets.models import Wallet
from apps.wallets.selectors import view_wallet


def available(house: House, key: str | None, at: datetime) -> int:
    """What a member, or the organisation itself, could spend at once, in micro-tokens."""
    if key is None:
        return view_wallet("organisation", house.key, at=at).available
    return view_wallet("user", house.user(key), at=at).available


def spent_since(house: House, key: str | None, day: date) -> int:
    """Micro-tokens of the organisation that a member, or everybody, has spent since a day."""
    rows = SpendingTotal.objects.filter(scope__owner_type="organisation", scope__owner_key=house.key)
    which = (
        {"subject_type": MEMBER, "subject_key": house.user(key)} if key else {"subject_type": ORGANISATION}
    )
    return _sum(rows.filter(day__gte=day, **which).aggregate(sum=Sum("spent_micro")))


def own_since(house: House, key: str, day: date) -> int:
    """Micro-tokens that a person has paid from their own wallet since a day."""
    rows = SpendingTotal.objects.filter(scope__owner_key=house.user(key), subject_type=PERSONAL)
    return _sum(rows.filter(day__gte=day).aggregate(sum=Sum("spent_micro")))


def most_spent(house: House, day: date) -> list[str]:
    """The platform ids of members who spent of the organisation's since a day, most first."""
    rows = SpendingTotal.objects.filter(
        scope__owner_type="organisation", scope__owner_key=house.key, subject_type=MEMBER, day__gte=day
    )
    spent = rows.values("subject_key").annotate(sum=Sum("spent_micro")).filter(sum__gt=0)
    return [row["subject_key"] for row in spent.order_by("-sum", "subject_key")]


def begun(house: House, period: Period, at: datetime) -> date:
    """The first local day of the period under way in the organisation."""
    zone = Wallet.objects.get(organisation__platform_id=house.key).time_zone
    return first_day(period, Calendar(zone).day_of(at))


def whole(micro: int, *, step: int = 1) -> int:
    """Whole tokens, rounded up to a step."""
    return -(-micro // (MICRO * step)) * step


def _sum(found: dict[str, int | None]) -> int:
    return found["sum"] or 0
