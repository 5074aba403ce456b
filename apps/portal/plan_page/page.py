"""The plan's quota with counts per person, and generations with what paid for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from apps.core import figures
from apps.core.periods import zone
from apps.identity.models import User
from apps.plans.models import Plan
from apps.plans.selectors import PlanUsage, generations_by_member, plan_usage
from apps.portal.holdings import Holding, Shell
from apps.pricing.generations import generation_operations
from apps.usage.selectors import ChargeFilter, find_charges, place_of
from apps.usage.state import ChargeState
from apps.wallets.models import Wallet

ROOM = 30
MOST_PEOPLE = 20


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
    def state(self) -> str:
        if self.charge.is_covered and not self.charge.generations:
            return _("given back")
        return {"held": _("running"), "released": _("released"), "expired": _("expired")}.get(
            self.charge.status, ""
        )


@dataclass(frozen=True, slots=True)
class Count:
    """How many generations of the period somebody used."""

    name: str
    key: str
    count: int
    width: str


@dataclass(frozen=True, slots=True)
class PlanPage:
    holding: Holding
    at: datetime
    zone: ZoneInfo
    plan: PlanUsage | None
    price: str
    counts: tuple[Count, ...]
    asked: Asked
    operations: Mapping[str, str]
    generations: tuple[Generation, ...]
    next_url: str

    @property
    def csv_query(self) -> str:
        """The filters without the page."""
        return self.asked.query(None)

    @property
    def width(self) -> str:
        return figures.filled(self.plan.used, self.plan.quota) if self.plan else "100%"

    @property
    def state(self) -> str:
        if self.plan is None or self.plan.used >= self.plan.quota:
            return "reached"
        return "near" if self.plan.used * 5 >= self.plan.quota * 4 else "within"

    @property
    def since(self) -> str:
        return figures.day_and_year(self.plan.first) if self.plan else ""

    @property
    def coming(self) -> str:
        """What holds from the next period on, if that is something else."""
        if self.plan is None:
            return ""
        if self.plan.coming is not None:
            words = {
                "name": self.plan.coming.plan.name,
                "quota": figures.count(self.plan.coming.quota),
                "day": figures.day_and_year(self.plan.coming.from_on),
            }
            return _("From %(day)s on: %(name)s, %(quota)s generations.") % words
        if self.plan.ends:
            return _("The plan ends with this period.")
        return ""


def read_asked(query: Mapping[str, str]) -> Asked:
    """What the page's query asks for; what makes no sense is left out."""
    source = query.get("source", "")
    return Asked(
        source if source in ("plan", "tokens") else "",
        query.get("person", "").replace("\0", "")[:128],
        query.get("operation", "").replace("\0", "")[:60],
        query.get("model", "").replace("\0", "")[:200],
        _day(query.get("from", "")),
        _day(query.get("to", "")),
        _place(query.get("before", "")),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _place(text: str) -> tuple[int, int] | None:
    first, _dash, second = text.partition("-")
    plain = all(part.isascii() and part.isdigit() and len(part) < 19 for part in (first, second))
    return (int(first), int(second)) if plain else None


def load_plan_page(holding: Holding, shell: Shell, asked: Asked) -> PlanPage:
    """The plan and a page of generations: at most nine queries beside the shell's."""
    wallet = Wallet.objects.get(pk=holding.wallet_id)
    plan = plan_usage(wallet, at=shell.at, desk=shell.desk)
    operations = generation_operations(holding.price_book)
    charges = _charges(holding, asked, operations, shell.at)
    by_member = generations_by_member(wallet.pk, plan.first, _end(plan, holding)) if plan else {}
    keys = {charge.user_key for charge in charges} | set(list(by_member)[:MOST_PEOPLE])
    names = {user.platform_id: str(user) for user in User.objects.filter(platform_id__in=keys)}
    shown = charges[:ROOM]
    return PlanPage(
        holding=holding,
        at=shell.at,
        zone=zone(holding.calendar.zone_at(shell.at)),
        plan=plan,
        price=_price(plan, holding),
        counts=_counts(by_member, names),
        asked=asked,
        operations=operations,
        generations=tuple(
            Generation(
                charge,
                names.get(charge.user_key, charge.user_key),
                operations.get(charge.operation, charge.operation),
            )
            for charge in shown
        ),
        next_url=asked.query(place_of(shown[-1])) if len(charges) > ROOM else "",
    )


def _end(plan: PlanUsage, holding: Holding) -> date:
    return holding.calendar.day_of(plan.resets_at)


def _price(plan: PlanUsage | None, holding: Holding) -> str:
    if plan is None:
        return ""
    found = Plan.objects.filter(name=plan.name, price_book=holding.price_book).first()
    return figures.money(found.price_minor * 1_000_000, 1, holding.currency) if found else ""


def _counts(by_member: Mapping[str, int], names: Mapping[str, str]) -> tuple[Count, ...]:
    most = max(by_member.values(), default=0)
    return tuple(
        Count(names.get(key, key), key, count, figures.percent(count, most))
        for key, count in list(by_member.items())[:MOST_PEOPLE]
    )


def load_generations(holding: Holding, shell: Shell, asked: Asked, *, most: int) -> list[Generation]:
    """So many of the generations that are asked for, the latest first."""
    operations = generation_operations(holding.price_book)
    charges = _charges(holding, asked, operations, shell.at, room=most)[:most]
    keys = {charge.user_key for charge in charges}
    names = {user.platform_id: str(user) for user in User.objects.filter(platform_id__in=keys)}
    return [
        Generation(
            charge,
            names.get(charge.user_key, charge.user_key),
            operations.get(charge.operation, charge.operation),
        )
        for charge in charges
    ]


def _charges(
    holding: Holding, asked: Asked, operations: Mapping[str, str], at: datetime, room: int = ROOM
) -> list[ChargeState]:
    """A page of generations that the organisation had a part in, and one more if there is.

    Of charges that it paid nothing for an organisation sees not even that they exist.
    """
    if not operations or (asked.operation and asked.operation not in operations):
        return []
    calendar, before = holding.calendar, asked.before
    found: list[ChargeState] = []
    for _round in range(5):
        page = find_charges(
            ChargeFilter(
                organisation=holding.owner_key,
                user=asked.person or None,
                operations=(asked.operation,) if asked.operation else tuple(operations),
                model=asked.model or None,
                billing_source=asked.source or None,
                from_at=calendar.start_of(asked.first) if asked.first else None,
                to_at=calendar.start_of(asked.last + timedelta(days=1)) if asked.last else None,
                before=before,
            ),
            limit=3 * room,
            at=at,
        )
        found += [charge for charge in page if charge.is_covered or _takes_part(charge, holding)]
        if len(found) > room or len(page) < 3 * room:
            break
        before = place_of(page[-1])
    return found[: room + 1]


def _takes_part(charge: ChargeState, holding: Holding) -> bool:
    return any(
        drawn.wallet_id == holding.wallet_id or drawn.source_id == holding.wallet_id for drawn in charge.draws
    )
