"""Which transactions are asked for: read from an address, and written back into one.

Pure. What cannot be read is left out rather than refused: an address is often typed or shortened.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from apps.core.periods import Calendar, day_typed, next_month
from apps.ledger.models import Bucket
from apps.usage.transactions import TYPES

ALL = "all"
OWN = "own"
NAMES = {"from_on": "from", "to_on": "to"}
"""Parts that an address calls by words that Python keeps for itself."""
LONGEST_TEXT = 100
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"(?:[TC]-|ch_)?([1-9]\d{0,17})", re.ASCII | re.IGNORECASE)
_CURSOR = re.compile(r"(\d{1,18})-(\d{1,18})-(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the page before ended: among the wallet's movements, and among the charges (by when they were
    made, and id) that an organisation paid in whole."""

    sequence: int
    made_at: datetime
    charge_id: int

    def __str__(self) -> str:
        micros = (self.made_at - EPOCH) // timedelta(microseconds=1)
        return f"{self.sequence}-{micros}-{self.charge_id}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for, as it stands in the address; empty where it does not matter.

    `month` is ``2026-11``, or ``all``; `from_on` and `to_on` are days, both included, and go before the
    month. `payer` is ``own`` or an organisation's slug, `person` part of a name.
    """

    q: str = ""
    type: str = ""
    operation: str = ""
    bucket: str = ""
    payer: str = ""
    person: str = ""
    month: str = ""
    from_on: date | None = None
    to_on: date | None = None

    @property
    def number(self) -> int | None:
        """The number that was typed: of a transfer or a charge."""
        match = _NUMBER.fullmatch(self.q)
        return int(match[1]) if match else None

    @property
    def is_narrow(self) -> bool:
        """Whether anything but the time is asked for."""
        return any((self.q, self.type, self.operation, self.bucket, self.payer, self.person))

    def query(self, **changes: str) -> str:
        """The same as the query of an address, with parts changed or added."""
        parts = {NAMES.get(field.name, field.name): getattr(self, field.name) for field in fields(self)}
        return urlencode({name: str(value) for name, value in {**parts, **changes}.items() if value})


@dataclass(frozen=True, slots=True)
class Period:
    """The days asked for, as instants: `from_at` counts, `to_at` no longer; None is without end.

    `month` is the first day of the month if it is one.
    """

    month: date | None
    first: date | None
    last: date | None
    from_at: datetime | None
    to_at: datetime | None

    def holds(self, at: datetime) -> bool:
        return (self.from_at is None or self.from_at <= at) and (self.to_at is None or at < self.to_at)


def read_wanted(query: Mapping[str, str]) -> Wanted:
    """What the query of an address asks for."""
    kind, bucket = query.get("type", ""), query.get("bucket", "")
    return Wanted(
        q=_text(query, "q"),
        type=kind if kind in TYPES else "",
        operation=_text(query, "operation"),
        bucket=bucket if bucket in Bucket.values else "",
        payer=_text(query, "payer"),
        person=_text(query, "person"),
        month=query.get("month", "") if _month(query.get("month", "")) else "",
        from_on=day_typed(query.get("from", "")),
        to_on=day_typed(query.get("to", "")),
    )


def read_cursor(text: str) -> Cursor | None:
    """Where to go on; None for the first page and for what is no cursor."""
    match = _CURSOR.fullmatch(text)
    if match is None:
        return None
    try:
        made_at = EPOCH + timedelta(microseconds=int(match[2]))
    except OverflowError:
        return None
    return Cursor(int(match[1]), made_at, int(match[3]))


def period_of(wanted: Wanted, calendar: Calendar, at: datetime) -> Period:
    """The stretch of time: the days named, else the month, else this month; a number is sought in all."""
    if wanted.number is not None:
        return Period(None, None, None, None, None)
    if wanted.from_on or wanted.to_on:
        return _days(None, wanted.from_on, wanted.to_on, calendar)
    if wanted.month == ALL:
        return Period(None, None, None, None, None)
    first = _month(wanted.month) or calendar.day_of(at).replace(day=1)
    return _days(first, first, next_month(first) - timedelta(days=1), calendar)


def _days(month: date | None, first: date | None, last: date | None, calendar: Calendar) -> Period:
    from_at = calendar.start_of(first) if first else None
    to_at = calendar.start_of(last + timedelta(days=1)) if last else None
    return Period(month, first, last, from_at, to_at)


def _text(query: Mapping[str, str], name: str) -> str:
    return query.get(name, "").replace("\0", "").strip()[:LONGEST_TEXT]


def _month(text: str) -> date | None:
    """The first day of ``2026-11``; for ``all`` any day will do."""
    return date.max if text == ALL else day_typed(f"{text}-01")
