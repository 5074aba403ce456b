"""How prices and what changes in them are called in what staff read."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

from django.utils import formats
from django.utils.translation import gettext as _

from apps.core import figures
from apps.pricing.differences import PRICE, Difference, Fact
from apps.pricing.models import Rate
from apps.pricing.unit_words import per_unit


def rate_name(rate: Rate) -> str:
    """``Studio · Image generation · flux``."""
    operation = rate.operation
    return " · ".join(filter(None, (operation.price_book.name, operation.name, rate.model)))


def number(text: str) -> str:
    """Plain decimal text with the reader's separators."""
    whole, _point, fraction = text.partition(".")
    grouped = figures.count(int(whole))
    return f"{grouped}{formats.get_format('DECIMAL_SEPARATOR')}{fraction}" if fraction else grouped


def instant(at: datetime) -> str:
    """``1 Dec 2026, 00:00 UTC``."""
    utc = at.astimezone(UTC)
    return _("%(day)s, %(time)s UTC") % {
        "day": figures.day_and_year(utc.date()),
        "time": figures.clock_time(utc),
    }


def change_words(change: Fraction | None) -> str:
    """``+12.5 %``, ``−4 %``; empty where there is nothing to compare, ``0 %`` for the same."""
    if change is None:
        return ""
    tenths = round(change * 1000)
    sign = figures.MINUS if tenths < 0 else "+" if tenths > 0 else ""
    whole, rest = divmod(abs(tenths), 10)
    text = number(f"{whole}.{rest}" if rest else str(whole))
    if change and not tenths:
        return _("under 0.1 %")
    return _("%(sign)s%(number)s %%") % {"sign": sign, "number": text}


def what(difference: Difference) -> str:
    """What it is that differs: ``Tokens per image``, ``Quality: high``, ``Minimum charge``."""
    if difference.kind in (PRICE, "cost"):
        fact = difference.new or difference.old
        return _price_name(difference, fact.per if fact else 1)
    return _named(difference.kind, difference.subject)


def _price_name(difference: Difference, per: int) -> str:
    unit, *above = difference.subject
    pattern = _("Tokens %(per)s") if difference.kind == PRICE else _("Provider's cost %(per)s")
    words = pattern % {"per": per_unit(unit, per)}
    if above:
        return _("%(price)s, context above %(size)s") % {"price": words, "size": number(above[0])}
    return words


def _named(kind: str, subject: tuple[str, ...]) -> str:
    if kind == "factor":
        return _("%(option)s: %(value)s") % {"option": option_name(subject[0]), "value": subject[1]}
    if kind == "default":
        return _("%(option)s, if not said") % {"option": option_name(subject[0])}
    return {
        "state": _("Whether it is charged"),
        "margin": _("Margin"),
        "minimum_charge": _("Minimum charge"),
        "minimum_balance": _("Balance needed to start"),
        "description": _("Description"),
    }.get(kind) or flag_name(*subject)


def flag_name(flag: str) -> str:
    return _("Counts as a generation") if flag == "counts_as_generation" else _("Charged once per activity")


def option_name(option: str) -> str:
    return option.replace("_", " ").capitalize()


def state_name(state: str) -> str:
    """What STATES of `apps.pricing.revising` mean."""
    return {
        "chargeable": _("Charged at these prices"),
        "free": _("Free of charge"),
        "closed": _("Cannot be charged"),
    }[state]


def said(difference: Difference, fact: Fact | None) -> str:
    """What one side says, by the reader's locale; a dash where it says nothing."""
    if fact is None:
        return "\N{EN DASH}"
    if difference.kind == "state":
        return state_name(fact.text)
    if difference.kind == "flag":
        return _("yes") if fact.text else _("no")
    if difference.kind == "margin":
        return _("%(number)s %%") % {"number": number(fact.text)}
    if difference.kind == "factor":
        return fact.text[0] + number(fact.text[1:])
    if difference.kind in ("default", "description"):
        return fact.text
    return f"{number(fact.text)} {fact.currency}".strip()
