"""Load and write what has been spent: the daily totals behind limits, budgets and "consumed today"."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial

from apps.allocations.limits import Limit, Tally
from apps.core import sql
from apps.wallets.state import Desk

TABLE = "allocations_spendingtotal"
FEW = 8
"""Up to so many subjects of one wallet are asked for one by one, in one query: what a charge needs."""

Subject = tuple[str, str]
Span = tuple[date, date | None]


def tally_on(desk: Desk) -> Tally:
    """The tally kept with a desk; what is added to it is written with the desk."""
    tally: Tally | None = desk.notes.get("tally")
    if tally is None:
        tally = desk.notes["tally"] = Tally()
        desk.writes.append(partial(write_tally, tally))
    return tally


def load_tally(tally: Tally, limits: Iterable[Limit]) -> Tally:
    """Fill in the sums that the limits need: one query per organisation or person."""
    return ask_tally(limits)(tally)


def ask_tally(limits: Iterable[Limit]) -> Callable[[Tally], Tally]:
    """Ask for the sums that the limits need, behind what waits to be sent; answers what fills them in."""
    by_scope: dict[int, list[Limit]] = {}
    for limit in limits:
        by_scope.setdefault(limit.total[0], []).append(limit)
    asked = [_ask_scope(scope, of_scope) for scope, of_scope in sorted(by_scope.items())]

    def fill(tally: Tally) -> Tally:
        for fill_scope in asked:
            fill_scope(tally)
        return tally

    return fill


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


def _ask_scope(scope: int, limits: Sequence[Limit]) -> Callable[[Tally], None]:
    spans = sorted(
        {(limit.first, limit.end) for limit in limits}, key=lambda span: (span[0], span[1] or date.max)
    )
    subjects = sorted({limit.total[1:] for limit in limits})
    asked = (_ask_few if len(subjects) <= FEW else _ask_many)(scope, subjects, spans)

    def fill(tally: Tally) -> None:
        for subject_type, subject_key, *spent in asked.rows():
            for (first, end), amount in zip(spans, spent, strict=True):
                tally.loaded[(scope, subject_type, subject_key), first, end] = int(amount or 0)

    return fill


def _ask_few(scope: int, subjects: Sequence[Subject], spans: Sequence[Span]) -> sql.Asked:
    """Each subject by itself, so that no plan can walk through the days of all others."""
    sums, bounds = _sums(spans)
    one = (
        f"SELECT subject_type, subject_key, {sums} FROM {TABLE} "
        "WHERE scope_id = %s AND subject_type = %s AND subject_key = %s AND day >= %s "
        "GROUP BY subject_type, subject_key"
    )
    values = [value for subject in subjects for value in (*bounds, scope, *subject, spans[0][0])]
    return sql.ask(" UNION ALL ".join([one] * len(subjects)), values)


def _ask_many(scope: int, subjects: Sequence[Subject], spans: Sequence[Span]) -> sql.Asked:
    sums, bounds = _sums(spans)
    types, type_values = sql.among("subject_type", sorted({subject[0] for subject in subjects}))
    keys, key_values = sql.among("subject_key", sorted({subject[1] for subject in subjects}))
    text = (
        f"SELECT subject_type, subject_key, {sums} FROM {TABLE} WHERE scope_id = %s AND day >= %s "
        f"AND {types} AND {keys} GROUP BY subject_type, subject_key"
    )
    values = [*bounds, scope, spans[0][0], *type_values, *key_values]
    return sql.Asked((text, values), often=False)


def _sums(spans: Sequence[Span]) -> tuple[str, list[date]]:
    """What was spent in each span, as columns, and their values."""
    sums = ", ".join(["SUM(CASE WHEN day >= %s AND day < %s THEN spent_micro ELSE 0 END)"] * len(spans))
    return sums, [bound for first, end in spans for bound in (first, end or date.max)]


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
