"""Read wallets with their buckets, grants and due holds into a desk: one query unless something is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from apps.core import sql
from apps.core.periods import Calendar
from apps.wallets.state import Bucket, Desk, HeldPart, HoldState, WalletState

Grants = tuple[tuple[datetime, int], ...]
_WALLETS = """
SELECT w.id, w.owner_type, w.owner_key, w.price_book_id, w.unlimited, w.frozen, w.sequence, w.time_zone,
       w.coming_time_zone, w.zone_changes_at, w.cycle_month, w.cycle_ends_at, w.cycle_basis,
       u.account_type_id,
       a.id, a.kind, a.source_id, a.balance, a.held, a.sequence, a.overdraft, a.filled_at, {due}, w.awaited,
       w.watch_micro, w.watch_lower
FROM wallets_wallet w
LEFT JOIN identity_user u ON u.id = w.user_id
JOIN ledger_account a ON a.holder_id = w.id AND {holders}
WHERE {condition} ORDER BY w.id, a.id
"""
_IS_DUE = "COALESCE((SELECT MIN(expires_at) FROM wallets_hold) <= %s, FALSE)"
"""Whether any hold at all is due, which is cheap to know; whose it is is asked only then."""
_DUE = """
SELECT h.id, h.purpose, h.expires_at, h.created_at, p.account_id, p.amount, p.cycle_month
FROM wallets_hold h LEFT JOIN wallets_holdpart p ON p.hold_id = h.id
WHERE h.expires_at <= %s AND (h.id IN (
    SELECT q.hold_id FROM wallets_holdpart q JOIN ledger_account a ON a.id = q.account_id
    WHERE {condition}) OR {at_home})
ORDER BY h.id
"""


def load(wallet_ids: Sequence[int], *, at: datetime) -> Desk:
    """The wallets with their buckets, and the holds due at the instant on them or on tokens they gave."""
    desk = Desk()
    condition, values = sql.among("w.id", wallet_ids)
    # Said of the accounts too, so that no plan reads all of them, however little is known of the tables.
    holders, again = sql.among("a.holder_id", wallet_ids) if sql.is_postgresql() else ("1 = 1", [])
    text = _WALLETS.format(condition=condition, due=_IS_DUE, holders=holders)
    rows = sql.fetch(text, [at, *again, *values], often=True)
    turning = [row for row in rows if sql.instant(row[11]) <= at]
    grants = _grants({row[13] for row in turning if row[13]})
    grants |= _own_grants({row[0] for row in turning if not row[13]})
    wallets: dict[int, WalletState] = {}
    for row in rows:
        if row[0] not in wallets:
            wallets[row[0]] = _wallet(row, grants)
        bucket = _bucket(row)
        wallets[row[0]].buckets[bucket.kind, bucket.source_id] = bucket
    desk.add(wallets.values())
    if any(row[22] for row in rows):
        for hold in _due(wallet_ids, at):
            desk.holds[hold.id] = hold
    return desk


def load_holds(desk: Desk, hold_ids: Sequence[int]) -> None:
    """Add open holds to a desk that has their wallets."""
    condition, values = sql.among("h.id", [number for number in hold_ids if number not in desk.holds])
    rows = sql.fetch(
        "SELECT h.id, h.purpose, h.expires_at, h.created_at, p.account_id, p.amount, p.cycle_month "
        "FROM wallets_hold h LEFT JOIN wallets_holdpart p ON p.hold_id = h.id "
        f"WHERE {condition} ORDER BY h.id",
        values,
    )
    for hold in _holds(rows):
        desk.holds[hold.id] = hold


def _wallet(row: tuple[Any, ...], grants: Mapping[str | int, Grants]) -> WalletState:
    return WalletState(
        id=row[0],
        owner_type=row[1],
        owner_key=row[2],
        price_book=row[3],
        unlimited=bool(row[4]),
        frozen=bool(row[5]),
        sequence=row[6],
        calendar=Calendar(row[7], row[8], sql.instant(row[9])),
        cycle_month=sql.day(row[10]),
        cycle_ends_at=sql.instant(row[11]),
        cycle_basis=row[12],
        grants=grants.get(row[13] or row[0], ()),
        awaited=bool(row[23]),
        watch=() if row[24] is None else (row[24], *(sql.from_json(row[25]) or ())),
    )


def _bucket(row: tuple[Any, ...]) -> Bucket:
    account, kind, source, balance, held, sequence, overdraft, filled_at = row[14:22]
    filled = sql.instant(filled_at)
    return Bucket(account, row[0], kind, source, balance, held, sequence, bool(overdraft), filled)


def _grants(account_types: set[str]) -> dict[str | int, Grants]:
    """Monthly grants by account type, the latest first."""
    if not account_types:
        return {}
    condition, values = sql.among("account_type_id", sorted(account_types))
    return _dated(
        f"SELECT account_type_id, from_at, tokens_micro FROM identity_freegrant WHERE {condition} "
        "ORDER BY from_at DESC",
        values,
    )


def _own_grants(wallet_ids: set[int]) -> dict[str | int, Grants]:
    """Monthly grants of wallets that have their own, the latest first."""
    if not wallet_ids:
        return {}
    condition, values = sql.among("wallet_id", sorted(wallet_ids))
    return _dated(
        f"SELECT wallet_id, from_at, tokens_micro FROM wallets_monthlygrant WHERE {condition} "
        "ORDER BY from_at DESC",
        values,
    )


def _dated(query: str, values: Sequence[Any]) -> dict[str | int, Grants]:
    found: dict[str | int, Grants] = {}
    for whose, from_at, tokens in sql.fetch(query, values):
        found[whose] = (*found.get(whose, ()), (sql.instant(from_at), tokens))
    return found


def _due(wallet_ids: Sequence[int], at: datetime) -> list[HoldState]:
    on_wallet, holders = sql.among("a.holder_id", wallet_ids)
    from_wallet, sources = sql.among("a.source_id", wallet_ids)
    at_home, homes = sql.among("h.home_id", wallet_ids)
    query = _DUE.format(condition=f"{on_wallet} OR {from_wallet}", at_home=at_home)
    return _holds(sql.fetch(query, [at, *holders, *sources, *homes]))


def _holds(rows: Sequence[tuple[Any, ...]]) -> list[HoldState]:
    found: dict[int, HoldState] = {}
    for hold_id, purpose, expires_at, created_at, account_id, amount, cycle_month in rows:
        hold = found.setdefault(
            hold_id,
            HoldState(hold_id, purpose, sql.instant(expires_at), sql.instant(created_at), (), stored=True),
        )
        if account_id is not None:
            hold.parts = (*hold.parts, HeldPart(account_id, amount, sql.day(cycle_month)))
    return list(found.values())
