"""Writing prices: loading price books, importing provider prices, exchange rates, free models.

Everything is all or nothing and tells every process, on commit, that prices have changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial

from django.db import transaction

from apps.core.errors import InvalidState, NotFound, ValidationError
from apps.pricing.books import BookChanges, operations_of, save_book
from apps.pricing.exact import decimal_text
from apps.pricing.models import ExchangeRate, Operation, ProviderModel, Rate
from apps.pricing.price_book_file import CATALOGUE, SHIPPED, PriceBookFile, read_price_book, shipped_path
from apps.pricing.price_list import ListedModel, PriceList, read_price_list
from apps.pricing.provider_prices import has_price, list_of_mode
from apps.pricing.publishing import (
    BATCH,
    Published,
    Wanted,
    claim_catalogue,
    publish,
    publish_hosting,
    renew_catalogue,
)
from apps.pricing.specs import build_spec, declared_free, reprice, retired

SHIPPED_LIST = CATALOGUE / "model_prices.json"
PriceChange = tuple[str, str, str | None, str | None]
"""Model, field, price before, price after (decimal text in US dollars; None where there was none)."""


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What loading a price book changed; all empty for an unchanged file.

    `hosting`: whether a new version of the hosting and storage rates was published.
    """

    price_book: str
    changes: BookChanges
    published: tuple[Published, ...]
    hosting: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether the book was already as the file says."""
        return not self.published and not self.hosting and self.changes.is_empty


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import found (models by count) and published; `changes` are the differing prices."""

    new: int
    changed: int
    unchanged: int
    not_chargeable: int
    ignored: Counter[str]
    tiered: int
    changes: tuple[PriceChange, ...]
    published: tuple[Published, ...]


@transaction.atomic
def load_price_book(
    *, book: PriceBookFile, at: datetime, actor: str, effective_from: datetime | None = None
) -> LoadReport:
    """Make a price book what its file says; a price that differs gets a new version.

    New versions start at `effective_from`, else at `at`; the first ones of a rate at the file's
    `effective_from`. A model or operation that the file no longer names is no longer chargeable.
    InvalidState for a change of currency or token price, or of the past.
    """
    claim_catalogue()
    changes = save_book(book)
    prices = _provider_prices()
    wanted: list[Wanted] = []
    for operation in operations_of(book.code):
        redeclared = operation.code in changes.redeclared
        wanted += _wanted_by_file(operation, prices, redeclared=redeclared)
    first = effective_from or book.effective_from
    published = publish(
        wanted,
        starts_at=effective_from or at,
        first_starts_at=first,
        at=at,
        actor=actor,
    )
    hosting = changes.rehosted and publish_hosting(
        book.code, book.hosting, starts_at=effective_from or at, first_starts_at=first, at=at, actor=actor
    )
    report = LoadReport(book.code, changes, tuple(published), hosting)
    if not report.is_empty:
        renew_catalogue()
    return report


@transaction.atomic
def import_model_prices(
    *, price_list: PriceList, at: datetime, actor: str, effective_from: datetime | None = None
) -> ImportReport:
    """Take over a list of provider prices: a new version for every rate whose price it changes.

    New versions start at `effective_from`, else at `at`. Operations that follow a model get one too.
    Models that are no longer listed keep their price.
    """
    claim_catalogue()
    stored = {row.name: row for row in ProviderModel.objects.all()}
    fresh = [model for model in price_list.models if model.name not in stored]
    differing = [
        model for model in price_list.models if model.name in stored and _differs(model, stored[model.name])
    ]
    touched = {model.name: model for model in (*fresh, *differing)}
    _save_models(fresh, differing, at)
    start = effective_from or at
    wanted = [
        item
        for operation in Operation.objects.select_related("price_book")
        for item in _wanted_by_list(operation, touched, stored)
    ]
    published = publish(wanted, starts_at=start, first_starts_at=start, at=at, actor=actor)
    if touched:
        renew_catalogue()
    return ImportReport(
        new=len(fresh),
        changed=len(differing),
        unchanged=len(price_list.models) - len(touched),
        not_chargeable=sum(_is_unpriced(model) for model in price_list.models),
        ignored=price_list.ignored,
        tiered=price_list.tiered,
        changes=tuple(change for model in differing for change in _price_changes(model, stored[model.name])),
        published=tuple(published),
    )


def load_shipped_catalogue(
    *, at: datetime, actor: str, only_models: Collection[str] | None = None
) -> tuple[ImportReport, list[LoadReport]]:
    """Load the shipped provider prices and all shipped price books; again: only what has changed.

    `only_models` restricts the provider list, for small databases.
    """
    listed = read_price_list(SHIPPED_LIST)
    if only_models is not None:
        kept = tuple(model for model in listed.models if model.name in only_models)
        listed = PriceList(kept, listed.ignored, listed.tiered)
    with transaction.atomic():
        imported = import_model_prices(price_list=listed, at=at, actor=actor)
        reports = [
            load_price_book(book=read_price_book(shipped_path(code)), at=at, actor=actor) for code in SHIPPED
        ]
    return imported, reports


@transaction.atomic
def set_exchange_rate(*, base: str, quote: str, value: str, effective_on: date, at: datetime) -> ExchangeRate:
    """Let one `base` be worth `value` `quote` from a date (UTC) on; InvalidState for a past date."""
    claim_catalogue()
    try:
        number = Decimal(value)
        text = decimal_text(number)
    except ArithmeticError:
        raise ValidationError({"value": ["Give a number above 0."]}) from None
    if not number > 0 or text == "0":
        raise ValidationError({"value": ["Give a number above 0."]})
    rows = ExchangeRate.objects.filter(base=base, quote=quote)
    if rows.exists() and effective_on < at.date():
        raise InvalidState("An exchange rate counts from its date, never backwards.")
    if rows.filter(effective_on=effective_on).exists():
        raise InvalidState(f"There is an exchange rate for {effective_on} already.")
    row = ExchangeRate.objects.create(base=base, quote=quote, value=text, effective_on=effective_on)
    renew_catalogue()
    return row


@transaction.atomic
def declare_free(*, price_book: str, operation: str, model: str, at: datetime, actor: str) -> None:
    """Let a model without a provider's price be used for nothing, until its provider names a price."""
    claim_catalogue()
    rate = (
        Rate.objects.select_related("operation__price_book")
        .filter(operation__price_book=price_book, operation__code=operation, model=model)
        .first()
    )
    if rate is None:
        raise NotFound(f"{operation} knows no model {model!r}.")
    item = Wanted(rate.operation, model, rate.position, lambda spec: declared_free(spec or {}))
    publish([item], starts_at=at, first_starts_at=at, at=at, actor=actor)
    renew_catalogue()


def _wanted_by_file(
    operation: Operation, prices: Mapping[str, ProviderModel], *, redeclared: bool
) -> Iterator[Wanted]:
    """Every rate the declaration names; those in force are left alone unless it has changed."""
    declaration = operation.declaration
    names = _declared_models(operation, prices)
    known = set() if redeclared else set(operation.rates.values_list("model", flat=True))
    for position, name in enumerate(names):
        if name in known:
            continue
        row = prices.get(declaration["follows"] or name)
        build = partial(build_spec, declaration, name, row.prices if row else None)

        def make(
            spec: dict[str, object] | None, build: partial[dict[str, object]] = build
        ) -> dict[str, object]:
            fresh = build()
            return declared_free(fresh) if spec and spec["free"] and not fresh["chargeable"] else fresh

        yield Wanted(operation, name, 0 if declaration["provider_list"] else position, make)
    if redeclared and not declaration["provider_list"]:
        for rate in operation.rates.exclude(model__in=names):
            yield Wanted(operation, rate.model, rate.position, lambda spec: retired(spec or {}))


def _declared_models(operation: Operation, prices: Mapping[str, ProviderModel]) -> list[str]:
    declaration = operation.declaration
    if declaration.get("retired"):
        return []
    if declaration["provider_list"]:
        return [
            name for name, row in prices.items() if list_of_mode(row.mode) == declaration["provider_list"]
        ]
    return [entry["model"] for entry in declaration["models"]] or [""]


def _wanted_by_list(
    operation: Operation, touched: Mapping[str, ListedModel], stored: Mapping[str, ProviderModel]
) -> Iterator[Wanted]:
    """The rates of an operation that the touched models price."""
    declaration = operation.declaration
    if declaration.get("retired"):
        return
    followed = touched.get(declaration["follows"])
    if followed is not None:
        for position, name in enumerate(_declared_models(operation, {})):
            yield _repriced(operation, name, position, followed)
    if not declaration["provider_list"]:
        return
    for name, model in touched.items():
        if list_of_mode(model.mode) == declaration["provider_list"]:
            yield _repriced(operation, name, 0, model)
        elif name in stored and list_of_mode(stored[name].mode) == declaration["provider_list"]:
            yield Wanted(operation, name, 0, lambda spec: retired(spec or {}))


def _repriced(operation: Operation, name: str, position: int, model: ListedModel) -> Wanted:
    def make(spec: dict[str, object] | None) -> dict[str, object]:
        if spec is None:
            return build_spec(operation.declaration, name, model.prices)
        return reprice(spec, model.prices)

    return Wanted(operation, name, position, make)


def _provider_prices() -> dict[str, ProviderModel]:
    return {row.name: row for row in ProviderModel.objects.all()}


def _differs(model: ListedModel, row: ProviderModel) -> bool:
    return (model.mode, model.provider, model.prices) != (row.mode, row.provider, row.prices)


def _price_changes(model: ListedModel, row: ProviderModel) -> Iterator[PriceChange]:
    for field in sorted({*model.prices, *row.prices}):
        before, after = row.prices.get(field), model.prices.get(field)
        if before != after:
            yield model.name, field, before, after


def _is_unpriced(model: ListedModel) -> bool:
    units = {"chat": ("input_token", "output_token"), "embedding": ("input_token",)}.get(
        list_of_mode(model.mode)
    )
    return units is not None and not has_price(model.prices, units)


def _save_models(fresh: list[ListedModel], differing: list[ListedModel], at: datetime) -> None:
    rows = [
        ProviderModel(
            name=model.name, mode=model.mode, provider=model.provider, prices=model.prices, changed_at=at
        )
        for model in (*fresh, *differing)
    ]
    ProviderModel.objects.bulk_create(rows[: len(fresh)], batch_size=BATCH)
    ProviderModel.objects.bulk_update(
        rows[len(fresh) :], ["mode", "provider", "prices", "changed_at"], batch_size=BATCH
    )
