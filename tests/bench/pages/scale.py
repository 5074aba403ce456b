"""How large the worlds are that pages are looked at in, and who is who in them.

People have the numbers from 1, organisations too; the first organisation pays for a tenth of all charges
and has a hundredth of all people, and the first person makes a hundredth of all charges.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

DAYS = 365
"""Charges are spread evenly over so many days, which end now."""
CREDIT = 10**9
"""Tokens that each wallet begins with."""
GRANT = 200
"""Free tokens that a tenth of all people have just received."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Wallets of people and organisations together, and charges; each charge is one transfer."""

    database: str
    wallets: int
    charges: int
    denied: int

    @property
    def organisations(self) -> int:
        return max(self.wallets // 100, 1)

    @property
    def people(self) -> int:
        return self.wallets - self.organisations

    @property
    def members(self) -> int:
        """Of the first organisation."""
        return max(self.people // 100, 2)

    @property
    def entries(self) -> int:
        """Two for each charge, and two for what each wallet begins with, not counting free tokens."""
        return 2 * (self.charges + self.wallets)


SMALL = Scale("bench_pages_small", wallets=1_000, charges=4_000, denied=100)
LARGE = Scale("bench_pages", wallets=1_000_000, charges=4_000_000, denied=200_000)
QUICK = Scale("bench_pages", wallets=100_000, charges=400_000, denied=20_000)


def large() -> Scale:
    """The large world that the environment asks for."""
    return QUICK if os.environ.get("BENCH_QUICK") == "1" else LARGE
