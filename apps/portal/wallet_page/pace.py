"""What was spent lately, and how long the tokens last at that pace. Pure but for the active language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.portal.wallet_page.span import LATELY, Span
from apps.portal.wallet_page.sums import Sums

A_YEAR = 365
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Recently:
    """Micro-tokens spent today and in the last `days` days, refunds taken off; what was available after."""

    today: int
    spent: int
    days: int
    available: int

    @property
    def outlook(self) -> str:
        """How long the tokens last, in a sentence; empty where there is no pace to tell from."""
        left = days_left(self.available, self.spent, self.days)
        if left is None:
            return ""
        words = {"days": self.days, "count": left}
        if left > A_YEAR:
            return _("At the pace of the last %(days)d days this lasts more than a year.") % words
        if left == 0:
            return _("At the pace of the last %(days)d days this lasts less than a day.") % words
        return (
            ngettext(
                "At the pace of the last %(days)d days this lasts about %(count)d day.",
                "At the pace of the last %(days)d days this lasts about %(count)d days.",
                left,
            )
            % words
        )


def days_left(available: int, spent: int, days: int) -> int | None:
    """Whole days that what is available lasts if as much goes every day as went in the last `days` days.

    None where nothing went, nothing is there, or less than two days are known. New tokens of a coming
    cycle do not count.
    """
    if spent <= 0 or available <= 0 or days < 2:
        return None
    return available * days // spent


def make_recently(sums: Sums, span: Span, available: int) -> Recently:
    """Today's spending and that of the last fourteen days, or since the wallet first moved."""
    days = LATELY if sums.began_at is None else min((span.at - sums.began_at) // _DAY + 1, LATELY)
    return Recently(sums.today, sums.lately, days, available)
