"""Which hosting and storage rates hold for a payer's month: those in force when it began."""

from __future__ import annotations

from datetime import UTC, datetime

from apps.core.errors import NoPrice
from apps.pricing.hosting import HostingRates
from apps.pricing.selectors import Catalogue, open_catalogue

GRACE_DAYS = 7
"""Where a price book says nothing of hosting."""


class Rates:
    """The rates of all price books as they are now; opened once for all payers at hand."""

    def __init__(self) -> None:
        self.catalogue: Catalogue = open_catalogue()
        self.known: dict[tuple[str, datetime], HostingRates] = {}

    def at(self, price_book: str, at: datetime) -> HostingRates:
        """The rates at an instant, before the first version the first; where there are none, all is free."""
        asked = price_book, at
        if asked not in self.known:
            self.known[asked] = self._find(price_book, at)
        return self.known[asked]

    def _find(self, price_book: str, at: datetime) -> HostingRates:
        try:
            return self.catalogue.hosting_rates(price_book=price_book, at=at, allow_before_first=True)
        except NoPrice:
            return HostingRates(0, datetime.min.replace(tzinfo=UTC), {}, 0, {}, GRACE_DAYS)

    def by_id(self, version_id: int) -> HostingRates:
        """The rates that a month was closed with."""
        books = self.catalogue.hosting.values()
        return next(rates for book in books for rates in book if rates.version_id == version_id)
