"""Load and write what has been spent: the daily totals behind limits, budgets and "consumed today"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial

from apps.allocations.limits import Limit, Tally
from apps.core import sql
from apps.wallets.state import Desk

TABLE = "allocations_spendingtotal"


def tally_on(desk: Desk) -> Tally:
    """The tally kept with a desk; what is added to it is written with the desk."""
    tally: Tally | None = desk.notes.get("tally")
    if tally is None:
        tally = desk.notes["tally"] = Tally()
        desk.writes.append(partial(write_tally, tally))
    return tally


def load_tally(tally: Tally, limits: Iterable[Limit]) -> Tally:
    """Fill in the sums that the limits need: one query per organisation or person."""
    by_scope: dict[int, list[Limit]] = {}
    for limit in limits:
        by_scope.setdefault(limit.total[0], []).append(limit)
    for scope, of_scope in sorted(by_scope.items()):
        _load_scope(tally, scope, of_scope)
    return tally


def load_together(limits: Sequence[Limit]) -> Tally:
    """The sums that the limits need, of any number of organisations and people, in one query."""
    tally = Tally()
    if not limits:
        return tally
    one = (
        f"SELECT %s, COALESCE(SUM(spent_micro), 0) FROM {TABLE} WHERE scope_id = %s AND subject_type = %s "
        "AND subject_key = %s AND day >= %s AND day < %s"
    )
    values = [
        value
        for place, limit in enumerate(limits)
        for value in (str(place), *limit.total, limit.first, limit.end or date.max)
    ]
    for place, spent in sql.fetch(" UNION ALL ".join([one] * len(limits)), values):
        limit = limits[int(place)]
        tally.loaded[limit.total, limit.first, limit.end] = int(spent)
    return tally


def _load_scope(tally: Tally, scope: int, limits: Sequence[Limit]) -> None:
    spans = sorted(
        {(limit.first, limit.end) for limit in limits}, key=lambda span: (span[0], span[1] or date.max)
    )
    sums = ", ".join(["SUM(CASE WHEN day >= %s AND day < %s THEN spent_micro ELSE 0 END)"] * len(spans))
    bounds = [bound for first, end in spans for bound in (first, end or date.max)]
    types, type_values = sql.among("subject_type", sorted({limit.total[1] for limit in limits}))
    keys, key_values = sql.among("subject_key", sorted({limit.total[2] for limit in limits}))
    rows = sql.fetch(
        f"SELECT subject_type, subject_key, {sums} FROM {TABLE} WHERE scope_id = %s AND day >= %s "
        f"AND {types} AND {keys} GROUP BY subject_type, subject_key",
        [*bounds, scope, spans[0][0], *type_values, *key_values],
    )
    for subject_type, subject_key, *spent in rows:
        for (first, end), amount in zip(spans, spent, strict=True):
            tally.loaded[(scope, subject_type, subject_key), first, end] = int(amount)


def write_tally(tally: Tally) -> None:
    """Add what was decided to the daily totals, in one order so that writers never circle."""
    rows = sorted(
        (*total, day, amount) for total, days in tally.added.items() for day, amount in days.items() if amount
    )
    sql.add_up(
        TABLE,
        {
            "scope_id": "bigint",
            "subject_type": "text",
            "subject_key": "text",
            "day": "date",
            "spent_micro": "bigint",
        },
        rows,
        unique=("scope_id", "subject_type", "subject_key", "day"),
        value="spent_micro",
    )
