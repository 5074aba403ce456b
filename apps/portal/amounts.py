"""Amounts as people type them, with the separators of their language."""

from __future__ import annotations

import re

from django.utils import formats
from django.utils.translation import gettext as _

from apps.core import figures
from apps.core.units import parse_tokens


def read_amount(text: str) -> int:
    """``1,650.5`` (in German ``1.650,5``) as micro-tokens; ValueError says what is wrong."""
    point, separator = (str(formats.get_format(f"{kind}_SEPARATOR")) for kind in ("DECIMAL", "THOUSAND"))
    typed = "".join(text.split())
    grouped = re.fullmatch(rf"\d{{1,3}}(?:{re.escape(separator)}\d{{3}})+(?:{re.escape(point)}\d+)?", typed)
    plain = typed.replace(separator, "") if grouped else typed
    if not grouped and separator in plain:
        raise ValueError(_wrong(point))
    try:
        return parse_tokens(plain.replace(point, "."))
    except ValueError as error:
        raise ValueError(_wrong(point)) from error


def typed_amount(micro: int) -> str:
    """The amount exactly as somebody would type it, so that a form gives back what it was filled in with."""
    return str(figures.figure(micro, 6 if micro % figures.CENT else None))


def _wrong(point: str) -> str:
    return _("Write a number of tokens such as 500 or 12%(point)s5, with at most six decimals.") % {
        "point": point
    }
