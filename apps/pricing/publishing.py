"""Writing new rate versions: what is in force, what shall hold, and only the difference.

Callers hold the catalogue's lock (`claim_catalogue`) in their transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from apps.core.errors import InvalidState
from apps.pricing.models import CatalogueRevision, HostingRateVersion, Operation, Rate, RateVersion
from apps.pricing.specs import Spec

BATCH = 500
MakeSpec = Callable[[Spec | None], Spec]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A rate that shall hold: `make` turns the spec in force (None: there is none yet) into the new one."""

    operation: Operation
    model: str
    position: int
    make: MakeSpec


@dataclass(frozen=True, slots=True)
class Published:
    """A version that was written; `first` if the rate is new."""

    price_book: str
    operation: str
    model: str
    first: bool


def claim_catalogue() -> None:
    """Let publications take their turns: locks the revision's row to the end of the transaction."""
    CatalogueRevision.objects.get_or_create(id=1, defaults={"token": uuid4()})
    CatalogueRevision.objects.select_for_update().get(id=1)


def renew_catalogue() -> None:
    """Tell every process, on commit, that what it knows of prices is old."""
    CatalogueRevision.objects.filter(id=1).update(token=uuid4())


def publish(
    wanted: Iterable[Wanted], *, starts_at: datetime, first_starts_at: datetime, at: datetime, actor: str
) -> list[Published]:
    """Write a version for each wanted rate whose spec differs from the one in force at `starts_at`.

    A rate's first version starts at `first_starts_at`. InvalidState if a rate's prices begin after
    `starts_at`, or a version begins at that very instant: prices are never changed backwards.
    """
    items = list(wanted)
    rates = _claim_rates(items)
    current = _in_force({item.operation.pk for item in items}, starts_at)
    versions, published = [], []
    for item in items:
        rate = rates[item.operation.pk, item.model]
        started, spec = current.get(rate.pk, (None, None))
        fresh = item.make(spec)
        if spec == fresh:
            continue
        if started is not None and started >= starts_at:
            raise InvalidState(
                f"{rate} has a price from {started:%Y-%m-%d %H:%M:%S} UTC; a new one must begin after it."
            )
        versions.append(
            RateVersion(
                rate=rate,
                effective_from=starts_at if spec else first_starts_at,
                spec=fresh,
                published_at=at,
                published_by=actor,
            )
        )
        published.append(
            Published(item.operation.price_book_id, item.operation.code, item.model, first=spec is None)
        )
    RateVersion.objects.bulk_create(versions, batch_size=BATCH)
    return published


def publish_hosting(
    price_book: str, spec: Spec, *, starts_at: datetime, first_starts_at: datetime, at: datetime, actor: str
) -> bool:
    """Write a version of a book's hosting and storage rates if it differs; answers whether it did.

    InvalidState if a version begins at `starts_at` or later: prices are never changed backwards.
    """
    rows = HostingRateVersion.objects.filter(price_book=price_book)
    latest = rows.order_by("-effective_from").first()
    if latest is not None and latest.spec == spec:
        return False
    if latest is not None and latest.effective_from >= starts_at:
        raise InvalidState(f"There are {latest} UTC already; new rates must begin after them.")
    HostingRateVersion.objects.create(
        price_book_id=price_book,
        effective_from=starts_at if latest else first_starts_at,
        spec=spec,
        published_at=at,
        published_by=actor,
    )
    return True


def _claim_rates(items: list[Wanted]) -> dict[tuple[int, str], Rate]:
    """The rates of the items, made where they do not exist."""
    operations = {item.operation.pk for item in items}
    known = {(rate.operation_id, rate.model): rate for rate in Rate.objects.filter(operation__in=operations)}
    missing = [
        Rate(operation=item.operation, model=item.model, position=item.position)
        for item in items
        if (item.operation.pk, item.model) not in known
    ]
    made = Rate.objects.bulk_create(missing, batch_size=BATCH)
    return known | {(rate.operation_id, rate.model): rate for rate in made}


def _in_force(operations: set[int], at: datetime) -> Mapping[int, tuple[datetime, Spec]]:
    """Per rate the version in force at an instant, or its first one if that is still to come."""
    rows: Iterator[tuple[int, datetime, Spec]] = (
        RateVersion.objects.filter(rate__operation__in=operations)
        .order_by("effective_from")
        .values_list("rate_id", "effective_from", "spec")
        .iterator()
    )
    found: dict[int, tuple[datetime, Spec]] = {}
    for rate_id, start, spec in rows:
        if start <= at or rate_id not in found:
            found[rate_id] = start, spec
    return found
