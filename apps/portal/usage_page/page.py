"""Everything a usage page shows, read at one instant. Amounts are micro-tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import Http404
from django.utils.translation import gettext as _

from apps.core import figures, findings
from apps.core.charts import Point, TimeChart, time_chart
from apps.core.periods import Calendar, Period, zone
from apps.core.spans import DaySpan, pieces
from apps.organisations.selectors import centre_and_below
from apps.portal.holdings import Holding, Shell
from apps.portal.usage_page.asked import Asked
from apps.portal.usage_page.choices import BY_NAMES, Choice, by_choices, cut_choices, span_choices
from apps.portal.usage_page.links import Links
from apps.portal.usage_page.names import Name, names_of, person_of
from apps.portal.usage_page.rows import MOST, Row, make_rows
from apps.usage.history import Dimension, Instants, Part, Sum, Wanted, breakdown, sums_over_time

MOST_OPERATIONS = 200
Named = tuple[Sequence[Part], Sequence[Name]]
"""Rows of a breakdown and what each is called."""


@dataclass(frozen=True, slots=True)
class UsagePage:
    """A span of use: in all and in the span before, over time, and by one dimension.

    `person` is the name of the one person an organisation's page is about, `centre` that of the one cost
    centre; `operations` are those used, as (code, name).
    """

    holding: Holding
    at: datetime
    zone: ZoneInfo
    asked: Asked
    person: str
    centre: str
    days: str
    days_before: str
    total: Sum
    before: Sum
    worth: str
    chart: TimeChart
    title: str
    rows: tuple[Row, ...]
    operations: tuple[tuple[str, str], ...]
    spans: tuple[Choice, ...]
    cuts: tuple[Choice, ...]
    dimensions: tuple[Choice, ...]
    links: Links

    @property
    def places(self) -> int:
        return figures.sum_places([row.amount for row in self.rows], self.total.amount)

    @property
    def average_places(self) -> int:
        return figures.column_places([row.average or 0 for row in self.rows])

    @property
    def by_name(self) -> str:
        return _(BY_NAMES[self.asked.by])

    @property
    def operation_name(self) -> str:
        return dict(self.operations).get(self.asked.operation, self.asked.operation)

    @property
    def rows_count_uses(self) -> bool:
        """Whether the rows' uses add up: a use that several paid counts for each of them."""
        return sum(row.uses for row in self.rows) == self.total.uses

    @property
    def whole_share(self) -> str:
        return figures.share(self.total.amount, self.total.amount)

    @property
    def everybody_url(self) -> str:
        return self.links.here(person="", by="person")

    @property
    def every_centre_url(self) -> str:
        return self.links.here(centre="", by="cost_centre")

    @property
    def csv_url(self) -> str:
        return self.links.csv()

    @property
    def list_url(self) -> str:
        return self.links.transactions(self.asked.span)


def load_usage_page(holding: Holding, shell: Shell, asked: Asked, *, most: int = MOST) -> UsagePage:
    """The page, its breakdown with at most so many rows; Http404 for a person or a cost centre that
    is not there.

    At most seven queries beside the shell's, whatever the span.
    """
    calendar, at = shell.desk.wallets[holding.wallet_id].calendar, shell.at
    wanted, person = _wanted(holding, asked)
    wanted, centre = _for_centre(wanted, holding, asked)
    before, whole, parts = _instants(calendar, asked, at)
    sums = sums_over_time(wanted, [before, whole, *parts])
    operations, found = _breakdowns(wanted, holding, asked, whole, most)
    links = Links(holding, asked, person)
    rows = make_rows(*found, sums[1], links, most=most)
    return UsagePage(
        holding=holding,
        at=at,
        zone=zone(calendar.zone_at(at)),
        asked=asked,
        person=person,
        centre=centre,
        days=_days(asked.span),
        days_before=_days(asked.span.before),
        total=sums[1],
        before=sums[0],
        worth=figures.money(sums[1].amount, holding.token_price_minor, holding.currency),
        chart=_chart(sums, ("", 0) if asked.operation else _top(*operations), links, calendar, at),
        title=_title(rows, sums[1], asked.by),
        rows=rows,
        operations=tuple((part.key, name.text) for part, name in zip(*operations, strict=True)),
        spans=tuple(span_choices(links)),
        cuts=tuple(cut_choices(links)),
        dimensions=tuple(by_choices(links)),
        links=links,
    )


def _title(rows: Sequence[Row], whole: Sum, by: Dimension) -> str:
    if not rows:
        return _("Nothing was spent")
    about: findings.About = "person" if by == "person" else "payer" if by == "payer" else "thing"
    return findings.share_title(rows[0].name, rows[0].amount, whole.amount, about)


def _breakdowns(
    wanted: Wanted, holding: Holding, asked: Asked, whole: Instants, most: int
) -> tuple[Named, Named]:
    """All operations, and what is asked for, which may be the same: rows with their names."""
    parts = breakdown(replace(wanted, operation=""), whole, "operation", limit=MOST_OPERATIONS)
    operations = (parts, _names(parts, holding, "operation"))
    if asked.by == "operation" and not asked.operation:
        return operations, operations
    found = breakdown(wanted, whole, asked.by, limit=most + 1)
    return operations, (found, _names(found, holding, asked.by))


def _wanted(holding: Holding, asked: Asked) -> tuple[Wanted, str]:
    wanted = Wanted(holding.wallet_id, not holding.is_own, operation=asked.operation)
    if not asked.person or holding.is_own:
        return wanted, ""
    found = person_of(asked.person, holding.wallet_id)
    if found is None:
        raise Http404
    return replace(wanted, person_wallet_id=found[0]), found[1]


def _for_centre(wanted: Wanted, holding: Holding, asked: Asked) -> tuple[Wanted, str]:
    """The same for one cost centre and all below it: spending counts for those above."""
    if not asked.centre:
        return wanted, ""
    found = centre_and_below(holding.organisation_id, asked.centre)
    if not found:
        raise Http404
    return replace(wanted, centre_ids=tuple(row.pk for row in found)), found[0].name


def _instants(calendar: Calendar, asked: Asked, at: datetime) -> tuple[Instants, Instants, list[Instants]]:
    """The span before as far as the present day has come, the span itself, its pieces."""
    span = asked.span
    before_ends = span.starts(calendar)
    if calendar.day_of(at) == span.last:
        so_far = at - calendar.start_of(span.last)
        before_ends = min(calendar.start_of(span.before.last) + so_far, before_ends)
    before = (span.before.starts(calendar), before_ends)
    return before, _bounds(span, calendar), [_bounds(p, calendar) for p in pieces(asked.each, span)]


def _bounds(span: DaySpan, calendar: Calendar) -> Instants:
    return span.starts(calendar), span.ends(calendar)


def _names(parts: Sequence[Part], holding: Holding, by: Dimension) -> list[Name]:
    return names_of(parts, by, price_book=holding.price_book, is_organisation=not holding.is_own)


def _top(parts: Sequence[Part], names: Sequence[Name]) -> tuple[str, int]:
    if not parts:
        return "", 0
    return findings.inside_a_sentence(names[0].text), parts[0].sum.amount


def _days(span: DaySpan) -> str:
    return figures.days_between(span.first, span.last)


def _chart(
    sums: Sequence[Sum], top: tuple[str, int], links: Links, calendar: Calendar, at: datetime
) -> TimeChart:
    asked = links.asked
    title = findings.spending_title(
        sums[1].amount, sums[0].amount, days=_days(asked.span.before), top=top[0], top_amount=top[1]
    )
    notes = {"day": _("Tokens per day, %(days)s."), "week": _("Tokens per week, %(days)s.")}
    note = notes.get(asked.each, _("Tokens per month, %(days)s.")) % {"days": _days(asked.span)}
    heads = {"day": _("Day"), "week": _("Week"), "month": _("Month")}
    points = list(_points(sums[2:], links, calendar.day_of(at) == asked.span.last))
    return time_chart(points, title=title, note=note, head=heads[asked.each])


def _points(sums: Sequence[Sum], links: Links, is_running: bool) -> Iterator[Point]:
    cut = pieces(links.asked.each, links.asked.span)
    for place, (piece, found) in enumerate(zip(cut, sums, strict=True)):
        yield Point(
            name=_piece_name(piece, links.asked.each),
            tick=_tick(piece, links.asked.each),
            amount=found.amount,
            running=is_running and place == len(cut) - 1,
            url=links.transactions(piece),
            uses=found.uses,
        )


def _piece_name(piece: DaySpan, each: Period) -> str:
    if each == "month" and (piece.first.day == 1):
        return figures.month_and_year(piece.first)
    return _days(piece)


def _tick(piece: DaySpan, each: Period) -> str:
    return figures.month_short(piece.first) if each == "month" else figures.day_name(piece.first)
