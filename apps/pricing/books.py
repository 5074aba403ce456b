"""Storing what a price book's file says beside its rates: money, schemes, operations, examples."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import QuerySet

from apps.core.errors import InvalidState
from apps.pricing.models import (
    Category,
    Example,
    ExchangeRate,
    Operation,
    Package,
    PriceBook,
    VolumeTier,
)
from apps.pricing.operation_file import DeclaredOperation
from apps.pricing.price_book_file import SHIPPED, PriceBookFile

FIXED = ("currency", "token_price_minor")


@dataclass(frozen=True, slots=True)
class BookChanges:
    """What differed from the file: `redeclared` operations may need new versions, `other` is text.

    `rehosted`: whether the file says something new of hosting and storage.
    """

    redeclared: frozenset[str]
    rehosted: bool
    other: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing differed."""
        return not self.redeclared and not self.other


def save_book(book: PriceBookFile) -> BookChanges:
    """Store all of a file but the rates themselves; answers what the file says differently from last time.

    What staff have edited since stays until the file itself changes there. InvalidState if the file
    changes the currency or token price of a book: these are fixed.
    """
    said = _said(book)
    row = PriceBook.objects.filter(pk=book.code).first()
    before = row.declaration if row else {}
    differing = [section for section in said if said[section] != before.get(section)]
    other = [f"{section} of {book.code}" for section in differing]
    _save_money(book, row, said)
    if "categories" in differing:
        _save_categories(book)
    if "tiers" in differing or "packages" in differing:
        _save_schemes(book)
    other += _save_exchanges(book)
    redeclared = set()
    for position, operation in enumerate(book.operations):
        saved = _save_operation(book.code, operation, position)
        redeclared |= {operation.code} if saved.redeclared else set()
        other += [f"listing of {operation.code}"] if saved.relisted else []
    redeclared |= _retire_others(book.code, {operation.code for operation in book.operations})
    return BookChanges(frozenset(redeclared), "hosting" in differing, tuple(other))


def _said(book: PriceBookFile) -> dict[str, Any]:
    return {
        "money": book.money,
        "tiers": [list(tier) for tier in book.tiers],
        "packages": [list(package) for package in book.packages],
        "hosting": book.hosting,
        "categories": [list(category) for category in book.categories],
    }


def operations_of(code: str) -> QuerySet[Operation]:
    """The operations of a book with the book at hand."""
    return Operation.objects.filter(price_book=code).select_related("price_book")


def _save_money(book: PriceBookFile, row: PriceBook | None, said: dict[str, Any]) -> None:
    position = SHIPPED.index(book.code) if book.code in SHIPPED else len(SHIPPED)
    if row is None:
        PriceBook.objects.create(code=book.code, position=position, declaration=said, **book.money)
        return
    for name in FIXED:
        if getattr(row, name) != book.money[name]:
            raise InvalidState(f"The {name.replace('_minor', '')} of the price book {book.code} is fixed.")
    if row.declaration.get("money") != said["money"]:
        for name, value in book.money.items():
            setattr(row, name, value)
    row.declaration = said
    row.save()


def _save_categories(book: PriceBookFile) -> None:
    for code, name in book.categories:
        Category.objects.get_or_create(
            code=code, defaults={"name": name, "position": Category.objects.count()}
        )
        Category.objects.filter(code=code).update(name=name)


def _save_schemes(book: PriceBookFile) -> None:
    VolumeTier.objects.filter(price_book=book.code).delete()
    VolumeTier.objects.bulk_create(
        VolumeTier(price_book_id=book.code, from_minor=start, micro_percent=percent)
        for start, percent in book.tiers
    )
    Package.objects.filter(price_book=book.code).delete()
    Package.objects.bulk_create(
        Package(price_book_id=book.code, code=code, tokens_micro=tokens, price_minor=price)
        for code, tokens, price in book.packages
    )


def _save_exchanges(book: PriceBookFile) -> list[str]:
    changed = []
    for declared in book.exchanges:
        key = {"base": declared.base, "quote": declared.quote, "effective_on": declared.effective_on}
        row = ExchangeRate.objects.filter(**key).first()
        if row is None:
            row = ExchangeRate.objects.create(**key, value=declared.value)
            changed.append(f"exchange rate {row}")
        elif row.value != declared.value:
            raise InvalidState(f"{row} stands; write a new exchange rate with a later date.")
    return changed


@dataclass(frozen=True, slots=True)
class SavedOperation:
    """Whether the file says something new of an operation's price, and of how it is listed."""

    redeclared: bool
    relisted: bool


def _save_operation(book: str, declared: DeclaredOperation, position: int) -> SavedOperation:
    listing = {
        "name": declared.name,
        "category": declared.category,
        "description": declared.description,
        "examples": [asdict(example) for example in declared.examples],
    }
    row = operations_of(book).filter(code=declared.code).first()
    saved = SavedOperation(
        redeclared=row is None or row.declaration != declared.declaration,
        relisted=row is None or row.listing != listing,
    )
    row = row or Operation(price_book_id=book, code=declared.code)
    if saved.relisted:
        row.name, row.description = declared.name, declared.description
        row.category_id, row.listing = declared.category, listing
    row.has_models, row.declaration, row.position = declared.has_models, declared.declaration, position
    row.save()
    if saved.relisted:
        _save_examples(row, declared)
    return saved


def _save_examples(operation: Operation, declared: DeclaredOperation) -> None:
    operation.examples.all().delete()
    Example.objects.bulk_create(
        Example(operation=operation, position=position, **asdict(example))
        for position, example in enumerate(declared.examples)
    )


def _retire_others(book: str, named: Collection[str]) -> set[str]:
    """Mark operations that the file no longer names; their rates stop being chargeable."""
    gone = set()
    for row in operations_of(book).exclude(code__in=named):
        if not row.declaration.get("retired"):
            row.declaration = {**row.declaration, "retired": True, "provider_list": ""}
            row.save(update_fields=["declaration"])
            gone.add(row.code)
    return gone
