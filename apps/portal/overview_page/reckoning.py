"""From what an organisation's wallet spent this month to what its limits count: one sum, line by line."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.core import figures
from apps.core.sum_chart import SumChart
from apps.portal.wallet_page.page import WalletPage
from apps.portal.wallet_page.statement import Line


@dataclass(frozen=True, slots=True)
class Reckoning:
    """`spent` + the lines = `counted`, exactly."""

    spent: int
    lines: tuple[Line, ...]
    counted: int

    @property
    def places(self) -> int:
        return figures.sum_places([self.spent, *(line.amount for line in self.lines)], self.counted)


def reckon(page: WalletPage, chart: SumChart | None) -> Reckoning | None:
    """None where there is nothing to explain.

    What members spent of allocated tokens is what is left: reading it would take every charge of the month,
    and `verify_ledger` proves that daily totals are made of nothing else.
    """
    spending, held = page.spending, page.promised
    counted = [row.now for row in chart.rows if row.now is not None][-1] if chart else spending.this
    written = spending.this - spending.earlier - spending.settling
    allocated = counted - held.open - held.due - written
    lines = [
        Line(_("For use that began before this month"), -spending.earlier),
        Line(_("Spent by members from allocated tokens"), allocated),
        Line(_("Held for what is under way"), held.open),
        Line(_("Holds that just ended, not settled yet"), held.due - spending.settling),
    ]
    shown = tuple(line for line in lines if line.amount)
    return Reckoning(spending.this, shown, counted) if shown and allocated >= 0 else None
