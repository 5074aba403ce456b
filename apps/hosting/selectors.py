"""Bills, resources and the month so far, as their payer and staff read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from apps.core.errors import NotFound
from apps.hosting.billing import cost_of
from apps.hosting.histories import load_histories, resources_of
from apps.hosting.lines import MonthCost
from apps.hosting.models import Bill, Payer, Resource
from apps.hosting.paying import Month, after, month_with
from apps.hosting.rates import Rates
from apps.wallets.models import Wallet
from apps.wallets.selectors import find_wallet


def find_resource(kind: str, key: str) -> Resource:
    """A resource by kind and platform id; NotFound if it was never reported."""
    found = Resource.objects.select_related("owner").filter(kind=kind, platform_id=key).first()
    if found is None:
        raise NotFound(f"There is no {kind} {key}.")
    return found


def bills_of(wallet_id: int) -> QuerySet[Bill]:
    """The bills of a payer with their resources, newest first."""
    return Bill.objects.filter(payer_id=wallet_id).select_related("resource", "payer").order_by("-pk")


def list_bills(
    owner_type: str, key: str, *, month: date | None, before: int | None, count: int
) -> list[Bill]:
    """So many bills of an owner, newest first, from before a number on; NotFound for a stranger."""
    bills = bills_of(find_wallet(owner_type, key).pk)
    if month is not None:
        bills = bills.filter(month=month)
    if before is not None:
        bills = bills.filter(pk__lt=before)
    return list(bills[:count])


def state_at(bill: Bill, at: datetime) -> str:
    """A bill's state at an instant, whether or not the clock has marked it overdue."""
    if bill.state == Bill.State.OPEN and bill.due_at <= at:
        return Bill.State.OVERDUE
    return bill.state


@dataclass(frozen=True, slots=True)
class Accruing:
    """A payer's month under way: what has come together so far, and what the whole month will cost if
    nothing changes."""

    month: Month
    so_far: MonthCost
    whole: MonthCost
    unbilled: Sequence[Month]
    """Months that have ended and whose bills are still to be made."""


def accruing_of(wallet: Wallet, *, at: datetime) -> Accruing | None:
    """The month so far of a wallet that pays for resources; None if it pays for none. Four queries."""
    payer = Payer.objects.filter(wallet=wallet).first()
    if payer is None:
        return None
    calendar = wallet.calendar
    month = Month(payer.month, payer.starts_at, payer.ends_at)
    unbilled = []
    while month.ends_at <= at:
        unbilled.append(month)
        month = after(calendar, month)
    if at < month.starts_at:
        month = month_with(calendar, at)
    resources = resources_of([wallet.pk]).get(wallet.pk, [])
    histories = load_histories(resources, month.starts_at, month.ends_at)
    rates = Rates().at(wallet.price_book_id, month.starts_at)
    so_far = cost_of(wallet.pk, wallet.owner_type, month, resources, histories, rates, until=at)
    whole = cost_of(wallet.pk, wallet.owner_type, month, resources, histories, rates)
    return Accruing(month, so_far, whole, unbilled)
