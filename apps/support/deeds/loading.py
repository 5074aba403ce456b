"""Load a price book's file. Payload: name (of the file), text, starts_at (ISO text or None)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core import figures
from apps.core.errors import InvalidState, ValidationError
from apps.identity.auditing import record_audit
from apps.pricing.differences import Difference, differences
from apps.pricing.file_tables import PriceFileError
from apps.pricing.models import RateVersion
from apps.pricing.price_book_file import PriceBookFile, parse_price_book
from apps.pricing.selectors import open_catalogue
from apps.pricing.services import LoadReport, load_price_book
from apps.support.deeds.price_words import rate_name
from apps.support.deeds.pricing import digest, lines_of, money_of, month_line, start_words, starting
from apps.support.kinds import Effect, Kind, Order, Outcome, Payload
from apps.support.roles import Action
from apps.usage.last_month import LastMonth, rerate_last_month

LOAD = "load_price_file"
LONGEST = 200_000
SHOWN = 12
"""So many rates are told one by one in a proposal."""


@dataclass(frozen=True, slots=True)
class RateChange:
    """A rate that would get a version: what it says differently; `follows` is None for a new rate."""

    rate_id: int
    name: str
    follows: int | None
    starts_at: datetime
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class FilePreview:
    """What loading a file would do: rates with new versions, and what else differs, in text."""

    book: str
    name: str
    rates: tuple[RateChange, ...]
    other: tuple[str, ...]
    hosting: bool
    month: LastMonth


def preview_file(payload: Payload, at: datetime) -> FilePreview:
    """A dry run: nothing is stored.

    ValidationError (field ``text``) for a file that is wrong, which says where; InvalidState where
    nothing would change or the past would.
    """
    book, starts_at = _read(payload), starting(payload)
    if starts_at is not None and starts_at < at:
        raise InvalidState(_("A price never begins in the past. Choose a later moment, or now."))
    with transaction.atomic():
        last = RateVersion.objects.aggregate(last=Max("pk"))["last"] or 0
        report = load_price_book(book=book, at=at, actor="dry run", effective_from=starts_at)
        found = _preview(payload["name"], report, last, at)
        transaction.set_rollback(True)
    if report.is_empty:
        raise InvalidState(_("Nothing would change: the price book is as the file says already."))
    return found


def _read(payload: Payload) -> PriceBookFile:
    text = payload["text"]
    if len(text) > LONGEST:
        raise ValidationError({"text": [_("A price book's file is shorter than that.")]})
    try:
        return parse_price_book(text, payload["name"])
    except PriceFileError as wrong:
        raise ValidationError({"text": [str(wrong)]}) from None


def _preview(name: str, report: LoadReport, last: int, at: datetime) -> FilePreview:
    fresh = list(
        RateVersion.objects.filter(pk__gt=last, rate__operation__price_book=report.price_book)
        .select_related("rate__operation__price_book")
        .order_by("rate__operation__position", "rate__position", "rate__model")
    )
    return FilePreview(
        book=report.price_book,
        name=name,
        rates=tuple(_changes(fresh, last)),
        other=report.changes.other,
        hosting=report.hosting,
        month=rerate_last_month({version.rate_id: version.spec for version in fresh}, at=at),
    )


def _changes(fresh: list[RateVersion], last: int) -> Iterator[RateChange]:
    before: dict[int, RateVersion] = {}
    starts = {version.rate_id: version.effective_from for version in fresh}
    rows = RateVersion.objects.filter(rate__in=list(starts), pk__lte=last).order_by("effective_from")
    for row in rows:
        if row.effective_from <= starts[row.rate_id]:
            before[row.rate_id] = row
    catalogue = open_catalogue()
    for version in fresh:
        old = before.get(version.rate_id)
        owner, exchange = money_of(catalogue, version.rate, version.spec, version.effective_from)
        found = differences(old.spec, version.spec, owner, exchange) if old else ()
        yield RateChange(
            rate_id=version.rate_id,
            name=rate_name(version.rate),
            follows=old.pk if old else None,
            starts_at=version.effective_from,
            differences=tuple(difference for difference in found if difference.is_change),
        )


def effect_of_file(preview: FilePreview, payload: Payload) -> Effect:
    """The same in the few lines that a proposal keeps."""
    told, more = preview.rates[:SHOWN], len(preview.rates) - SHOWN
    lines = [line for rate in told for line in lines_of(rate.differences, f"{rate.name}: ")]
    hints = [start_words(starting(payload)), *preview.other]
    if more > 0:
        hints.append(_("%(count)s more prices change.") % {"count": figures.count(more)})
    return Effect(
        title=_("Load %(file)s: %(count)s new prices")
        % {"file": preview.name, "count": figures.count(len(preview.rates))},
        lines=(month_line(preview.month), *lines),
        facts={
            "file": digest(payload["text"]),
            "starts_at": payload["starts_at"],
            "rates": digest([[rate.name, rate.follows] for rate in preview.rates]),
            "other": list(preview.other),
            "hosting": preview.hosting,
        },
        hint=" ".join(hints),
    )


def foresee(payload: Payload, at: datetime) -> Effect:
    """The effect as a proposal keeps it."""
    return effect_of_file(preview_file(payload, at), payload)


def execute(order: Order) -> Outcome:
    """The file, taken over as a whole."""
    payload = order.payload
    report = load_price_book(
        book=_read(payload), at=order.at, actor=order.actor, effective_from=starting(payload)
    )
    record_audit(
        actor=order.actor,
        action="price_book.load",
        subject=f"price_book:{report.price_book}",
        before=None,
        after={
            "file": payload["name"],
            "sum": digest(payload["text"]),
            "versions": len(report.published),
            "hosting": report.hosting,
            "other": list(report.changes.other),
        },
        at=order.at,
        reason=order.reason,
        address=order.address,
    )
    return Outcome(said=_("The price book %(book)s was loaded.") % {"book": report.price_book})


KIND = Kind(
    code=LOAD,
    name=gettext_lazy("Load a price book"),
    action=Action.PRICE,
    foresee=foresee,
    execute=execute,
)
