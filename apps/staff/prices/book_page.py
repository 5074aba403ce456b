"""Price books, and one of them: how tokens are bought in it, and its rate card as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from apps.core import figures
from apps.core.errors import NotFound
from apps.core.units import MICRO, format_tokens
from apps.pricing.models import HostingRateVersion, Operation, PriceBook, Rate, RateVersion
from apps.pricing.revising import state_of
from apps.pricing.selectors import Catalogue, open_catalogue
from apps.staff.prices.shown import NextChange, PriceLine, in_force, short_prices
from apps.support.deeds.price_words import number
from apps.support.deeds.pricing import money_of

PER_PAGE = 50
COMING = "coming"


@dataclass(frozen=True, slots=True)
class BookLine:
    """A price book in the list of them."""

    code: str
    name: str
    token_price: str
    scheme: str
    refundable: bool
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
    versions: int


@dataclass(frozen=True, slots=True)
class BookPage:
    """A price book with one page of its rates; `offers` are the steps of its scheme in words."""

    code: str
    name: str
    token_price: str
    scheme: str
    offers: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    counts: tuple[int, int, int]
    operations: tuple[tuple[str, str], ...]
    operation: str
    only_coming: bool
    wanted: str
    rates: tuple[RateLine, ...]
    listed: Page[Rate]

    @property
    def pages(self) -> list[int | str]:
        """The numbers to choose from, with gaps."""
        return list(self.listed.paginator.get_elided_page_range(self.listed.number, on_each_side=2))


def load_books(*, at: datetime) -> tuple[BookLine, ...]:
    """All price books in their order; two queries."""
    later = RateVersion.objects.filter(rate__operation__price_book=OuterRef("pk"), effective_from__gt=at)
    coming = later.order_by().values("rate__operation__price_book").annotate(n=Count("pk")).values("n")
    books = PriceBook.objects.annotate(rates=Count("operations__rates"), coming=Coalesce(Subquery(coming), 0))
    return tuple(
        BookLine(
            code=book.code,
            name=book.name,
            token_price=_token_price(book),
            scheme=str(book.get_scheme_display()),
            refundable=book.refundable,
            rates=book.rates,
            coming=book.coming,
        )
        for book in books
    )


def load_book_page(
    code: str, *, wanted: str, operation: str, only_coming: bool, page: str, at: datetime
) -> BookPage:
    """A book with the rates that are wanted; NotFound for an unknown book. At most nine queries."""
    book = PriceBook.objects.prefetch_related("tiers", "packages").filter(pk=code).first()
    if book is None:
        raise NotFound(f"There is no price book {code!r}.")
    operations = list(Operation.objects.filter(price_book=book))
    rates = _rates(book, wanted, operation, only_coming, at)
    listed = Paginator(rates, PER_PAGE).get_page(page)
    return BookPage(
        code=book.code,
        name=book.name,
        token_price=_token_price(book),
        scheme=str(book.get_scheme_display()),
        offers=tuple(_offers(book)),
        facts=tuple(_facts(book, at)),
        counts=_counts(book, at),
        operations=tuple((row.code, row.name) for row in operations),
        operation=operation,
        only_coming=only_coming,
        wanted=wanted,
        rates=tuple(_lines(list(listed), at)),
        listed=listed,
    )


def _rates(book: PriceBook, wanted: str, operation: str, only_coming: bool, at: datetime) -> QuerySet[Rate]:
    rates = Rate.objects.filter(operation__price_book=book).select_related("operation__price_book")
    if wanted:
        rates = rates.filter(
            Q(model__icontains=wanted)
            | Q(operation__code__icontains=wanted)
            | Q(operation__name__icontains=wanted)
        )
    if operation:
        rates = rates.filter(operation__code=operation)
    if only_coming:
        rates = rates.filter(Exists(RateVersion.objects.filter(rate=OuterRef("pk"), effective_from__gt=at)))
    return rates.order_by("operation__position", "operation__code", "position", "model", "pk")


def _counts(book: PriceBook, at: datetime) -> tuple[int, int, int]:
    """Rates, versions, and versions to come."""
    versions = RateVersion.objects.filter(rate__operation__price_book=book)
    found = versions.aggregate(
        rates=Count("rate", distinct=True), all=Count("pk"), coming=Count("pk", Q(effective_from__gt=at))
    )
    return found["rates"], found["all"], found["coming"]


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
            versions=len(versions[rate.pk]),
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


def _money(book: PriceBook, minor: int) -> str:
    return figures.money(minor * MICRO, 1, book.currency)


def _offers(book: PriceBook) -> Iterator[str]:
    """The steps of the scheme, smallest first."""
    discount = book.scheme == PriceBook.Scheme.DISCOUNT
    pattern = (
        _("from %(money)s: %(percent)s %% off")
        if discount
        else _("from %(money)s: %(percent)s %% more tokens")
    )
    for tier in book.tiers.all():
        percent = number(format_tokens(tier.micro_percent))
        yield pattern % {"money": _money(book, tier.from_minor), "percent": percent}
    for package in book.packages.all():
        yield _("%(code)s: %(tokens)s tokens for %(money)s") % {
            "code": package.code,
            "tokens": figures.figure(package.tokens_micro),
            "money": _money(book, package.price_minor),
        }


def _facts(book: PriceBook, at: datetime) -> Iterator[tuple[str, str]]:
    yield _("Smallest purchase"), _money(book, book.minimum_minor)
    yield _("Largest purchase"), _money(book, book.maximum_minor)
    if book.talk_above_minor:
        yield _("Talk to us above"), _money(book, book.talk_above_minor)
    yield _("Unused bought tokens"), _("are refunded") if book.refundable else _("are not refunded")
    yield _("Promotions"), _("yes") if book.promotions else _("no")
    yield from _exchanges(book, at)
    hosting = HostingRateVersion.objects.filter(price_book=book, effective_from__lte=at)
    since = hosting.order_by("-effective_from").values_list("effective_from", flat=True).first()
    if since is not None:
        yield (
            _("Hosting and storage"),
            _("priced since %(day)s") % {"day": figures.day_and_year(since.date())},
        )


def _exchanges(book: PriceBook, at: datetime) -> Iterator[tuple[str, str]]:
    catalogue = open_catalogue()
    for pair in catalogue.exchanges:
        if book.currency in pair:
            base, quote = pair
            found = catalogue.exchange_for(quote, base, at, allow_before_first=True)
            yield _("Exchange rate"), str(found)
