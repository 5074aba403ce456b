"""The prices as one process knows them: read once per publication, compiled once per version.

Every publication writes a new random token into `CatalogueRevision` in its own transaction. A cache
labelled with the token that a transaction reads was filled from data at least as new, so it is never
behind; a token that was rolled back never returns, so nothing unpublished survives.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import groupby
from typing import Any

from apps.core import sql
from apps.core.errors import NoPrice, NotFound, ValidationError
from apps.core.remembered import Statement
from apps.pricing.compiling import Exchange, Owner, compile_rate
from apps.pricing.hosting import HostingRates
from apps.pricing.hosting_file import compile_hosting
from apps.pricing.models import (
    CatalogueRevision,
    ExchangeRate,
    HostingRateVersion,
    Operation,
    RateVersion,
)
from apps.pricing.rating import Rate

FEW = 100
"""So many models are asked for by name; of more, the whole operation is read."""


@dataclass(frozen=True, slots=True)
class OperationEntry:
    """What must be known of an operation to find its rates."""

    id: int
    price_book: str
    currency: str
    token_price_minor: int
    code: str
    category: str
    has_models: bool

    def owner(self, model: str | None) -> Owner:
        """The same, as the compiler wants it."""
        return Owner(self.price_book, self.currency, self.token_price_minor, self.code, self.category, model)


@dataclass(frozen=True, slots=True)
class Thread:
    """The versions of one rate, oldest first."""

    starts: tuple[datetime, ...]
    versions: tuple[tuple[int, dict[str, Any]], ...]

    def version_at(self, at: datetime, *, allow_before_first: bool) -> tuple[int, dict[str, Any]]:
        """The version in force; NoPrice before the first one, unless that one is to be used."""
        index = bisect_right(self.starts, at) - 1
        if index < 0 and not allow_before_first:
            raise NoPrice(
                f"There is no price yet; the first one holds from {self.starts[0]:%Y-%m-%d %H:%M} UTC."
            )
        return self.versions[max(index, 0)]


class Catalogue:
    """All prices as of one revision; fills itself as it is asked, one query per rate."""

    def __init__(self) -> None:
        self._threads: dict[tuple[int, str], Thread] = {}
        self._rates: dict[tuple[int, int | None], Rate] = {}
        self.cards: dict[str, Any] = {}

    @cached_property
    def operations(self) -> dict[tuple[str, str], OperationEntry]:
        """Every operation by price book and code."""
        rows = Operation.objects.select_related("price_book").order_by(
            "price_book__position", "position", "code"
        )
        return {(row.price_book_id, row.code): _entry(row) for row in rows}

    @cached_property
    def exchanges(self) -> dict[tuple[str, str], list[tuple[date, Exchange]]]:
        """The dated exchange rates of each pair, oldest first."""
        pairs: dict[tuple[str, str], list[tuple[date, Exchange]]] = {}
        for row in ExchangeRate.objects.order_by("effective_on"):
            exchange = Exchange(row.pk, row.base, row.quote, row.value)
            pairs.setdefault((row.base, row.quote), []).append((row.effective_on, exchange))
        return pairs

    @cached_property
    def hosting(self) -> dict[str, list[HostingRates]]:
        """The versions of each price book's hosting and storage rates, oldest first."""
        books: dict[str, list[HostingRates]] = {}
        for row in HostingRateVersion.objects.order_by("effective_from"):
            rates = compile_hosting(row.pk, row.effective_from, row.spec)
            books.setdefault(row.price_book_id, []).append(rates)
        return books

    def hosting_rates(
        self, *, price_book: str, at: datetime, allow_before_first: bool = False
    ) -> HostingRates:
        """The rates in force at an instant, before the first version the first one if that is allowed;
        NoPrice where there are none yet."""
        versions = self.hosting.get(price_book, [])
        index = bisect_right([rates.effective_from for rates in versions], at) - 1
        if index < 0 and allow_before_first and versions:
            index = 0
        if index < 0:
            raise NoPrice(f"The price book {price_book} has no hosting and storage rates yet.")
        return versions[index]

    def find_rate(
        self,
        *,
        price_book: str,
        operation: str,
        model: str | None,
        at: datetime,
        allow_before_first: bool = False,
    ) -> Rate:
        """The rate in force at an instant: see `apps.pricing.selectors.find_rate`."""
        entry = self.operations.get((price_book, operation))
        if entry is None:
            raise NotFound(f"There is no operation {operation!r} in the price book {price_book}.")
        _check_model(entry, model)
        thread = self._thread(entry, model or "")
        version_id, spec = thread.version_at(at, allow_before_first=allow_before_first)
        if not spec["chargeable"]:
            raise NoPrice(f"{model or operation} has no price at present.")
        exchange = self.exchange_for(
            spec["currency"], entry.currency, at, allow_before_first=allow_before_first
        )
        return self._compiled(version_id, spec, entry.owner(model or None), exchange)

    def get_rate(self, *, version_id: int, exchange_rate_id: int | None) -> Rate:
        """A version with an exchange rate, whatever holds now; NotFound if there is no such version."""
        known = self._rates.get((version_id, exchange_rate_id))
        if known is not None:
            return known
        row = RateVersion.objects.select_related("rate__operation__price_book").filter(pk=version_id).first()
        if row is None:
            raise NotFound(f"There is no rate version {version_id}.")
        owner = _entry(row.rate.operation).owner(row.rate.model or None)
        return self._compiled(row.pk, row.spec, owner, self._exchange(exchange_rate_id))

    def exchange_for(
        self, cost_currency: str, currency: str, at: datetime, *, allow_before_first: bool = False
    ) -> Exchange | None:
        """The exchange rate of the day (UTC); None within one currency; NoPrice if there is none."""
        if cost_currency == currency:
            return None
        rows = self.exchanges.get((currency, cost_currency)) or self.exchanges.get(
            (cost_currency, currency), []
        )
        index = bisect_right([day for day, _ in rows], at.astimezone(UTC).date()) - 1
        if not rows or (index < 0 and not allow_before_first):
            raise NoPrice(f"There is no exchange rate between {cost_currency} and {currency}.")
        return rows[max(index, 0)][1]

    def _exchange(self, exchange_rate_id: int | None) -> Exchange | None:
        if exchange_rate_id is None:
            return None
        for rows in self.exchanges.values():
            for _, exchange in rows:
                if exchange.id == exchange_rate_id:
                    return exchange
        raise NotFound(f"There is no exchange rate {exchange_rate_id}.")

    def _thread(self, entry: OperationEntry, model: str) -> Thread:
        thread = self._threads.get((entry.id, model))
        if thread is None:
            rows = RateVersion.objects.filter(rate__operation_id=entry.id, rate__model=model).order_by(
                "effective_from"
            )
            thread = _as_thread(rows.values_list("effective_from", "pk", "spec"))
            if not thread.starts:
                raise _unpriced(entry, model)
            self._threads[entry.id, model] = thread
        return thread

    def know(self, wanted: Collection[tuple[str, str, str]]) -> None:
        """Read the versions of many rates (price book, operation, model) at once, those not yet known."""
        entries = {(book, code): self.operations[book, code].id for book, code, _ in wanted}
        missing = {(entries[book, code], model) for book, code, model in wanted} - self._threads.keys()
        if not missing:
            return
        models = {model for _, model in missing}
        rows = RateVersion.objects.filter(rate__operation_id__in={operation for operation, _ in missing})
        if len(models) <= FEW:
            rows = rows.filter(rate__model__in=models)
        rows = rows.order_by("rate__operation_id", "rate__model", "effective_from")
        found = rows.values_list("rate__operation_id", "rate__model", "effective_from", "pk", "spec")
        for key, versions in groupby(found.iterator(), key=lambda row: (row[0], row[1])):
            if key in missing:
                self._threads[key] = _as_thread([row[2:] for row in versions])

    def _compiled(
        self, version_id: int, spec: dict[str, Any], owner: Owner, exchange: Exchange | None
    ) -> Rate:
        key = version_id, exchange.id if exchange else None
        rate = self._rates.get(key)
        if rate is None:
            rate = self._rates[key] = compile_rate(version_id, spec, owner, exchange)
        return rate


class _Latest:
    """This process's newest catalogue and the token it was filled under."""

    held: tuple[str, Catalogue] | None = None


REVISION: Statement = (f"SELECT token FROM {CatalogueRevision._meta.db_table}", ())
"""The small query that says which catalogue holds, for who asks it beside others."""


def open_catalogue(revision: Sequence[Sequence[Any]] | None = None) -> Catalogue:
    """The catalogue of this transaction's revision (the rows of `REVISION`, else it is asked)."""
    rows = sql.fetch(*REVISION, often=True) if revision is None else revision
    if not rows:
        return Catalogue()
    token = str(rows[0][0])
    held = _Latest.held
    if held is None or held[0] != token:
        held = _Latest.held = token, Catalogue()
    return held[1]


def _entry(row: Operation) -> OperationEntry:
    book = row.price_book
    return OperationEntry(
        row.pk, book.code, book.currency, book.token_price_minor, row.code, row.category_id, row.has_models
    )


def _as_thread(rows: Sequence[tuple[datetime, int, dict[str, Any]]] | Any) -> Thread:
    found = list(rows)
    return Thread(tuple(row[0] for row in found), tuple((row[1], row[2]) for row in found))


def _check_model(entry: OperationEntry, model: str | None) -> None:
    if entry.has_models and not model:
        raise ValidationError({"model": [f"{entry.code} needs a model."]})
    if model and not entry.has_models:
        raise ValidationError({"model": [f"{entry.code} takes no model."]})
    if model and not (model.isprintable() and len(model) <= 200):
        raise ValidationError({"model": ["Unknown model."]})


def _unpriced(entry: OperationEntry, model: str) -> NoPrice | ValidationError:
    if model:
        return ValidationError({"model": [f"{entry.code} knows no model {model!r}."]})
    return NoPrice(f"{entry.code} has no price.")
