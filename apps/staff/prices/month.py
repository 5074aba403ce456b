"""What last month's real use would have cost, as staff read it: sums, and whom it changes most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from apps.core import figures
from apps.support.deeds.naming import owner_names
from apps.support.deeds.price_words import change_words
from apps.usage.last_month import MOST, LastMonth
from apps.usage.rerating import Change


@dataclass(frozen=True, slots=True)
class ChangedWallet:
    """What a wallet's charges cost and would have cost, in micro-tokens; `change` is in percent."""

    wallet_id: int
    owner: str
    charges: int
    before: int
    after: int
    change: str


@dataclass(frozen=True, slots=True)
class MonthShown:
    """A month's charges at the present prices and at new ones, in micro-tokens.

    `most` is how many charges were priced anew where there were more; `largest` is the charge that would
    change most.
    """

    month: date
    charges: int
    before: int
    after: int
    change: str
    dearer: int
    cheaper: int
    most: int | None
    unrated: tuple[tuple[str, int], ...]
    largest: Change | None
    organisations: tuple[ChangedWallet, ...]
    people: tuple[ChangedWallet, ...]

    @property
    def places(self) -> int:
        changed = [*self.organisations, *self.people]
        return min(2, figures.places_for([n for line in changed for n in (line.before, line.after)]))


def show_month(month: LastMonth) -> MonthShown:
    """The month in words; one query, for the names."""
    rerated = month.rerated
    names = owner_names([change.key for change in (*rerated.organisations, *rerated.people)])
    return MonthShown(
        month=month.month,
        charges=rerated.charges,
        before=rerated.before,
        after=rerated.after,
        change=change_words(_share(rerated.before, rerated.after)),
        dearer=rerated.dearer,
        cheaper=rerated.cheaper,
        most=MOST if month.is_cut else None,
        unrated=rerated.unrated,
        largest=rerated.largest,
        organisations=_named(rerated.organisations, names),
        people=_named(rerated.people, names),
    )


def _named(changes: Sequence[Change], names: dict[int, str]) -> tuple[ChangedWallet, ...]:
    return tuple(
        ChangedWallet(
            wallet_id=one.key,
            owner=names.get(one.key, ""),
            charges=one.charges,
            before=one.before,
            after=one.after,
            change=change_words(_share(one.before, one.after)),
        )
        for one in changes
    )


def _share(before: int, after: int) -> Fraction | None:
    return Fraction(after - before, before) if before else None
