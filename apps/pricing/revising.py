"""Changing a rate's spec entry by entry: what can be changed, and the new spec from what was typed.

Units, options and their values are part of the API contract and stay; their prices and factors change.
Pure; the same rules as for price book files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import ValidationError
from apps.core.units import format_tokens, parse_quantity, parse_tokens
from apps.pricing.exact import parse_exact
from apps.pricing.specs import Spec

STATES = ("chargeable", "free", "closed")
"""Charged at its prices; used for nothing because staff say so; not chargeable at all."""
STATE = "state"
LONGEST_DESCRIPTION = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be changed: where it stands in the spec, and what it says now as text.

    `kind` is ``tokens``, ``cost``, ``margin``, ``factor``, ``default``, ``minimum_charge``,
    ``minimum_balance``, ``flag``, ``description`` or ``state``; `subject` names unit and context size, or
    option and value; `choices` are the possible texts where they are few.
    """

    path: tuple[str | int, ...]
    kind: str
    subject: tuple[str, ...]
    value: str
    choices: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its field in a form, such as ``components-0-base_cost``."""
        return "-".join(map(str, self.path))


def entries(spec: Spec) -> Iterator[Entry]:
    """Everything of a spec that can be changed, in the order in which people read it."""
    yield Entry((STATE,), "state", (), state_of(spec), STATES)
    yield from _prices(spec)
    if any("base_cost" in component for component in spec["components"]):
        yield Entry(("margin",), "margin", (), spec["margin"])
    yield from _options(spec)
    for kind in ("minimum_charge", "minimum_balance"):
        yield Entry((kind,), kind, (), spec[kind])
    for flag in ("counts_as_generation", "once_per_activity"):
        yield Entry((flag,), "flag", (flag,), "yes" if spec[flag] else "", ("", "yes"))
    yield Entry(("description",), "description", (), spec["description"])


def state_of(spec: Spec) -> str:
    """One of STATES."""
    if not spec["chargeable"]:
        return "closed"
    return "free" if spec["free"] else "chargeable"


def revise(spec: Spec, answers: Mapping[str, str]) -> Spec:
    """The spec with what was typed, by entry name; what is left out stays as it is.

    ValidationError names each entry that is wrong.
    """
    fresh, errors = deepcopy(spec), {}
    for entry in entries(spec):
        text = answers.get(entry.name, entry.value).strip()
        try:
            _put(fresh, entry, text)
        except ValueError as wrong:
            errors[entry.name] = [str(wrong)]
    if not errors:
        errors = _contradictions(fresh)
    if errors:
        raise ValidationError(errors)
    return fresh


def _prices(spec: Spec) -> Iterator[Entry]:
    for place, component in enumerate(spec["components"]):
        path, unit = ("components", place), component["unit"]
        if "tokens" in component:
            yield Entry((*path, "tokens"), "tokens", (unit,), component["tokens"])
            continue
        yield Entry((*path, "base_cost"), "cost", (unit,), component["base_cost"])
        for number, tier in enumerate(component.get("tiers", [])):
            yield Entry(
                (*path, "tiers", number, "base_cost"), "cost", (unit, tier["above"]), tier["base_cost"]
            )


def _options(spec: Spec) -> Iterator[Entry]:
    for place, option in enumerate(spec["options"]):
        path, values = ("options", place), option["values"]
        for number, (value, factor) in enumerate(values):
            yield Entry((*path, "values", number, 1), "factor", (option["name"], value), factor)
        choices = tuple(value for value, _factor in values) if option["kind"] == "list" else ()
        yield Entry((*path, "default"), "default", (option["name"],), option["default"], choices)


def _put(spec: Spec, entry: Entry, text: str) -> None:
    if entry.choices and text not in entry.choices:
        raise ValueError(
            _("Choose one of: %(choices)s.") % {"choices": ", ".join(filter(None, entry.choices))}
        )
    if entry.kind == "state":
        spec["chargeable"], spec["free"] = text != "closed", text == "free"
        return
    value: Any = text == "yes" if entry.kind == "flag" else _READ.get(entry.kind, str)(text)
    if entry.kind == "default" and not entry.choices:
        value = _bounded(text, spec["options"][entry.path[1]]["values"][0][0])
    place: Any = spec
    for step in entry.path[:-1]:
        place = place[step]
    place[entry.path[-1]] = value


def _bounded(text: str, first: str) -> str:
    micro = parse_quantity(text)
    if micro < parse_quantity(first):
        raise ValueError(_("Give a number of at least %(first)s.") % {"first": first})
    return format_tokens(micro)


def _amount(text: str) -> str:
    return format_tokens(parse_tokens(text))


def _words(text: str) -> str:
    if not text or len(text) > LONGEST_DESCRIPTION or not text.isprintable():
        raise ValueError(_("Write 1 to %(longest)s printable characters.") % {"longest": LONGEST_DESCRIPTION})
    return text


_READ: dict[str, Callable[[str], str]] = {
    "tokens": parse_exact,
    "cost": parse_exact,
    "margin": parse_exact,
    "factor": parse_exact,
    "minimum_charge": _amount,
    "minimum_balance": _amount,
    "description": _words,
}


def _contradictions(spec: Spec) -> dict[str, list[str]]:
    """A price of nothing must be meant: it is free only where staff say so."""
    prices = [entry.value for entry in _prices(spec)]
    costs = any(price != "0" for price in prices)
    if state_of(spec) == "chargeable" and not costs:
        return {STATE: [_("All prices are 0. Say that it is free, or give it a price.")]}
    if state_of(spec) == "free" and costs:
        return {STATE: [_("What is free has no price: set the prices to 0, or let it be charged.")]}
    return {}
