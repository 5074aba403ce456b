"""Where in a wallet's own order a stretch of time lies, found by halving.

Movements are numbered per wallet without a gap and lie almost in order of time: a write that waited for
the wallet's lock may be dated a moment before the one it waited for. So some twenty look-ups in the index
there is find the stretch, however many movements the wallet has, and no second index has to be written
with every charge.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.core import sql

DISORDER = timedelta(hours=1)
"""Far more than a write ever waits for a lock."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Movements after one place and before another: all of the time asked for, and few others."""

    after: int
    before: int

    @property
    def count(self) -> int:
        """At most so many movements."""
        return max(self.before - self.after - 1, 0)

    def latest(self, count: int) -> Stretch:
        """At most so many of it, the latest."""
        return Stretch(max(self.after, self.before - 1 - count), self.before)


def stretch_between(wallet_id: int, from_at: datetime | None, to_at: datetime | None) -> Stretch:
    """The stretch that holds every movement from an instant (included) to another (excluded): one query.

    Ask for the movements with its places as values: a planner that sees them as subqueries reads them all.
    """
    parts, values, chosen = [], [], []
    for name, instant, place, widened in (
        ("first", from_at, "(SELECT MAX(lo) FROM first)", -DISORDER),
        ("last", to_at, "(SELECT MIN(hi) FROM last)", DISORDER),
    ):
        if instant is not None:
            parts.append(_halving(name))
            values += [wallet_id, instant + widened, instant + widened, wallet_id]
            chosen.append(place)
        else:
            chosen.append("0" if name == "first" else _END)
    heading = f"WITH RECURSIVE {', '.join(parts)} " if parts else ""
    ends = [wallet_id] if to_at is None else []
    after, before = sql.fetch(f"{heading}SELECT {', '.join(chosen)}", [*values, *ends])[0]
    return Stretch(int(after), int(before))


_END = "(SELECT COALESCE(MAX(sequence), 0) + 1 FROM wallets_movement WHERE wallet_id = %s)"


def _halving(name: str) -> str:
    """A recursive query ``name(lo, hi)`` whose last row says between which places an instant falls."""
    return f"""{name}(lo, hi) AS (
    SELECT CAST(0 AS BIGINT), CAST(COALESCE(MAX(sequence), 0) + 1 AS BIGINT)
    FROM wallets_movement WHERE wallet_id = %s
    UNION ALL
    SELECT CASE WHEN p.at < %s THEN p.sequence ELSE {name}.lo END,
           CASE WHEN p.at < %s THEN {name}.hi ELSE p.sequence END
    FROM {name} JOIN wallets_movement p ON p.wallet_id = %s AND p.sequence = ({name}.lo + {name}.hi) / 2
    WHERE {name}.hi - {name}.lo > 1)"""
