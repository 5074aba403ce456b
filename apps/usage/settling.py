"""How holds for charges end by themselves: on a desk when their wallets are touched, or by the sweep."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from apps.core import sql
from apps.usage.changing import settle_charge
from apps.usage.rows import load_charges, update_charge
from apps.usage.state import HELD
from apps.wallets.books import atomically, open_desk, settlers, write
from apps.wallets.loading import load_holds
from apps.wallets.state import Desk


class ChargeSettler:
    """Ends holds for charges as of their deadlines."""

    def scope(self, hold_ids: Sequence[int]) -> set[int]:
        """The wallets that the charges' end may touch."""
        return {wallet for charge in load_charges(hold_ids).values() for wallet in charge.scope}

    def settle(self, desk: Desk, hold_ids: Sequence[int]) -> None:
        """End the holds on the desk; the charges are written with it."""
        charges = load_charges(hold_ids)
        for hold_id in hold_ids:
            charge = charges[hold_id]
            if charge.status != HELD:
                continue
            settle_charge(desk, charge)
            desk.notes.setdefault("charges", {})[charge.id] = charge
            desk.writes.append(partial(update_charge, charge))


def register() -> None:
    """Tell the wallets how holds for charges end."""
    settlers["charge"] = ChargeSettler()


def expire_holds(*, at: datetime, limit: int = 1000) -> int:
    """Carry out the deadlines that have passed, oldest first; answers how many holds ended."""
    rows = sql.fetch(
        "SELECT id FROM wallets_hold WHERE purpose = 'charge' AND expires_at <= %s "
        "ORDER BY expires_at, id LIMIT %s",
        [at, limit],
    )
    return sum(_expire(row[0], at) for row in rows)


def sweep_holds(*, at: datetime, rounds: int = 100) -> int:
    """Expire in bounded rounds until none is due; answers how many holds ended."""
    ended = 0
    for _ in range(rounds):
        of_round = expire_holds(at=at)
        ended += of_round
        if of_round == 0:
            break
    return ended


def _expire(hold_id: int, at: datetime) -> int:
    def work() -> int:
        charge = load_charges([hold_id])[hold_id]
        desk = open_desk(charge.scope, at=at)
        charge = desk.notes.get("charges", {}).get(hold_id) or load_charges([hold_id])[hold_id]
        if charge.status == HELD:
            load_holds(desk, [hold_id])
            settle_charge(desk, charge)
            desk.writes.append(partial(update_charge, charge))
        write(desk, at=at)
        return int(hold_id in desk.ended)

    return atomically(work, at=at)
