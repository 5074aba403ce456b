"""Price books, and the rate card of one of them as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from apps.core import figures
from apps.core.errors import NotFound
from apps.core.units import MICRO, format_tokens
from apps.pricing.models import Operation, Package, PriceBook, Rate, RateVersion, VolumeTier
from apps.pricing.revising import state_of
from apps.pricing.selectors import Catalogue, open_catalogue
from apps.staff.prices.shown import NextChange, PriceLine, in_force, short_prices
from apps.support.deeds.price_words import number
from apps.support.deeds.pricing import money_of

PER_PAGE = 50
MOST_WORDS = 5


@dataclass(frozen=True, slots=True)
class BookLine:
    """A price book in the list of them."""

    code: str
    name: str
    token_price: str
    rates: int
    coming: int


@dataclass(frozen=True, slots=True)
class RateLine:
    """A rate as a line of the rate card. `state` is one of STATES, empty before the first version."""

    rate_id: int
    operation: str
    model: str
    state: str
    prices: tuple[PriceLine, ...]
    since: datetime | None
    coming: NextChange | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for in a rate card: words, one operation (its code), only what will change."""

    words: str = ""
    operation: str = ""
    only_coming: bool = False


@dataclass(frozen=True, slots=True)
class BookPage:
    """A price book with one page of the rates that are wanted; `count` and `coming` are of all."""

    code: str
    name: str
    token_price: str
    count: int
    coming: int
    operations: tuple[tuple[str, str], ...]
    wanted: Wanted
    rates: tuple[RateLine, ...]
    listed: Page[Rate]
    buying: tuple[tuple[str, str], ...]

    @property
    def pages(self) -> list[int | str]:
        """The numbers to choose from, with gaps."""
        return list(self.listed.paginator.get_elided_page_range(self.listed.number, on_each_side=2))


def load_books(*, at: datetime) -> tuple[BookLine, ...]:
    """All price books in their order; three queries."""
    rates = _counted(Rate.objects.values_list("operation__price_book"))
    later = RateVersion.objects.filter(effective_from__gt=at)
    coming = _counted(later.values_list("rate__operation__price_book"))
    return tuple(
        BookLine(
            code=book.code,
            name=book.name,
            token_price=_token_price(book),
            rates=rates.get(book.code, 0),
            coming=coming.get(book.code, 0),
        )
        for book in PriceBook.objects.all()
    )


def _counted(rows: QuerySet[Any, tuple[Any, ...]]) -> dict[str, int]:
    """How many of the rows belong to each price book, which is their only value."""
    return dict(rows.order_by().annotate(Count("pk")))


def load_book_page(code: str, *, wanted: Wanted, page: str, at: datetime) -> BookPage:
    """A book with the rates that are wanted; NotFound for an unknown book. At most eleven queries."""
    book = PriceBook.objects.filter(pk=code).first()
    if book is None:
        raise NotFound(f"There is no price book {code!r}.")
    operations = Operation.objects.filter(price_book=book).values_list("code", "name")
    listed = Paginator(_rates(book, wanted, at), PER_PAGE).get_page(page)
    count, coming = _counts(book, at)
    return BookPage(
        code=book.code,
        name=book.name,
        token_price=_token_price(book),
        count=count,
        coming=coming,
        operations=tuple(operations),
        wanted=wanted,
        rates=tuple(_lines(list(listed), at)),
        listed=listed,
        buying=tuple(_buying(book)),
    )


def _buying(book: PriceBook) -> Iterator[tuple[str, str]]:
    """How tokens are bought: the scheme, its tiers or packages, the bounds."""

    def money(minor: int) -> str:
        return figures.money(MICRO, minor, book.currency)

    yield _("One token"), money(book.token_price_minor)
    yield _("Scheme"), book.get_scheme_display()
    words = {"least": money(book.minimum_minor), "most": money(book.maximum_minor)}
    yield _("One purchase"), _("%(least)s to %(most)s") % words
    for tier in VolumeTier.objects.filter(price_book=book):
        percent = number(format_tokens(tier.micro_percent))
        yield (
            _("From %(money)s") % {"money": money(tier.from_minor)},
            _("%(number)s %%") % {"number": percent},
        )
    for package in Package.objects.filter(price_book=book):
        tokens = _("%(tokens)s tokens") % {"tokens": figures.figure(package.tokens_micro)}
        yield tokens, money(package.price_minor)
    yield _("Unused tokens"), _("refunded on request") if book.refundable else _("not refunded")


def _rates(book: PriceBook, wanted: Wanted, at: datetime) -> QuerySet[Rate]:
    rates = Rate.objects.filter(operation__price_book=book).select_related("operation__price_book")
    for word in wanted.words.split()[:MOST_WORDS]:
        rates = rates.filter(Q(model__icontains=word) | Q(operation__name__icontains=word))
    if wanted.operation:
        rates = rates.filter(operation__code=wanted.operation)
    if wanted.only_coming:
        rates = rates.filter(Exists(RateVersion.objects.filter(rate=OuterRef("pk"), effective_from__gt=at)))
    return rates.order_by("operation__position", "operation__code", "position", "model", "pk")


def _counts(book: PriceBook, at: datetime) -> tuple[int, int]:
    """Rates, and those that will change."""
    rates = Rate.objects.filter(operation__price_book=book)
    return rates.count(), rates.filter(versions__effective_from__gt=at).distinct().count()


def _lines(rates: list[Rate], at: datetime) -> Iterator[RateLine]:
    versions: dict[int, list[RateVersion]] = {rate.pk: [] for rate in rates}
    for version in RateVersion.objects.filter(rate__in=list(versions)).order_by("effective_from"):
        versions[version.rate_id].append(version)
    catalogue = open_catalogue()
    for rate in rates:
        now, after = in_force(versions[rate.pk], at)
        yield RateLine(
            rate_id=rate.pk,
            operation=rate.operation.name,
            model=rate.model,
            state=_state(now),
            prices=_prices(catalogue, rate, now, at),
            since=now.effective_from if now else None,
            coming=NextChange(after.effective_from, _prices(catalogue, rate, after, after.effective_from))
            if after
            else None,
        )


def _state(version: RateVersion | None) -> str:
    return state_of(version.spec) if version else ""


def _prices(
    catalogue: Catalogue, rate: Rate, version: RateVersion | None, at: datetime
) -> tuple[PriceLine, ...]:
    if version is None or not version.spec["chargeable"]:
        return ()
    return short_prices(version.spec, *money_of(catalogue, rate, version.spec, at))


def _token_price(book: PriceBook) -> str:
    return figures.money(MICRO, book.token_price_minor, book.currency)
