"""What a refund or a release would do, decided on a desk that nobody locks or writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.allocations.tallying import tally_on
from apps.usage import deciding
from apps.usage.changing import as_it_is_now, departed_from
from apps.usage.rows import load_charge
from apps.usage.state import ChargeState
from apps.wallets.books import project
from apps.wallets.state import Bucket, Desk


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The charge as it would be, what it gave back before, and the buckets that would change, each with
    the micro-tokens available before."""

    charge: ChargeState
    refunded: int
    desk: Desk
    buckets: tuple[tuple[Bucket, int], ...]


def foresee_refund(charge_id: int, *, tokens: int | None, at: datetime) -> Foreseen:
    """A refund of micro-tokens (all that is left by default); a Problem says why it cannot be."""
    desk, charge = _at_hand(charge_id, at)
    refunded, before = charge.refunded, _available(desk)
    deciding.refund(
        desk, tally_on(desk), charge, tokens, departed=departed_from(charge), actor="", reason="", at=at
    )
    return Foreseen(charge, refunded, desk, _changed(desk, before))


def foresee_release(charge_id: int, *, at: datetime) -> Foreseen:
    """The end of a hold; InvalidState if the charge is not held."""
    desk, charge = _at_hand(charge_id, at)
    deciding.require_held(charge, "released")
    before = _available(desk)
    deciding.release(desk, tally_on(desk), charge, departed=departed_from(charge), at=at)
    return Foreseen(charge, charge.refunded, desk, _changed(desk, before))


def _at_hand(charge_id: int, at: datetime) -> tuple[Desk, ChargeState]:
    desk = project(load_charge(charge_id).scope, at=at)
    return desk, as_it_is_now(desk, charge_id, at)


def _available(desk: Desk) -> dict[int, int]:
    return {number: bucket.available for number, bucket in desk.accounts.items()}


def _changed(desk: Desk, before: dict[int, int]) -> tuple[tuple[Bucket, int], ...]:
    return tuple(
        (bucket, before[number])
        for number, bucket in sorted(desk.accounts.items())
        if bucket.available != before[number]
    )
