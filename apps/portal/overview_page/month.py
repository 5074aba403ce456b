"""A month as lines of sums: so far, the month before, where it leads and how sure.

Of an organisation, or of any other total that is kept by day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from apps.allocations.limits import ORGANISATION, LimitRule, Total, raised
from apps.allocations.spending import spent_by_day
from apps.core import figures, forecasting
from apps.core.charts import short_value
from apps.core.forecasting import Forecast, forecast, missed_by
from apps.core.periods import month_start, next_month
from apps.core.sum_chart import Names, SumChart, Sums, sum_chart
from apps.portal.holdings import Holding, Shell
from apps.portal.wallet_page.limits import all_rules, spent_lately

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Month:
    """What a total came to by day, in the organisation's own days; micro-tokens.

    `history` are the whole days before today since something was first spent, `before` the days of the
    month before this, `now` those of this month, the last of them today.
    """

    today: date
    history: tuple[int, ...]
    before: tuple[int, ...]
    now: tuple[int, ...]

    @property
    def first(self) -> date:
        return month_start(self.today)

    @property
    def days(self) -> int:
        return (next_month(self.first) - self.first).days

    @property
    def days_left(self) -> int:
        """Today and the days after it."""
        return self.days - self.today.day + 1

    def forecast(self) -> Forecast | None:
        return forecast(
            self.history, so_far=sum(self.now[:-1]), today=max(self.now[-1], 0), days=self.days_left
        )

    def missed_last_month(self) -> int | None:
        """By how many percent the forecast made on this day of last month missed it."""
        day = min(self.today.day, len(self.before))
        ends = len(self.history) - (self.today.day - 1)
        if ends < len(self.before):
            return None
        return missed_by(
            self.history[:ends], so_far=sum(self.before[: day - 1]), days=len(self.before) - day + 1
        )


def load_month_chart(holding: Holding, shell: Shell) -> SumChart | None:
    """The chart of an organisation's month, at most one query. None where nothing was spent."""
    today = holding.calendar.day_of(shell.at)
    month = make_month(spent_lately(holding, shell)[holding.wallet_id, ORGANISATION, ""], today)
    limit = month_limit(all_rules(holding, shell), (ORGANISATION, ""), today)
    return month_chart(
        month,
        limit,
        about=_("Tokens since the 1st that the organisation paid or had allocated, open holds included."),
    )


def load_month(total: Total, today: date) -> Month:
    """The days of a total, as many as a forecast can learn from; one query."""
    return make_month(spent_by_day(total, today - timedelta(days=forecasting.KNOWN), today), today)


def month_limit(rules: Sequence[LimitRule], subject: tuple[str, str], today: date) -> int | None:
    """What a subject may spend this month with what was granted on top; None without a limit."""
    own = (
        rule
        for rule in rules
        if (rule.subject_type, rule.subject_key, rule.period) == (*subject, "month") and not rule.is_raise
    )
    return next((raised(rule, rules, subject, today).tokens for rule in own), None)


def month_chart(month: Month, limit: int | None, *, about: str) -> SumChart | None:
    """The month as it is drawn; `about` says what it counts. None where nothing was spent."""
    if not any(month.now) and not any(month.before):
        return None
    ahead = month.forecast()
    sums = Sums(month.first, month.days, month.now, month.before, ahead, limit)
    return sum_chart(sums, _names(month, ahead, limit, about))


def make_month(spent: dict[date, int], today: date) -> Month:
    """The days of `spent`, put in order; days without any are nothing."""
    first = month_start(today)
    before = month_start(first - _DAY)

    def days(begin: date, end: date) -> tuple[int, ...]:
        return tuple(spent.get(begin + timedelta(days=n), 0) for n in range((end - begin).days))

    began = min(spent, default=today)
    return Month(today, days(began, today), days(before, first), days(first, today + _DAY))


def _names(month: Month, ahead: Forecast | None, limit: int | None, about: str) -> Names:
    before = figures.month_name(month.first - _DAY)
    so_far = sum(month.now)
    return Names(
        title=_title(month, ahead, limit),
        note=_note(month, ahead, about),
        before=_("%(month)s %(tokens)s") % {"month": before, "tokens": short_value(sum(month.before))},
        today=_("%(tokens)s today") % {"tokens": short_value(so_far)},
        likely=_("%(tokens)s likely") % {"tokens": short_value(ahead.end)} if ahead else "",
        limit=_("Limit %(tokens)s") % {"tokens": figures.figure(limit)} if limit is not None else "",
    )


def _title(month: Month, ahead: Forecast | None, limit: int | None) -> str:
    """Where the month leads, beside the one before or the limit."""
    before = sum(month.before)
    words = {
        "month": figures.month_name(month.first),
        "before": figures.month_name(month.first - _DAY),
        "likely": short_value(ahead.end) if ahead else "",
        "tokens": short_value(sum(month.now)),
    }
    if ahead is None:
        return _("%(month)s so far: %(tokens)s tokens") % words
    if limit is not None and ahead.end > limit:
        words["limit"] = str(figures.figure(limit))
        return _("%(month)s is likely to reach the limit of %(limit)s before its end") % words
    if before <= 0:
        return _("%(month)s is likely to end near %(likely)s") % words
    percent = (abs(ahead.end - before) * 100 + before // 2) // before
    words["percent"] = str(percent)
    if ahead.end >= before * 3:
        return _("%(month)s is likely to end near %(likely)s, more than three times %(before)s") % words
    if percent == 0:
        return _("%(month)s is likely to end near %(likely)s, level with %(before)s") % words
    if ahead.end < before:
        return _("%(month)s is likely to end near %(likely)s, %(percent)s %% below %(before)s") % words
    return _("%(month)s is likely to end near %(likely)s, %(percent)s %% above %(before)s") % words


def _note(month: Month, ahead: Forecast | None, about: str) -> str:
    parts = [about]
    if ahead and ahead.low:
        parts.append(_("The band held 8 times in 10 in the past half year."))
    missed = month.missed_last_month() if ahead else None
    if missed is not None:
        words = {"month": figures.month_name(month.first - _DAY), "percent": abs(missed)}
        if missed == 0:
            parts.append(_("On this day of %(month)s the forecast was right.") % words)
        elif missed > 0:
            parts.append(_("On this day of %(month)s the forecast was %(percent)d %% too low.") % words)
        else:
            parts.append(_("On this day of %(month)s the forecast was %(percent)d %% too high.") % words)
    return " ".join(parts)
