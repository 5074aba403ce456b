"""A charge in memory while something is decided about it, and what somebody asks to be charged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from apps.allocations.earmarks import wallet_totals
from apps.allocations.limits import PERSONAL, totals_of
from apps.plans.quota import generation_totals
from apps.pricing.rating import Line
from apps.usage.funding import Cap, Draw, keep

HELD, CAPTURED, RELEASED, EXPIRED = "held", "captured", "released", "expired"
BY_PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Activity:
    """What a charge was for, in the platform's world."""

    type: str
    id: str
    label: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """Somebody asks for an operation. Quantities are micro-units by unit; names are the platform's ids."""

    user: str
    operation: str
    quantities: Mapping[str, int]
    organisation: str | None = None
    cost_centre: str | None = None
    model: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    activity: Activity | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    capture: bool = False
    hold_seconds: int = 900
    event_id: str | None = None
    event_digest: str = ""
    time: datetime | None = None


@dataclass(slots=True)
class ChargeState:
    """A charge as its row stores it (see `models.Charge`), with draws and days as values."""

    id: int
    client_id: int | None
    event_id: str | None
    event_digest: str
    status: str
    wallet_id: int
    organisation_wallet_id: int | None
    cost_centre_id: int | None
    cost_centre_path: tuple[str, ...]
    operation: str
    model: str
    category: str
    rate_version_id: int
    exchange_rate_id: int | None
    quantities: dict[str, int]
    used: dict[str, int] | None
    options: dict[str, str]
    activity: Activity | None
    once_key: str | None
    metadata: dict[str, Any]
    estimated: int
    price: int
    uncollected: int
    refunded: int
    billing_source: str
    breakdown: tuple[Line, ...]
    shared_pool: bool
    micro_percent: int
    draws: list[Draw]
    parties: dict[int, tuple[str, str]]
    days: dict[int, date]
    hold_seconds: int
    created_at: datetime
    expires_at: datetime | None
    captured_at: datetime | None
    ended_at: datetime | None
    reason: str
    generations: int = 0
    """1 while it counts for the plan's quota."""

    @property
    def number(self) -> str:
        return f"C-{self.id}"

    @property
    def user_key(self) -> str:
        return self.parties[self.wallet_id][1]

    @property
    def organisation_key(self) -> str | None:
        return self.parties[self.organisation_wallet_id][1] if self.organisation_wallet_id else None

    @property
    def given(self) -> int:
        """Micro-tokens that were drawn or held in all."""
        return sum(drawn.amount for drawn in self.draws)

    @property
    def collected(self) -> int:
        """Micro-tokens that were taken for what was captured, before refunds."""
        return self.price - self.uncollected

    @property
    def refundable(self) -> int:
        return self.collected - self.refunded if self.status == CAPTURED else 0

    @property
    def scope(self) -> set[int]:
        """The wallets that a change of this charge may touch."""
        base = self.organisation_wallet_id if self.shared_pool else self.wallet_id
        drawn = {drawn.wallet_id for drawn in self.draws}
        sources = {drawn.source_id for drawn in self.draws if drawn.source_id}
        counted = {self.organisation_wallet_id} if self.organisation_wallet_id and self.is_covered else set()
        return {base or self.wallet_id} | drawn | sources | counted

    @property
    def is_covered(self) -> bool:
        """Whether a plan pays for it."""
        return self.billing_source == BY_PLAN

    def kept(self, cost: int) -> list[int]:
        """How much of each draw stays spent if the charge costs so much."""
        return keep(
            cost,
            self.draws,
            organisation_id=self.organisation_wallet_id,
            micro_percent=self.micro_percent,
            shared_pool=self.shared_pool,
        )

    def funding(self) -> list[tuple[Draw, int]]:
        """The draws with what of each is held or spent now."""
        cost = self.given if self.status == HELD else self.refundable
        return [(d, amount) for d, amount in zip(self.draws, self.kept(cost), strict=True) if amount]

    def caps(self) -> dict[int, Cap]:
        """The totals that this charge counts for by scope, without limits."""
        found = {}
        for scope, day in self.days.items():
            if scope == self.wallet_id:
                continue
            centres = self.cost_centre_path if scope == self.organisation_wallet_id else ()
            totals = totals_of(scope=scope, member=self.user_key, cost_centres=centres)
            found[scope] = Cap((), totals, day, wallet_totals(scope, centres))
        return found

    def generation_cap(self) -> Cap:
        """The totals that a generation of the organisation's plan counts for."""
        scope = self.organisation_wallet_id or 0
        return Cap((), generation_totals(scope, self.user_key), self.days[scope])

    def personal(self) -> Cap:
        """The total of the person's own spending."""
        return Cap((), ((self.wallet_id, PERSONAL, ""),), self.days[self.wallet_id])
