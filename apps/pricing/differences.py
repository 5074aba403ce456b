"""What two versions of a rate say differently, entry by entry. Pure and exact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from apps.pricing.compiling import Exchange, Owner, cost_factor
from apps.pricing.rate_card import unit_prices
from apps.pricing.revising import Entry, entries
from apps.pricing.specs import Spec

PRICE = "price"
"""What a unit costs in tokens with margin and exchange rate in it; other kinds are those of `Entry`."""

Key = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Fact:
    """What a version says of one thing: as text, and as an exact number where it is one.

    A price and a provider's cost are for `per` units; the cost is in `currency`.
    """

    text: str
    value: Fraction | None
    per: int = 1
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing before and after; None where a version says nothing of it."""

    kind: str
    subject: tuple[str, ...]
    old: Fact | None
    new: Fact | None

    @property
    def is_change(self) -> bool:
        return self.old != self.new

    @property
    def change(self) -> Fraction | None:
        """How much more (+) or less (−) it is, as a share of what it was; None for words and from 0."""
        if self.old is None or self.new is None or not self.old.value or self.new.value is None:
            return None
        return self.new.value / self.old.value - 1


def differences(old: Spec, new: Spec, owner: Owner, exchange: Exchange | None) -> tuple[Difference, ...]:
    """Everything that either version says, in the order of the form, with both sides.

    `exchange` is one rate for both, so that only what the versions say makes a difference.
    """
    before, after = facts(old, owner, exchange), facts(new, owner, exchange)
    keys = [*before, *(key for key in after if key not in before)]
    return tuple(Difference(*key, before.get(key), after.get(key)) for key in keys)


def facts(spec: Spec, owner: Owner, exchange: Exchange | None) -> Mapping[Key, Fact]:
    """All that a version says, by kind and subject."""
    found = dict(_prices(spec, owner, exchange))
    costs = {(p.unit, *((p.above,) if p.above else ())): p for p in unit_prices(spec, owner, exchange)}
    for entry in entries(spec):
        if entry.kind == "tokens":
            continue  # said as the price already
        card = costs[entry.subject] if entry.kind == "cost" else None
        if card is not None and card.base_cost is not None:
            fact = Fact(card.base_cost, Fraction(card.base_cost), card.per, card.currency or "")
        else:
            fact = Fact(_text(spec, entry), _number(entry))
        found[entry.kind, entry.subject] = fact
    return found


def _prices(spec: Spec, owner: Owner, exchange: Exchange | None) -> Iterator[tuple[Key, Fact]]:
    factor = cost_factor(spec["margin"], owner, exchange)
    exact = [
        Fraction(entry.value) * (1 if entry.kind == "tokens" else factor)
        for entry in entries(spec)
        if entry.kind in ("tokens", "cost")
    ]
    for card, value in zip(unit_prices(spec, owner, exchange), exact, strict=True):
        subject = (card.unit, card.above) if card.above else (card.unit,)
        yield (PRICE, subject), Fact(card.tokens, value, card.per)


def _text(spec: Spec, entry: Entry) -> str:
    if entry.kind != "factor":
        return entry.value
    effect = next(option["effect"] for option in spec["options"] if option["name"] == entry.subject[0])
    return f"{'×' if effect == 'multiply' else '+'}{entry.value}"


def _number(entry: Entry) -> Fraction | None:
    numeric = ("margin", "factor", "minimum_charge", "minimum_balance")
    return Fraction(entry.value) if entry.kind in numeric else None
