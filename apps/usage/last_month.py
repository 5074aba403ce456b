"""The charges of the month before, at prices that are not published yet. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from apps.core.errors import NoPrice
from apps.core.periods import month_start
from apps.pricing.compiling import Exchange, compile_rate
from apps.pricing.models import RateVersion
from apps.pricing.prices import OperationEntry
from apps.pricing.rating import Rate
from apps.pricing.selectors import open_catalogue
from apps.pricing.specs import Spec
from apps.usage.models import Charge
from apps.usage.rerating import PastCharge, Rerated, rerate

MOST = 20_000
"""So many charges are priced anew, the newest of the month: about two seconds' work."""


@dataclass(frozen=True, slots=True)
class LastMonth:
    """What new prices would have meant in `month` (its first day; months are of UTC).

    `is_cut`: there were more charges than are priced anew.
    """

    month: date
    rerated: Rerated
    is_cut: bool


def rerate_last_month(specs: Mapping[int, Spec], *, at: datetime) -> LastMonth:
    """Price last month's captured charges of rates (by id) by their new specs.

    A charge keeps its exchange rate, so that only the new specs make a difference; what it cost is the
    price it was captured at, before refunds.
    """
    this = month_start(at.astimezone(UTC).date())
    month = month_start(this - timedelta(days=1))
    rates = _Rates(specs)
    charges = _charges(list(rates.places), month, this)
    return LastMonth(month, rerate(charges[:MOST], rates.of), is_cut=len(charges) > MOST)


def _charges(versions: list[int], month: date, end: date) -> list[PastCharge]:
    rows = Charge.objects.filter(
        status=Charge.Status.CAPTURED,
        rate_version_id__in=versions,
        created_at__gte=datetime.combine(month, time(), UTC),
        created_at__lt=datetime.combine(end, time(), UTC),
    )
    return [
        PastCharge(*row)
        for row in rows.order_by("-created_at", "-id").values_list(
            "id",
            "wallet_id",
            "organisation_wallet_id",
            "rate_version_id",
            "exchange_rate_id",
            "quantities",
            "options",
            "price_micro",
            "created_at",
        )[: MOST + 1]
    ]


class _Rates:
    """The new specs, compiled once per exchange rate that charges were made with."""

    def __init__(self, specs: Mapping[int, Spec]) -> None:
        self._specs = specs
        self._catalogue = open_catalogue()
        self._compiled: dict[tuple[int, int | None], Rate] = {}
        rows = RateVersion.objects.filter(rate__in=list(specs)).values_list(
            "pk", "rate_id", "rate__operation__price_book", "rate__operation__code", "rate__model"
        )
        self.places: dict[int, tuple[int, OperationEntry, str]] = {
            version_id: (rate_id, self._catalogue.operations[book, code], model)
            for version_id, rate_id, book, code, model in rows
        }
        """By version: its rate, operation and model."""

    def of(self, charge: PastCharge) -> Rate:
        """The new rate of a charge; NoPrice where it would have none."""
        rate_id, operation, model = self.places[charge.version_id]
        key = rate_id, charge.exchange_rate_id
        if key not in self._compiled:
            spec = self._specs[rate_id]
            if not spec["chargeable"]:
                raise NoPrice(f"{model or operation.code} would have no price.")
            exchange = self._exchange(spec["currency"], operation.currency, charge)
            self._compiled[key] = compile_rate(0, spec, operation.owner(model or None), exchange)
        return self._compiled[key]

    def _exchange(self, cost: str, currency: str, charge: PastCharge) -> Exchange | None:
        """The charge's own exchange rate, if it fits, else that of its day."""
        pairs = self._catalogue.exchanges.values()
        own = next(
            (found for rows in pairs for _, found in rows if found.id == charge.exchange_rate_id), None
        )
        if own is not None and {own.base, own.quote} == {cost, currency}:
            return own
        return self._catalogue.exchange_for(cost, currency, charge.created_at, allow_before_first=True)
