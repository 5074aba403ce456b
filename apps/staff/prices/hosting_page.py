"""What hosting and storage cost in a price book, version by version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.core import figures
from apps.core.errors import NotFound
from apps.pricing.hosting import GIGABYTE, HostingRates
from apps.pricing.hosting_file import compile_hosting
from apps.pricing.models import HostingRateVersion, PriceBook
from apps.staff.prices.shown import COMING, NOW, PAST

SHOWN = 30


@dataclass(frozen=True, slots=True)
class HostingFact:
    """One thing that a version says; `before` is what the version before said, if that was something else."""

    label: str
    value: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class HostingLine:
    """A version on the time line; `number` counts from the first."""

    number: int
    standing: str
    since: datetime
    published_at: datetime
    published_by: str
    facts: tuple[HostingFact, ...]


@dataclass(frozen=True, slots=True)
class HostingPage:
    """A price book's hosting and storage rates, the newest first."""

    book: str
    book_name: str
    versions: tuple[HostingLine, ...]


def load_hosting_page(code: str, *, at: datetime) -> HostingPage:
    """The last versions of a book's hosting rates; NotFound for an unknown book. Two queries."""
    book = PriceBook.objects.filter(pk=code).first()
    if book is None:
        raise NotFound(f"There is no price book {code!r}.")
    rows = list(HostingRateVersion.objects.filter(price_book=book).order_by("effective_from"))
    lines = list(_lines(rows, at))
    return HostingPage(book.code, book.name, tuple(reversed(lines[-SHOWN:])))


def _lines(rows: list[HostingRateVersion], at: datetime) -> Iterator[HostingLine]:
    now = max((row.effective_from for row in rows if row.effective_from <= at), default=None)
    before: dict[str, str] = {}
    for number, row in enumerate(rows, 1):
        said = dict(_facts(compile_hosting(row.pk, row.effective_from, row.spec)))
        past_or_coming = COMING if row.effective_from > at else PAST
        yield HostingLine(
            number=number,
            standing=NOW if row.effective_from == now else past_or_coming,
            since=row.effective_from,
            published_at=row.published_at,
            published_by=row.published_by,
            facts=tuple(_compared(said, before)),
        )
        before = said


def _compared(said: dict[str, str], before: dict[str, str]) -> Iterator[HostingFact]:
    for label, value in said.items():
        earlier = before.get(label, value)
        yield HostingFact(label, value, earlier if earlier != value else "")


def _facts(rates: HostingRates) -> Iterator[tuple[str, str]]:
    for kind, rate in rates.kinds.items():
        label = _("%(kind)s, tokens per member and month") % {"kind": kind_name(kind)}
        words = {"tokens": figures.figure(rate.micro_per_member), "count": figures.count(rate.free)}
        yield label, _("%(tokens)s; %(count)s free") % words if rate.free else str(words["tokens"])
    yield _("Storage, tokens per GB and month"), str(figures.figure(rates.micro_per_gigabyte))
    for payer, size in rates.free_bytes.items():
        yield _pool_name(payer), _("%(size)s GB") % {"size": figures.count(size // GIGABYTE)}
    yield _("A bill is overdue after"), _("%(count)s days") % {"count": figures.count(rates.grace_days)}


def kind_name(kind: str) -> str:
    """What a kind of hosted resource is called."""
    names = {"campus": _("Campus"), "course": _("Course"), "session": _("Session"), "task": _("Task")}
    return names.get(kind, kind)


def _pool_name(payer: str) -> str:
    return _("Free storage of an organisation") if payer == "organisation" else _("Free storage of a person")
