"""A charge's price as steps that people read, and what was used. Pure but for the active language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.core import figures
from apps.core.units import parse_plain
from apps.portal.rates import local_number
from apps.pricing.rating import Line
from apps.pricing.unit_words import unit_name


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the breakdown: signed micro-tokens, with how they came about."""

    label: str
    quantity: str
    cost: str
    micro: int


def make_steps(lines: Iterable[Line], currency: str, exchange: str) -> tuple[Step, ...]:
    """The breakdown as it was kept, adding up to the price; the exchange rate is said elsewhere."""
    return tuple(
        Step(_label(line.label, exchange), _quantity(line), _cost(line, currency), line.micro)
        for line in lines
    )


def amounts_used(quantities: Mapping[str, int]) -> str:
    """``1,500 input token, 300 output token``."""
    return ", ".join(_amount(micro, unit) for unit, micro in quantities.items() if micro)


def _label(label: str, exchange: str) -> str:
    plain = label.removesuffix(f" ({exchange})").replace("_", " ")
    return plain[:1].upper() + plain[1:]


def _quantity(line: Line) -> str:
    if line.quantity is None or line.unit is None:
        return ""
    return _amount(parse_plain(line.quantity), line.unit)


def _amount(micro: int, unit: str) -> str:
    # Translators: so many of a unit, such as 6 × image
    return _("%(number)s × %(unit)s") % {
        "number": figures.figure(micro),
        "unit": unit_name(unit),
    }


def _cost(line: Line, currency: str) -> str:
    if line.base_cost is None:
        return ""
    words = {"cost": local_number(line.base_cost), "currency": currency}
    if not line.margin:
        return _("%(cost)s %(currency)s each") % words
    return _("%(cost)s %(currency)s each, plus %(margin)s %%") % {
        **words,
        "margin": local_number(line.margin),
    }
