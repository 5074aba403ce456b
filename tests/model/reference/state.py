"""Who owns what, and what was charged."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from tests.model.reference.days import LocalDays

FREE, EARNED, PURCHASED = ("free", ""), ("earned", ""), ("purchased", "")
OWN = (FREE, EARNED, PURCHASED)
OwnerKey = tuple[str, str]
"""Owner type (user, organisation) and id."""
BucketKey = tuple[str, str]
"""Kind of bucket and, for allocated tokens, the organisation's id."""
Limit = tuple[str, str, str]
"""Subject type, subject id, period."""
ENDLESS = 10**30


class Refused(Exception):
    """A denial: its code, and for a reached limit which one."""

    def __init__(self, code: str, limit: Limit | None = None) -> None:
        super().__init__(code)
        self.code, self.limit = code, limit


@dataclass
class Owner:
    """A user or an organisation with the wallet; `lines` are (kind, amount, balance after, instant)."""

    key: OwnerKey
    book: str
    days: LocalDays
    cycle: date
    cycle_ends: datetime
    grant: int = 0
    unlimited: bool = False
    frozen: bool = False
    buckets: dict[BucketKey, int] = field(default_factory=lambda: dict.fromkeys(OWN, 0))
    filled: dict[BucketKey, int] = field(default_factory=dict)
    lines: list[tuple[str, int, int, datetime]] = field(default_factory=list)
    moved: bool = False


@dataclass
class Part:
    """So much of one bucket; free tokens know the cycle of their grant."""

    owner: OwnerKey
    bucket: BucketKey
    amount: int
    cycle: date | None = None


@dataclass
class Organisation:
    """Members with roles, and the rules: who pays, and limits by (subject type, id, period)."""

    roles: dict[str, str] = field(default_factory=dict)
    funding: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    limits: dict[Limit, int | None] = field(default_factory=dict)
    parents: dict[str, str | None] = field(default_factory=dict)


@dataclass
class Charge:
    """One use of an operation; `parts` is all that was drawn for it."""

    user: str
    organisation: str | None
    path: tuple[str, ...]
    operation: str
    quantities: dict[str, int]
    status: str
    created: datetime
    seconds: int
    deadline: datetime | None
    shared: bool
    percent: int
    days: dict[OwnerKey, date]
    price: int = 0
    activity: str | None = None
    used: dict[str, int] | None = None
    uncollected: int = 0
    refunded: int = 0
    captured: datetime | None = None
    parts: list[Part] = field(default_factory=list)

    @property
    def payer_keys(self) -> tuple[OwnerKey, OwnerKey | None]:
        return ("user", self.user), ("organisation", self.organisation) if self.organisation else None

    def cost(self) -> int:
        """What is held or stays collected now."""
        if self.status == "held":
            return sum(part.amount for part in self.parts)
        return self.price - self.uncollected - self.refunded if self.status == "captured" else 0
