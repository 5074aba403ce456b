"""Numbers as people type them, in the formats of their language, and as links carry them.

A link holds plain decimal text (``1650.5``), whoever opens it. What a form sends is marked as typed: then
``1.650,50`` is German and ``1,650.50`` English. Pure but for the active language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import figures
from apps.core.units import MICRO, format_tokens, parse_plain

LONGEST = 40
TYPED = "typed"
"""The form's mark for numbers in the reader's format."""


@dataclass(frozen=True, slots=True)
class NumberRule:
    """What may stand in a field: at most so many decimals and at most `most` whole units."""

    name: str
    places: int
    most: int
    is_money: bool = False


@dataclass(frozen=True, slots=True)
class NumberField:
    """A field as shown: `text` is what stands in it, `micro` its value in millionths, or what is wrong."""

    name: str
    text: str
    micro: int
    problem: str = ""

    @property
    def plain(self) -> str:
        """The value as links carry it."""
        return format_tokens(self.micro)


def read_field(rule: NumberRule, text: str, *, typed: bool) -> NumberField:
    """Read a field; an empty one counts as 0. With a problem the text stays as it was typed."""
    text = text.strip()
    if not text:
        return NumberField(rule.name, "", 0)
    try:
        micro = read_number(text, typed=typed)
        _check(rule, micro)
    except ValueError as wrong:
        return NumberField(rule.name, text[: LONGEST + 1], 0, str(wrong))
    return NumberField(rule.name, text if typed else local_text(micro, is_money=rule.is_money), micro)


def read_number(text: str, *, typed: bool) -> int:
    """A number in millionths; ValueError says in the reader's words what is wrong."""
    if len(text) > LONGEST:
        raise ValueError(_("This number is too long."))
    if re.fullmatch(r"[-\N{MINUS SIGN}]\s*\d.*", text, re.ASCII):
        raise ValueError(_("Write a number that is not below zero."))
    plain = _plain(text, typed)
    if plain is None:
        example = local_text(12_500_000)
        raise ValueError(_("Write a number, such as %(example)s.") % {"example": example})
    try:
        return parse_plain(plain)
    except ValueError:
        raise ValueError(_("This number is too large, or has more than six decimals.")) from None


def local_text(micro: int, *, is_money: bool = False) -> str:
    """A number for a field: the reader's decimal separator, no grouping; money always with two decimals."""
    text = money_text(micro) if is_money else format_tokens(micro)
    return text.replace(".", str(formats.get_format("DECIMAL_SEPARATOR")))


def money_text(micro: int) -> str:
    """Plain decimal text with two decimals."""
    whole, rest = divmod(micro * 100 // MICRO, 100)
    return f"{whole}.{rest:02d}"


def _plain(text: str, typed: bool) -> str | None:
    point = str(formats.get_format("DECIMAL_SEPARATOR"))
    group = str(formats.get_format("THOUSAND_SEPARATOR"))
    grouped = rf"\d{{1,3}}(?:{re.escape(group)}\d{{3}})+(?:{re.escape(point)}\d+)?"
    local = rf"\d+(?:{re.escape(point)}\d+)?"
    is_plain = re.fullmatch(r"\d+(?:\.\d+)?", text, re.ASCII) is not None
    if is_plain and not typed:
        return text
    if re.fullmatch(grouped, text, re.ASCII):
        return text.replace(group, "").replace(point, ".")
    if re.fullmatch(local, text, re.ASCII):
        return text.replace(point, ".")
    return text if is_plain else None


def _check(rule: NumberRule, micro: int) -> None:
    if micro > rule.most * MICRO:
        most = str(figures.figure(rule.most * MICRO))
        raise ValueError(_("At most %(most)s is possible here.") % {"most": most})
    if micro % 10 ** (6 - rule.places):
        if not rule.places:
            raise ValueError(_("Write a whole number."))
        raise ValueError(
            ngettext("At most %(count)d decimal.", "At most %(count)d decimals.", rule.places)
            % {"count": rule.places}
        )
