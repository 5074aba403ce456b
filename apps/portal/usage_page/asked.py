"""Which days and which breakdown somebody asks the usage history for. Pure; days are the wallet's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from apps.core.periods import Period
from apps.core.spans import DaySpan, last_days, last_months
from apps.usage.history import DIMENSIONS, Dimension

SPANS = ("7d", "30d", "90d", "12m")
USUAL = "30d"
LONGEST = 3 * 366
"""So many days back one may look."""
MOST_DAYS, MOST_WEEKS = 92, 400
"""Longer spans are not cut into days, or weeks: nobody can read so many columns."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`chosen` is one of `SPANS`, or empty for days of one's own; `problem` says what was wrong with
    those, and then the usual span is shown. `first` and `last` are the texts of the two fields. `person`
    and `centre` are the platform's ids; a cost centre stands for those below it too."""

    span: DaySpan
    chosen: str
    each: Period
    by: Dimension
    operation: str
    person: str
    first: str
    last: str
    problem: str = ""
    centre: str = ""

    def query(self, **changes: str) -> str:
        """The address's query for the same with some parts changed; an empty part goes."""
        days = {"span": self.chosen} if self.chosen else {"from": self.first, "to": self.last}
        parts = {**days, "each": self.each, "by": self.by, "operation": self.operation}
        parts |= {"person": self.person, "centre": self.centre}
        if "span" in changes:
            parts = {k: v for k, v in parts.items() if k not in {"from", "to", "each"}}
        return urlencode({key: value for key, value in (parts | changes).items() if value})

    @property
    def form_parts(self) -> list[tuple[str, str]]:
        """What the form for days and operation has to send along, as (name, value)."""
        parts = (("by", self.by), ("person", self.person), ("centre", self.centre))
        return [(name, value) for name, value in parts if value]


def read_asked(query: Mapping[str, str], *, today: date, by_person: bool) -> Asked:
    """What a page's query asks for; what cannot be made sense of is left at the usual."""
    query = {name: text.replace("\0", "").strip() for name, text in query.items()}
    first, last = query.get("from", "")[:10], query.get("to", "")[:10]
    chosen = query.get("span", "")
    chosen = chosen if chosen in SPANS else USUAL
    own, problem = read_days(first, last, today) if first or last else (None, "")
    span = own or span_of(chosen, today)
    return Asked(
        span=span,
        chosen="" if own else chosen,
        each=_each(query.get("each", ""), span),
        by=_by(query.get("by", ""), by_person),
        operation=query.get("operation", "")[:60],
        person=query.get("person", "")[:128] if by_person else "",
        centre=query.get("centre", "")[:128] if by_person else "",
        first=first or span.first.isoformat(),
        last=last or span.last.isoformat(),
        problem=problem,
    )


def span_of(chosen: str, today: date) -> DaySpan:
    """The days of one of `SPANS`, today included."""
    count = int(chosen[:-1])
    return last_months(count, today) if chosen.endswith("m") else last_days(count, today)


def read_days(first_text: str, last_text: str, today: date) -> tuple[DaySpan | None, str]:
    """The days from and to, or what is wrong with them. One alone is taken as far as today, or as a day."""
    try:
        first = date.fromisoformat(first_text or last_text)
        last = date.fromisoformat(last_text) if last_text else max(today, first)
    except ValueError:
        return None, _("Write both days as year-month-day, such as 2026-11-24.")
    if first > today:
        return None, _("The first day lies ahead: nothing has been used then yet.")
    if last < first:
        return None, _("The last day comes before the first one.")
    if last > today:
        last = today
    if (today - first).days >= LONGEST:
        return None, _("Go back at most three years.")
    return DaySpan(first, last), ""


def cuts(span: DaySpan) -> tuple[Period, ...]:
    """Into what the span can be cut so that there is something to see."""
    found: list[Period] = []
    if span.days <= MOST_DAYS:
        found.append("day")
    if 7 < span.days <= MOST_WEEKS:
        found.append("week")
    if span.days > 31:
        found.append("month")
    return tuple(found)


def _each(text: str, span: DaySpan) -> Period:
    possible = cuts(span)
    usual: Period = "day" if span.days <= 31 else "week" if span.days <= 190 else "month"
    return next((period for period in possible if period == text), usual)


def _by(text: str, by_person: bool) -> Dimension:
    possible = [by for by in DIMENSIONS if by_person or by not in ("person", "cost_centre")]
    return next((by for by in possible if by == text), "operation")
