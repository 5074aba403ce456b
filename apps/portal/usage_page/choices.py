"""The views a usage page offers: spans of days, columns of days, weeks or months, breakdowns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.core.periods import Period
from apps.portal.usage_page.asked import SPANS, cuts
from apps.portal.usage_page.links import Links
from apps.usage.history import DIMENSIONS, Dimension

SPAN_NAMES = {
    "7d": gettext_noop("7 days"),
    "30d": gettext_noop("30 days"),
    "90d": gettext_noop("90 days"),
    "12m": gettext_noop("12 months"),
}
CUT_NAMES: dict[Period, str] = {
    "day": gettext_noop("Days"),
    "week": gettext_noop("Weeks"),
    "month": gettext_noop("Months"),
}
BY_NAMES: dict[Dimension, str] = {
    "operation": gettext_noop("Operation"),
    "model": gettext_noop("Model"),
    "activity": gettext_noop("Activity"),
    "cost_centre": gettext_noop("Cost centre"),
    "payer": gettext_noop("Who paid"),
    "person": gettext_noop("Person"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several views: its name, its address, whether it is the present one."""

    text: str
    url: str
    is_current: bool


def span_choices(links: Links) -> Iterator[Choice]:
    for span in SPANS:
        yield Choice(_(SPAN_NAMES[span]), links.here(span=span), span == links.asked.chosen)


def cut_choices(links: Links) -> Iterator[Choice]:
    for each in cuts(links.asked.span):
        yield Choice(_(CUT_NAMES[each]), links.here(each=each), each == links.asked.each)


def by_choices(links: Links) -> Iterator[Choice]:
    """People and cost centres only in organisations, people not where one of them is chosen already."""
    alone = links.holding.is_own or bool(links.asked.person)
    for by in DIMENSIONS:
        if (by != "person" or not alone) and (by != "cost_centre" or not links.holding.is_own):
            yield Choice(_(BY_NAMES[by]), links.here(by=by), by == links.asked.by)
