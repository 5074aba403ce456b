"""What was spent lately, and how long the tokens last at that pace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import sql
from apps.wallets.places import AFTER, earliest_wanted, halving, halving_values
from apps.wallets.state import Desk, WalletState

DAYS = 14
A_YEAR = 365
_DAY = timedelta(days=1)
SPENDING = ("charge", "refund")


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


_SPENT = f"""
WITH RECURSIVE {halving("first")}
SELECT {AFTER.format(name="first")}, MIN(m.at),
       COALESCE(SUM(CASE WHEN m.kind IN ('charge', 'refund') AND m.at >= %s THEN m.amount ELSE 0 END), 0),
       COALESCE(SUM(CASE WHEN m.kind IN ('charge', 'refund') THEN m.amount ELSE 0 END), 0)
FROM wallets_movement m
WHERE m.wallet_id = %s AND m.sequence > {AFTER.format(name="first")} AND m.at >= %s
"""


def load_recently(wallet: WalletState, desk: Desk, at: datetime) -> Recently:
    """Today's spending and that of the last fourteen days, or since the wallet first moved: one query."""
    since = at - DAYS * _DAY
    today = wallet.calendar.start_of(wallet.calendar.day_of(at))
    values = [*halving_values(wallet.id, earliest_wanted(since)), today, wallet.id, since]
    before, first, moved_today, moved = sql.fetch(_SPENT, values)[0]
    drafts = [d for d in desk.movements if d.wallet_id == wallet.id and d.transfer.kind in SPENDING]
    return Recently(
        today=-int(moved_today) - sum(d.amount for d in drafts if d.transfer.at >= today),
        spent=-int(moved) - sum(d.amount for d in drafts if d.transfer.at >= since),
        days=DAYS if before or first is None else min((at - sql.instant(first)) // _DAY + 1, DAYS),
        available=wallet.available,
    )
