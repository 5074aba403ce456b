"""The caps of a cost centre, with what was granted on top of them. Micro-tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.utils.translation import gettext as _

from apps.allocations import limits
from apps.allocations.limits import Limit, LimitRule, Tally, on_day
from apps.core import figures
from apps.core.periods import Period
from apps.portal.budget_page.standing import PERIODS as PERIOD_WORDS
from apps.portal.holdings import Holding

ORDER: tuple[Period, ...] = ("month", "total", "week", "day")


@dataclass(frozen=True, slots=True)
class Cap:
    """A cap as it was set, and as it holds with what was granted on top; `own` None is no cap."""

    own: int | None
    limit: Limit


def caps_of(key: str, rules: Sequence[LimitRule], holding: Holding, today: date) -> list[Cap]:
    """The centre's caps, that of the month first; without any this month's spending is what counts."""
    whose = (limits.COST_CENTRE, key)
    held = {
        rule.period: rule
        for rule in rules
        if (rule.subject_type, rule.subject_key) == whose and not rule.is_raise and rule.tokens is not None
    }
    found = [held[period] for period in ORDER if period in held]
    return [
        Cap(
            rule.tokens,
            on_day(
                limits.raised(rule, rules, whose, today), (holding.wallet_id, *whose), holding.calendar, today
            ),
        )
        for rule in found or [LimitRule(*whose, "month", None)]
    ]


def used_of(cap: Cap, tally: Tally) -> Fraction:
    """How much of a cap is used; a cap of nothing is wholly used."""
    tokens = cap.limit.rule.tokens
    return Fraction(tally.spent(cap.limit), tokens) if tokens else Fraction(1)


def cap_words(rule: LimitRule) -> str:
    """``1,000 per month``."""
    words = {"tokens": figures.figure(rule.tokens or 0), "period": _(PERIOD_WORDS[rule.period])}
    return _("%(tokens)s %(period)s") % words
