"""What happened to a wallet this month, by kind, and what was spent by category against last month.

Pure but for the active language. Amounts are signed micro-tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from apps.core import figures
from apps.portal.wallet_page.span import Span
from apps.portal.wallet_page.sums import SPENDING, Sums

KINDS = {
    "user": (
        ("lapse", gettext_noop("Lapsed, free")),
        ("grant", gettext_noop("Granted, free")),
        ("allocation", gettext_noop("Allocated to you")),
        ("reclaim", gettext_noop("Reclaimed")),
        ("promotion", gettext_noop("Earned")),
        ("migration", gettext_noop("Carried over")),
        ("adjustment", gettext_noop("Corrected by support")),
        ("purchase", gettext_noop("Bought")),
        ("payment", gettext_noop("Paid with money")),
        ("charge", gettext_noop("Spent")),
        ("refund", gettext_noop("Refunded")),
        ("bill", gettext_noop("Hosting and storage")),
        ("bill_refund", gettext_noop("Bills returned")),
    ),
    "organisation": (
        ("lapse", gettext_noop("Lapsed, free")),
        ("grant", gettext_noop("Granted, free")),
        ("promotion", gettext_noop("Earned")),
        ("migration", gettext_noop("Carried over")),
        ("adjustment", gettext_noop("Corrected by support")),
        ("purchase", gettext_noop("Bought")),
        ("payment", gettext_noop("Paid with money")),
        ("allocation", gettext_noop("Allocated to members")),
        ("reclaim", gettext_noop("Reclaimed from members")),
        ("charge", gettext_noop("Spent")),
        ("refund", gettext_noop("Refunded")),
        ("bill", gettext_noop("Hosting and storage")),
        ("bill_refund", gettext_noop("Bills returned")),
    ),
}
MOST = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the slip."""

    label: str
    amount: int


@dataclass(frozen=True, slots=True)
class Statement:
    """The month as a slip: opening + lines = closing, exactly, in columns of `places` decimals."""

    opening: int
    lines: tuple[Line, ...]
    closing: int

    @property
    def places(self) -> int:
        return figures.sum_places([self.opening, *(line.amount for line in self.lines)], self.closing)


@dataclass(frozen=True, slots=True)
class Category:
    """Spending on one category, refunds taken off; `bar` and `mark` are SVG lengths."""

    name: str
    this: int
    last: int
    bar: str
    mark: str

    @property
    def change(self) -> int:
        return self.this - self.last


@dataclass(frozen=True, slots=True)
class Spending:
    """Spending by category, the largest first, and together.

    Of what was spent this month, `earlier` is of charges made before it, `settling` of holds just ended.
    """

    categories: tuple[Category, ...]
    this: int
    last: int
    title: str
    days: str
    last_days: str
    earlier: int
    settling: int

    @property
    def change(self) -> int:
        return self.this - self.last

    @property
    def places(self) -> int:
        return max(
            figures.sum_places([category.this for category in self.categories], self.this),
            figures.sum_places([category.change for category in self.categories], self.change),
        )


def make_statement(owner_type: str, sums: Sums, balance: int) -> Statement:
    """The month's slip; kinds without movement are left out, unknown ones come together at the end."""
    known = KINDS[owner_type]
    lines = [Line(_(label), sums.of(this=True, kinds=[kind])) for kind, label in known]
    others = sums.kinds() - {kind for kind, _label in known}
    lines.append(Line(_("Other"), sums.of(this=True, kinds=others)))
    shown = tuple(line for line in lines if line.amount)
    return Statement(balance - sum(line.amount for line in shown), shown, balance)


def make_spending(sums: Sums, span: Span) -> Spending:
    """Spending by category with its finding as a title."""
    pairs = [
        (sums.names.get(code) or _("Other"), _spent(sums, code, this=True), _spent(sums, code, this=False))
        for code in sorted(sums.categories())
    ]
    pairs.sort(key=lambda pair: (-pair[1], -pair[2], pair[0]))
    pairs = _gathered([pair for pair in pairs if pair[1] or pair[2]])
    longest = max((n for pair in pairs for n in pair[1:]), default=0) * 20 // 19
    categories = tuple(
        Category(name, this, last, figures.percent(this, longest), figures.percent(last, longest))
        for name, this, last in pairs
    )
    this, last = sum(c.this for c in categories), sum(c.last for c in categories)
    days = figures.days_span(span.today.replace(day=1), span.today)
    last_days = figures.days_span(span.before_first, span.before_last)
    title = _title(categories, this, last, last_days)
    return Spending(categories, this, last, title, days, last_days, sums.earlier, sums.settling)


def _spent(sums: Sums, code: str, *, this: bool) -> int:
    return -sums.of(this=this, kinds=SPENDING, category=code)


def _gathered(pairs: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """At most `MOST` rows; the smallest are put together."""
    if len(pairs) <= MOST:
        return pairs
    rest = pairs[MOST - 1 :]
    return [*pairs[: MOST - 1], (_("All others"), sum(p[1] for p in rest), sum(p[2] for p in rest))]


def _title(categories: Sequence[Category], this: int, last: int, last_days: str) -> str:
    """The finding in one sentence."""
    if not categories:
        return _("Nothing spent from this wallet so far")
    if this <= 0:
        return _("Nothing spent from this wallet this month, unlike last month")
    return _("%(finding)s, %(most)s") % {
        "finding": _finding(this, last, last_days),
        "most": _most(categories, this),
    }


def _finding(this: int, last: int, days: str) -> str:
    if last <= 0:
        return _("Spending has begun this month")
    difference = (abs(this - last) * 100 + last // 2) // last
    words = {"percent": difference, "days": days}
    if difference == 0:
        return _("Spending is level with %(days)s") % words
    if this < last:
        return _("Spending is %(percent)d %% below %(days)s") % words
    if difference >= 200:
        return _("Spending is %(times)d times that of %(days)s") % {"times": this // last, "days": days}
    return _("Spending is %(percent)d %% above %(days)s") % words


def _most(categories: Sequence[Category], this: int) -> str:
    top = categories[0]
    if len(categories) == 1 or top.this == this:
        return _("all of it: %(category)s") % {"category": top.name}
    if top.this * 2 >= this:
        return _("mostly %(category)s") % {"category": _inside_a_sentence(top.name)}
    return _("most of all %(category)s") % {"category": _inside_a_sentence(top.name)}


def _inside_a_sentence(name: str) -> str:
    """``Real-time sessions`` → ``real-time sessions``; abbreviations and German nouns stay."""
    stays = name[1:2].isupper() or (get_language() or "").startswith("de")
    return name if stays else name[:1].lower() + name[1:]
