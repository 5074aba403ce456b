"""Who pays for resources, and which of their months are closed, due, or to be put right.

A payer's months follow each other as the cycles of a wallet do: each begins where the one before ended and
ends with its calendar month in the zone that held when it began.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from apps.core.periods import Calendar, day_start, month_start, next_month
from apps.hosting.models import ClosedMonth, Payer
from apps.wallets.models import Wallet


@dataclass(frozen=True, slots=True)
class Month:
    """A payer's month: its first day, and the instants (UTC) between which it lies."""

    first: date
    starts_at: datetime
    ends_at: datetime


def month_with(calendar: Calendar, at: datetime) -> Month:
    """The month that holds an instant, as it begins and ends by the calendar."""
    return month_from(calendar, month_start(calendar.day_of(at)))


def month_from(calendar: Calendar, first: date, starts_at: datetime | None = None) -> Month:
    """A month by its first day; `starts_at` where the one before is known to end."""
    began = calendar.start_of(first) if starts_at is None else starts_at
    return Month(first, began, day_start(next_month(first), calendar.zone_at(began)))


def after(calendar: Calendar, month: Month) -> Month:
    """The month that follows."""
    return month_from(calendar, next_month(month.first), month.ends_at)


def note_payers(wallets: Iterable[int], *, since: datetime, at: datetime) -> None:
    """Something was reported for the payers from an instant on: their wallets are locked.

    A new payer begins with the month it was reported for; closed months it touches will be put right.
    """
    for wallet in Wallet.objects.filter(pk__in=sorted(wallets)):
        calendar = wallet.calendar
        reported = month_with(calendar, since)
        payer, created = Payer.objects.get_or_create(
            wallet=wallet,
            defaults={
                "month": reported.first,
                "starts_at": reported.starts_at,
                "ends_at": reported.ends_at,
                "due_at": month_with(calendar, at).ends_at,
            },
        )
        if not created and since < payer.starts_at:
            _reach_back(payer, calendar, reported, since)


def _reach_back(payer: Payer, calendar: Calendar, reported: Month, since: datetime) -> None:
    """Begin earlier where nothing is closed yet; else mark what is closed, and what lies before it."""
    closed = ClosedMonth.objects.filter(payer=payer)
    first = closed.order_by("month").first()
    if first is None:
        payer.month, payer.starts_at, payer.ends_at = reported.first, reported.starts_at, reported.ends_at
        payer.save(update_fields=["month", "starts_at", "ends_at"])
        return
    closed.filter(ends_at__gt=since).update(stale=True)
    month = reported
    while month.first < first.month:
        ends_at = first.starts_at if next_month(month.first) == first.month else month.ends_at
        ClosedMonth.objects.create(
            payer=payer,
            month=month.first,
            starts_at=month.starts_at,
            ends_at=ends_at,
            closed_at=first.closed_at,
            stale=True,
        )
        month = after(calendar, month)
