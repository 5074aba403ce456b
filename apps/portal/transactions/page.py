"""Everything the page of a wallet's transactions shows, read at one instant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from apps.core import figures
from apps.core.periods import zone
from apps.ledger.models import Bucket
from apps.portal.holdings import Holding, Shell
from apps.portal.transactions.lines import Line, kind_name
from apps.portal.transactions.reading import LAST, Search, Sums, read_page, read_sums
from apps.portal.transactions.wanted import ALL, OWN, Cursor, Wanted, period_of
from apps.pricing.models import Operation
from apps.usage.transactions import TYPES
from apps.wallets.places import Stretch, stretch_between

ON_A_PAGE = 50
MONTHS = 12
MOST = 100_000
"""So many movements are looked through for a page and its sums; the download looks through all."""
Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Choosing:
    """What may be chosen: values of the address and their names."""

    types: Choices
    operations: Choices
    buckets: Choices
    payers: Choices
    months: Choices


@dataclass(frozen=True, slots=True)
class TransactionsPage:
    """A page of lines with the sums of all that was looked for; times are shown in `zone`.

    `query` is what was asked for as an address has it; `older` and `earlier` lead on, empty at the end.
    """

    holding: Holding
    at: datetime
    zone: ZoneInfo
    wanted: Wanted
    title: str
    lines: tuple[Line, ...]
    sums: Sums
    balance: int | None
    is_cut: bool
    choosing: Choosing
    query: str
    older: str
    is_first: bool
    earlier: str
    earlier_month: date | None

    @property
    def places(self) -> int:
        return figures.column_places([line.amount for line in self.lines])

    @property
    def after_places(self) -> int:
        return figures.column_places([line.balance_after or 0 for line in self.lines])

    @property
    def paid_places(self) -> int:
        return figures.column_places([line.paid for line in self.lines])

    @property
    def shows_payer(self) -> bool:
        """Whether anybody else paid for any line."""
        return any(line.paid for line in self.lines)

    @property
    def year(self) -> str:
        """The year that dates do not name."""
        return f"{self.at.astimezone(self.zone):%Y}"

    @property
    def is_more(self) -> bool:
        """Whether a filter behind "More filters" is in use."""
        return bool(self.wanted.bucket or self.wanted.payer or self.wanted.person or self.days)

    @property
    def columns(self) -> int:
        """How many columns the list has."""
        return 7 if self.shows_payer else 6

    @property
    def shown_month(self) -> str:
        """The month that the choice of months stands on."""
        if self.days or self.wanted.number is not None:
            return ""
        return self.wanted.month or f"{self.at.astimezone(self.zone):%Y-%m}"

    @property
    def days(self) -> bool:
        return bool(self.wanted.from_on or self.wanted.to_on)


def load_transactions_page(
    holding: Holding, shell: Shell, wanted: Wanted, cursor: Cursor | None
) -> TransactionsPage:
    """The page of a wallet that the shell has on its desk: four queries beside the shell's."""
    wallet, at = shell.desk.wallets[holding.wallet_id], shell.at
    search = search_for(holding, shell, wanted)
    cut = replace(search, stretch=search.stretch.latest(MOST))
    page = read_page(cut, cursor, ON_A_PAGE)
    period = search.period
    month = period.month
    before = (month - timedelta(days=1)).replace(day=1) if month else None
    reaches_now = not wanted.is_narrow and period.holds(at)
    return TransactionsPage(
        holding=holding,
        at=at,
        zone=zone(wallet.calendar.zone_at(at)),
        wanted=wanted,
        title=_title(wanted, month, search),
        lines=page.lines,
        sums=read_sums(cut),
        balance=wallet.balance if reaches_now else None,
        is_cut=search.stretch.count > MOST,
        choosing=_choosing(holding, shell, wallet.calendar.day_of(at)),
        query=wanted.query(),
        older=wanted.query(after=str(page.next)) if page.next else "",
        is_first=cursor is None,
        earlier=wanted.query(month=f"{before:%Y-%m}") if before else "",
        earlier_month=before,
    )


def search_for(holding: Holding, shell: Shell, wanted: Wanted) -> Search:
    """What is looked for in the wallet, with where in its order that lies: one query."""
    calendar = shell.desk.wallets[holding.wallet_id].calendar
    period = period_of(wanted, calendar, shell.at)
    stretch = stretch_between(holding.wallet_id, period.from_at, period.to_at)
    return Search(holding, wanted, period, stretch, shell.desk)


def latest_lines(holding: Holding, shell: Shell, count: int) -> tuple[Line, ...]:
    """The newest lines of the wallet whatever they are: one query."""
    period = period_of(Wanted(month=ALL), shell.desk.wallets[holding.wallet_id].calendar, shell.at)
    search = Search(holding, Wanted(), period, Stretch(0, LAST), shell.desk)
    return read_page(search, None, count).lines


def _title(wanted: Wanted, month: date | None, search: Search) -> str:
    """What the sums are about: ``November 2026``."""
    period = search.period
    if wanted.number is not None:
        return _("Number %(number)s, in all months") % {"number": wanted.q}
    if month:
        return figures.month_and_year(month)
    if period.first and period.last:
        return _("%(first)s to %(last)s") % {
            "first": figures.day_and_year(period.first),
            "last": figures.day_and_year(period.last),
        }
    if period.first:
        return _("Since %(first)s") % {"first": figures.day_and_year(period.first)}
    if period.last:
        return _("Until %(last)s") % {"last": figures.day_and_year(period.last)}
    return _("All months")


def _choosing(holding: Holding, shell: Shell, today: date) -> Choosing:
    operations = Operation.objects.filter(price_book_id=holding.price_book)
    others = [h for h in shell.holdings if not h.is_own] if holding.is_own else []
    return Choosing(
        types=tuple((kind, kind_name(kind)) for kind in TYPES),
        operations=tuple(operations.order_by("name").values_list("code", "name")),
        buckets=tuple((code, name) for code, name in _buckets() if holding.is_own or code != "allocated"),
        payers=((OWN, _("Only you")), *((h.slug, h.name) for h in others)) if others else (),
        months=((ALL, _("All months")), *((f"{m:%Y-%m}", figures.month_and_year(m)) for m in _months(today))),
    )


def _buckets() -> Choices:
    return (
        (Bucket.FREE.value, _("Free")),
        (Bucket.ALLOCATED.value, _("Allocated")),
        (Bucket.EARNED.value, _("Earned")),
        (Bucket.PURCHASED.value, _("Purchased")),
    )


def _months(today: date) -> list[date]:
    """This month and those before it, the newest first."""
    found = [today.replace(day=1)]
    while len(found) < MONTHS:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found
