"""Generations with what paid for each: an organisation's, and somebody's own, found by filters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.periods import Calendar, day_typed
from apps.identity.models import User
from apps.portal.holdings import Holding
from apps.pricing.generations import generation_operations
from apps.usage.selectors import ChargeFilter, find_charges, place_of
from apps.usage.state import ChargeState

ROOM = 30
ROUNDS = 5
"""So many pages of charges are looked through for those an organisation had a part in."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which generations: what paid, whose, of which operation, on which days; where the page begins."""

    source: str = ""
    person: str = ""
    operation: str = ""
    model: str = ""
    first: date | None = None
    last: date | None = None
    before: tuple[int, int] | None = None

    def query(self, before: tuple[int, int] | None) -> str:
        parts = {
            "source": self.source,
            "person": self.person,
            "operation": self.operation,
            "model": self.model,
            "from": self.first.isoformat() if self.first else "",
            "to": self.last.isoformat() if self.last else "",
            "before": f"{before[0]}-{before[1]}" if before else "",
        }
        return "?" + urlencode({name: value for name, value in parts.items() if value})


@dataclass(frozen=True, slots=True)
class Generation:
    """A charge that counts as a generation."""

    charge: ChargeState
    person: str
    name: str

    @property
    def by_plan(self) -> bool:
        return self.charge.is_covered

    @property
    def paid(self) -> int:
        """Micro-tokens that the organisation gave for it and that stay spent."""
        scope = self.charge.organisation_wallet_id
        return sum(
            amount
            for drawn, amount in self.charge.funding()
            if drawn.wallet_id == scope or drawn.source_id == scope
        )

    @property
    def cost(self) -> int:
        """Micro-tokens that stay spent, whoever gave them."""
        return sum(amount for _drawn, amount in self.charge.funding())

    @property
    def state(self) -> str:
        if self.charge.is_covered and not self.charge.generations:
            return _("given back")
        return {"held": _("running"), "released": _("released"), "expired": _("expired")}.get(
            self.charge.status, ""
        )


@dataclass(frozen=True, slots=True)
class History:
    """A page of generations, the latest first; `nobody` if the person asked for is not found.

    A page may be empty and still have a next one.
    """

    asked: Asked
    operations: Mapping[str, str]
    generations: tuple[Generation, ...]
    next_query: str
    nobody: bool = False

    @property
    def csv_query(self) -> str:
        """The filters without the page."""
        return self.asked.query(None)

    @property
    def models(self) -> tuple[str, ...]:
        """The models on this page, to choose from."""
        return tuple(sorted({one.charge.model for one in self.generations if one.charge.model}))


def read_asked(query: Mapping[str, str]) -> Asked:
    """What the page's query asks for; what makes no sense is left out."""
    source = query.get("source", "")
    return Asked(
        source if source in ("plan", "tokens") else "",
        query.get("person", "").replace("\0", "")[:128],
        query.get("operation", "").replace("\0", "")[:60],
        query.get("model", "").replace("\0", "")[:200],
        day_typed(query.get("from", "")),
        day_typed(query.get("to", "")),
        _place(query.get("before", "")),
    )


def _place(text: str) -> tuple[int, int] | None:
    first, _dash, second = text.partition("-")
    plain = all(part.isascii() and part.isdigit() and len(part) < 19 for part in (first, second))
    return (int(first), int(second)) if plain else None


def organisation_history(holding: Holding, asked: Asked, at: datetime, *, room: int = ROOM) -> History:
    """Generations that the organisation had a part in: at most six queries, more where others pay for most.

    Of charges that it paid nothing for an organisation sees not even that they exist. A person is asked for
    by id, e-mail or a part of the name.
    """
    operations = generation_operations(holding.price_book)
    user = _named(holding, asked.person) if asked.person else None
    if asked.person and user is None:
        return History(asked, operations, (), "", nobody=True)
    narrowed = ChargeFilter(organisation=holding.owner_key, user=user)
    return _history(narrowed, asked, operations, (holding.calendar, at, room), part_of(holding))


def own_history(own: Holding, books: set[str], asked: Asked, at: datetime, *, room: int = ROOM) -> History:
    """Somebody's own generations, whoever paid for them, in the operations of these price books."""
    operations = {code: name for book in sorted(books) for code, name in generation_operations(book).items()}
    narrowed = ChargeFilter(user=own.owner_key)
    asked = replace(asked, person="")
    return _history(narrowed, asked, operations, (own.calendar, at, room), lambda _charge: True)


def _named(holding: Holding, text: str) -> str | None:
    """The platform's id of somebody who is or was a member; None where it is nobody, or not one alone."""
    people = User.objects.filter(memberships__organisation=holding.organisation_id).distinct()
    whole = people.filter(Q(platform_id=text) | Q(email__iexact=text))
    keys = list(whole.values_list("platform_id", flat=True)[:2])
    if not keys:
        keys = list(people.filter(name__icontains=text).values_list("platform_id", flat=True)[:2])
    return text if text in keys else keys[0] if len(keys) == 1 else None


def _history(
    narrowed: ChargeFilter,
    asked: Asked,
    operations: Mapping[str, str],
    where: tuple[Calendar, datetime, int],
    takes_part: Callable[[ChargeState], bool],
) -> History:
    calendar, at, room = where
    if not operations or (asked.operation and asked.operation not in operations):
        return History(asked, operations, (), "")
    wanted = replace(
        narrowed,
        operations=(asked.operation,) if asked.operation else tuple(operations),
        model=asked.model or None,
        billing_source=asked.source or None,
        from_at=calendar.start_of(asked.first) if asked.first else None,
        to_at=calendar.start_of(asked.last + timedelta(days=1)) if asked.last else None,
        before=asked.before,
    )
    shown, older = _found(wanted, at, room, takes_part)
    keys = {charge.user_key for charge in shown}
    names = {user.platform_id: str(user) for user in User.objects.filter(platform_id__in=keys)}
    return History(
        asked,
        operations,
        tuple(
            Generation(
                charge,
                names.get(charge.user_key, charge.user_key),
                operations.get(charge.operation, charge.operation),
            )
            for charge in shown
        ),
        asked.query(older) if older else "",
    )


def _found(
    wanted: ChargeFilter, at: datetime, room: int, takes_part: Callable[[ChargeState], bool]
) -> tuple[list[ChargeState], tuple[int, int] | None]:
    """So many charges, and behind which the next page begins; None after the last one.

    Where most are none of ours the search ends early, and the next page begins where it ended.
    """
    found: list[ChargeState] = []
    for _round in range(ROUNDS):
        page = find_charges(wanted, limit=3 * room, at=at)
        found += filter(takes_part, page)
        if len(found) > room:
            return found[:room], place_of(found[room - 1])
        if len(page) < 3 * room:
            return found, None
        wanted = replace(wanted, before=place_of(page[-1]))
    return found, wanted.before


def part_of(holding: Holding) -> Callable[[ChargeState], bool]:
    """Whether an organisation's plan or tokens paid for a charge."""
    wallet = holding.wallet_id

    def takes_part(charge: ChargeState) -> bool:
        if charge.is_covered:
            return charge.organisation_wallet_id == wallet
        return any(wallet in (drawn.wallet_id, drawn.source_id) for drawn in charge.draws)

    return takes_part
