"""One rate: what it costs now, and all its versions on a time line; two versions side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from apps.core.errors import NotFound
from apps.identity.models import AuditRecord
from apps.pricing.differences import Difference, differences
from apps.pricing.models import Rate, RateVersion
from apps.pricing.selectors import open_catalogue
from apps.pricing.versions import get_thread, version_at
from apps.staff.prices.shown import COMING, NOW, PAST, ShownSpec, show_spec
from apps.support.deeds.price_words import change_words, rate_name, said, what
from apps.support.deeds.pricing import PUBLISH, ExampleChange, examples_of, money_of
from apps.support.models import Proposal

SHOWN = 30
"""So many versions stand on the time line, the newest."""


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One thing that differs, in words; `change` is in percent, empty for words."""

    what: str
    old: str
    new: str
    change: str


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version on the time line. `number` counts from the first; `until` is when the next one begins."""

    id: int
    number: int
    standing: str
    since: datetime
    until: datetime | None
    published_at: datetime
    published_by: str
    reason: str
    shown: ShownSpec
    changes: tuple[ChangeLine, ...]
    before: int | None


@dataclass(frozen=True, slots=True)
class RatePage:
    """A rate at an instant; `versions` are newest first, `choices` all of them as (id, number, since)."""

    id: int
    at: datetime
    name: str
    book: str
    book_name: str
    operation: str
    model: str
    description: str
    now: VersionLine | None
    versions: tuple[VersionLine, ...]
    choices: tuple[tuple[int, int, datetime], ...]
    count: int
    proposals: tuple[Proposal, ...]

    @property
    def hidden(self) -> int:
        return self.count - len(self.versions)

    @property
    def coming(self) -> VersionLine | None:
        """The version that begins next."""
        found = [version for version in self.versions if version.standing == COMING]
        return found[-1] if found else None


def load_rate_page(rate_id: int, *, at: datetime) -> RatePage:
    """A rate with its versions; NotFound if there is none. At most six queries."""
    rate, versions = get_thread(rate_id)
    lines = tuple(_lines(rate, versions, at))
    waiting = Proposal.objects.filter(kind=PUBLISH, state=Proposal.State.OPEN, payload__rate=rate_id)
    return RatePage(
        id=rate.pk,
        at=at,
        name=rate_name(rate),
        book=rate.operation.price_book_id,
        book_name=rate.operation.price_book.name,
        operation=rate.operation.name,
        model=rate.model,
        description=rate.operation.description,
        now=next((line for line in lines if line.standing == NOW), None),
        versions=lines,
        choices=tuple(
            (version.pk, number, version.effective_from) for number, version in enumerate(versions, 1)
        ),
        count=len(versions),
        proposals=tuple(waiting.select_related("requested_by").order_by("-pk")[:5]),
    )


def _lines(rate: Rate, versions: list[RateVersion], at: datetime) -> Iterator[VersionLine]:
    catalogue, current = open_catalogue(), version_at(versions, at)
    reasons = _reasons(rate)
    for place in reversed(range(len(versions))[-SHOWN:]):
        version = versions[place]
        before = versions[place - 1] if place else None
        after = versions[place + 1] if place + 1 < len(versions) else None
        owner, exchange = money_of(catalogue, rate, version.spec, max(at, version.effective_from))
        found = differences(before.spec, version.spec, owner, exchange) if before else ()
        is_now = current is not None and version.pk == current.pk
        yield VersionLine(
            id=version.pk,
            number=place + 1,
            standing=NOW if is_now else COMING if version.effective_from > at else PAST,
            since=version.effective_from,
            until=after.effective_from if after else None,
            published_at=version.published_at,
            published_by=version.published_by,
            reason=reasons.get(version.pk, ""),
            shown=show_spec(version.spec, owner, exchange),
            changes=tuple(change_line(one) for one in found if one.is_change),
            before=before.pk if before else None,
        )


def _reasons(rate: Rate) -> dict[int, str]:
    """Why versions were published, where somebody of the staff said so."""
    rows = AuditRecord.objects.filter(action="rate.publish", subject=f"rate:{rate}"[:200])
    return {row.after["version"]: row.reason for row in rows.order_by("-pk")[:SHOWN] if row.after}


def change_line(difference: Difference) -> ChangeLine:
    """A difference in words."""
    return ChangeLine(
        what(difference),
        said(difference, difference.old),
        said(difference, difference.new),
        change_words(difference.change),
    )


@dataclass(frozen=True, slots=True)
class ComparePage:
    """Two versions of a rate, entry by entry, at one exchange rate."""

    rate_id: int
    name: str
    book: str
    book_name: str
    old: tuple[int, int, datetime]
    new: tuple[int, int, datetime]
    changed: tuple[ChangeLine, ...]
    same: tuple[ChangeLine, ...]
    examples: tuple[ExampleChange, ...]
    choices: tuple[tuple[int, int, datetime], ...]


def load_compare_page(rate_id: int, *, old: int, new: int, at: datetime) -> ComparePage:
    """Two versions side by side; NotFound unless both are versions of the rate."""
    rate, versions = get_thread(rate_id)
    numbers = {v.pk: (v.pk, number, v.effective_from) for number, v in enumerate(versions, 1)}
    if old not in numbers or new not in numbers:
        raise NotFound(f"Rate {rate_id} has no such versions.")
    specs = {version.pk: version.spec for version in versions}
    owner, exchange = money_of(open_catalogue(), rate, specs[new], max(at, numbers[new][2]))
    found = differences(specs[old], specs[new], owner, exchange)
    return ComparePage(
        rate_id=rate_id,
        name=rate_name(rate),
        book=rate.operation.price_book_id,
        book_name=rate.operation.price_book.name,
        old=numbers[old],
        new=numbers[new],
        changed=tuple(change_line(one) for one in found if one.is_change),
        same=tuple(change_line(one) for one in found if not one.is_change),
        examples=tuple(examples_of(rate, specs[old], specs[new], owner, exchange)),
        choices=tuple(numbers.values()),
    )
