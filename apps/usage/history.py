"""What was used in a span of time, summed up in the database: over time, and by what it was for.

A use counts on the instant its charge was created, with what of it stays spent: what was captured, less
what was not collected and less refunds, whenever these came. So a day is the day its limits counted, and
the sums are those of the charges' entries in the ledger. Open holds are no spending yet.

For a person all that was paid for what they used, whoever paid. For an organisation what its tokens paid:
its own wallet directly, and the tokens it had allocated to members, in whichever organisation they were
spent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from apps.core import sql

Dimension = Literal["operation", "model", "activity", "cost_centre", "payer", "person"]
DIMENSIONS: tuple[Dimension, ...] = ("operation", "model", "activity", "cost_centre", "payer", "person")
OWN, ALLOCATED, COVERAGE, SHARED_POOL = "own", "allocated", "coverage", "shared_pool"
"""Who paid: a bucket of one's own, allocated tokens, an organisation's wallet by its two modes."""

Instants = tuple[datetime, datetime]
"""From (included) to (excluded)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose use: a person's or an organisation's wallet; of an organisation also one person's only, or
    only what was spent for some cost centres, by their rows."""

    wallet_id: int
    is_organisation: bool
    person_wallet_id: int | None = None
    operation: str = ""
    centre_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Sum:
    """Micro-tokens and how many uses they are; uses of which nothing stays spent are not counted."""

    amount: int = 0
    uses: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One row of a breakdown. `key` tells it from the others, `label` is its name where the charge has one.

    By payer the key is who paid, and `source_id` the organisation's wallet (0: the person's own). By
    person it is the person's wallet; by cost centre its row (0: none was named).
    """

    key: str
    label: str
    source_id: int
    sum: Sum


def sums_over_time(wanted: Wanted, spans: Sequence[Instants]) -> tuple[Sum, ...]:
    """What was used in each of the spans, in one query."""
    if not spans:
        return ()
    parts, values = _parts(wanted, spans, "''", "0")
    rows = sql.fetch(
        f"{_with(len(spans))} SELECT place, SUM(amount), {_USES} FROM ({parts}) p GROUP BY place",
        [*_bounds(spans), *values],
    )
    found = {int(place): Sum(int(amount), int(uses)) for place, amount, uses in rows}
    return tuple(found.get(place, Sum()) for place in range(len(spans)))


def breakdown(wanted: Wanted, span: Instants, by: Dimension, *, limit: int) -> tuple[Part, ...]:
    """The span by a dimension, the largest first, at most so many rows; one query."""
    key, source, label = _KEYS[by]
    parts, values = _parts(wanted, [span], key, source, label=label, by_payer=by == "payer")
    own = [wanted.wallet_id] if by == "payer" and not wanted.is_organisation else []
    rows = sql.fetch(
        f"{_with(1)} SELECT part, MAX(label), source, SUM(amount), {_USES} FROM ({parts}) p "
        "GROUP BY part, source HAVING SUM(amount) <> 0 OR SUM(CASE WHEN amount > 0 THEN 1 ELSE 0 END) > 0 "
        "ORDER BY SUM(amount) DESC, part, source LIMIT %s",
        [*_bounds([span]), *own, *own, *values, limit],
    )
    return tuple(
        Part(str(key), label or "", int(source or 0), Sum(int(amount), int(uses)))
        for key, label, source, amount, uses in rows
    )


_USES = "SUM(CASE WHEN amount > 0 THEN 1 ELSE 0 END)"
_SOURCE = "CASE WHEN a.kind = 'allocated' THEN a.source_id WHEN a.holder_id = %s THEN 0 ELSE a.holder_id END"
_PAYER = f"""CASE WHEN a.kind = '{ALLOCATED}' THEN '{ALLOCATED}' WHEN a.holder_id = %s THEN a.kind
    WHEN c.shared_pool THEN '{SHARED_POOL}' ELSE '{COVERAGE}' END"""
_KEYS: dict[Dimension, tuple[str, str, str]] = {
    "operation": ("c.operation", "0", "''"),
    "model": ("c.model", "0", "''"),
    "activity": ("c.activity_type || ' ' || c.activity_id", "0", "c.activity_label"),
    "cost_centre": ("'centre'", "COALESCE(c.cost_centre_id, 0)", "''"),
    "payer": ("''", "0", "''"),
    "person": ("'person'", "c.wallet_id", "''"),
}
_SPENT = """
SELECT s.place, c.id, {key} AS part, {source} AS source, {label} AS label,
       c.price_micro - c.uncollected_micro - c.refunded_micro AS amount
FROM span s JOIN usage_charge c ON c.created_at >= s.begins AND c.created_at < s.ends
WHERE c.status = 'captured' AND c.created_at >= %s AND c.created_at < %s AND {whose}
"""
_PAID = """
SELECT s.place, c.id, {key} AS part, {source} AS source, MAX({label}) AS label, -SUM(e.amount) AS amount
FROM span s JOIN usage_charge c ON c.created_at >= s.begins AND c.created_at < s.ends
JOIN ledger_transfer t ON t.charge_id = c.id AND t.kind IN ('charge', 'refund')
JOIN ledger_entry e ON e.transfer_id = t.number
JOIN ledger_account a ON a.id = e.account_id AND {account}
WHERE c.status = 'captured' AND c.created_at >= %s AND c.created_at < %s AND {whose}
GROUP BY 1, 2, 3, 4
"""
_COVERED = """
SELECT s.place, c.id, {key} AS part, {source} AS source, {label} AS label, -m.amount AS amount
FROM span s JOIN usage_charge c ON c.created_at >= s.begins AND c.created_at < s.ends
JOIN ledger_transfer t ON t.charge_id = c.id AND t.kind IN ('charge', 'refund')
JOIN wallets_movement m ON m.transfer_id = t.number AND m.wallet_id = %s
WHERE c.status = 'captured' AND c.created_at >= %s AND c.created_at < %s
  AND c.organisation_wallet_id = %s AND NOT c.shared_pool{more}
"""
_TOGETHER = """
SELECT place, id, part, source, MAX(label) AS label, SUM(amount) AS amount
FROM ({covered} UNION ALL {allocated}) mixed GROUP BY 1, 2, 3, 4
"""
_FROM_ALLOCATIONS = f"(a.kind = '{ALLOCATED}' AND a.source_id = %s)"
_OF_ALLOCATED = f"""c.wallet_id IN (
    SELECT w.id FROM organisations_membership m JOIN wallets_wallet w ON w.user_id = m.user_id
    JOIN ledger_account g ON g.holder_id = w.id AND g.kind = '{ALLOCATED}' AND g.source_id = %s
    WHERE m.organisation_id = (SELECT organisation_id FROM wallets_wallet WHERE id = %s))"""


def _parts(
    wanted: Wanted,
    spans: Sequence[Instants],
    key: str,
    source: str,
    *,
    label: str = "''",
    by_payer: bool = False,
) -> tuple[str, list[Any]]:
    """One row per charge (and payer): which span, what it was, what of it stays spent."""
    words = {"key": key, "source": source, "label": label}
    if wanted.is_organisation:
        return _parts_of_organisation(wanted, spans, words, by_payer=by_payer)
    more, more_values = _narrower(wanted)
    values = [*_around(spans), wanted.wallet_id, *more_values]
    if not by_payer:
        return _SPENT.format(**words, whose=f"c.wallet_id = %s{more}"), values
    words |= {"key": _PAYER, "source": _SOURCE}
    return _PAID.format(**words, account="a.holder_id IS NOT NULL", whose=f"c.wallet_id = %s{more}"), values


def _parts_of_organisation(
    wanted: Wanted, spans: Sequence[Instants], words: dict[str, str], *, by_payer: bool
) -> tuple[str, list[Any]]:
    """What its shared pool paid stands in the charges; coverage and allocated tokens stand in the ledger."""
    more, more_values = _narrower(wanted)
    wallet, around = wanted.wallet_id, _around(spans)

    def paid(payer: str) -> dict[str, str]:
        return {**words, "key": f"'{payer}'"} if by_payer else words

    pooled = _SPENT.format(
        **paid(SHARED_POOL), whose=f"c.organisation_wallet_id = %s AND c.shared_pool{more}"
    )
    covered = _COVERED.format(**paid(COVERAGE), more=more)
    allocated = _PAID.format(**paid(ALLOCATED), account=_FROM_ALLOCATIONS, whose=f"{_OF_ALLOCATED}{more}")
    values = [*around, wallet, *more_values]
    values += [wallet, *around, wallet, *more_values]
    values += [wallet, *around, wallet, wallet, *more_values]
    return f"{pooled} UNION ALL {_TOGETHER.format(covered=covered, allocated=allocated)}", values


def _around(spans: Sequence[Instants]) -> Instants:
    """From the first beginning to the last end: without it the planner takes the spans to be all of time."""
    return min(span[0] for span in spans), max(span[1] for span in spans)


def _narrower(wanted: Wanted) -> tuple[str, list[Any]]:
    condition, values = "", list[Any]()
    if wanted.person_wallet_id is not None:
        condition += " AND c.wallet_id = %s"
        values.append(wanted.person_wallet_id)
    if wanted.operation:
        condition += " AND c.operation = %s"
        values.append(wanted.operation)
    if wanted.centre_ids:
        centres, of_centres = sql.among("c.cost_centre_id", wanted.centre_ids)
        condition, values = f"{condition} AND {centres}", [*values, *of_centres]
    return condition, values


def _with(count: int) -> str:
    """The spans as a table: from each the database reads a stretch of the wallet's index."""
    return f"WITH span(place, begins, ends) AS (VALUES {', '.join(['(%s, %s, %s)'] * count)})"


def _bounds(spans: Sequence[Instants]) -> list[Any]:
    return [value for place, span in enumerate(spans) for value in (place, *span)]
