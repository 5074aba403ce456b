"""Which hosting and storage rates hold for a payer's month: those in force when it began."""

from __future__ import annotations

from datetime import UTC, datetime

from apps.core.errors import NoPrice
from apps.pricing.hosting import HostingRates
from apps.pricing.selectors import open_catalogue

GRACE_DAYS = 7
"""Where a price book says nothing of hosting."""


def rates_at(price_book: str, at: datetime) -> HostingRates:
    """The rates at an instant, before the first version the first; where there are none, all is free."""
    try:
        return open_catalogue().hosting_rates(price_book=price_book, at=at, allow_before_first=True)
    except NoPrice:
        return HostingRates(0, datetime.min.replace(tzinfo=UTC), {}, 0, {}, GRACE_DAYS)


def rates_by_id(version_id: int) -> HostingRates:
    """The rates that a month was closed with."""
    books = open_catalogue().hosting.values()
    return next(rates for book in books for rates in book if rates.version_id == version_id)
