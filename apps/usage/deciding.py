"""What happens to a charge: pure decisions on a desk of wallets and a tally of what was spent.

Each function changes the charge, the desk and the tally in memory and leaves the writing to others.
Life of a charge and its numbers: charging.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from apps.allocations.limits import Tally
from apps.core.errors import InvalidState, ValidationError
from apps.core.units import format_tokens
from apps.ledger import platform
from apps.plans.quota import GENERATION
from apps.pricing.rating import Price
from apps.usage.funding import Draw, Payers, Plan, count, draw, merge
from apps.usage.state import CAPTURED, EXPIRED, HELD, RELEASED, ChargeState
from apps.wallets.state import ALLOCATED, FREE, PURCHASED, Desk, HeldPart, HoldState

HOLD = "charge"


def place(desk: Desk, tally: Tally, charge: ChargeState, plan: Plan) -> None:
    """Begin a charge: hold what the plan draws, or spend it if the charge is captured at once."""
    charge.draws = merge(plan.draws)
    _count_generation(tally, charge, charge.generations)
    _count(tally, charge, [(drawn, drawn.amount) for drawn in charge.draws])
    if charge.status == HELD:
        _hold(desk, charge)
    else:
        _spend(desk, charge, [drawn.amount for drawn in charge.draws], charge.created_at)


def capture(
    desk: Desk,
    tally: Tally,
    charge: ChargeState,
    price: Price,
    *,
    payers: Payers,
    departed: Collection[int],
    at: datetime,
) -> None:
    """Spend what the work really cost. Less than held: the difference returns. More: the difference is
    drawn like a new charge, and what cannot be paid is recorded as uncollected."""
    held = charge.given
    extra = price.micro - held
    if extra > 0:
        plan = draw(payers, extra, tally)
        _count(tally, charge, [(drawn, drawn.amount) for drawn in plan.draws])
        charge.draws = merge([*charge.draws, *plan.draws])
        charge.uncollected = plan.short
    charge.price, charge.breakdown = price.micro, price.lines
    charge.status, charge.captured_at, charge.ended_at = CAPTURED, at, at
    desk.end_hold(charge.id)
    kept = charge.kept(charge.collected)
    _spend(desk, charge, kept, at)
    _return(desk, tally, charge, kept, departed, at)


def let_go(
    desk: Desk, tally: Tally, charge: ChargeState, *, status: str, departed: Collection[int], at: datetime
) -> None:
    """End a hold without spending: released or expired, everything returns."""
    desk.end_hold(charge.id)
    charge.price, charge.breakdown = 0, ()
    charge.status, charge.ended_at, charge.once_key = status, at, None
    give_back_generation(tally, charge)
    _return(desk, tally, charge, [0] * len(charge.draws), departed, at)


def refund(
    desk: Desk,
    tally: Tally,
    charge: ChargeState,
    tokens: int | None,
    *,
    departed: Collection[int],
    actor: str,
    reason: str,
    at: datetime,
) -> None:
    """Give back micro-tokens of a captured charge (all that is left without a number) to where they
    came from; of one that a plan covered, the generation.

    InvalidState if nothing is left, ValidationError if it would be more than is left.
    """
    if charge.status != CAPTURED:
        raise wrong_state(charge, "refunded")
    if charge.generations:
        if tokens is not None:
            raise ValidationError({"tokens": ["The plan paid for it: leave the tokens out."]})
        give_back_generation(tally, charge)
        return
    if charge.refundable == 0:
        raise InvalidState("Nothing of this charge is left to refund.", state=charge.status)
    amount = charge.refundable if tokens is None else tokens
    if amount > charge.refundable:
        left = format_tokens(charge.refundable)
        raise ValidationError({"tokens": [f"At most {left} can be refunded of this charge."]})
    before = charge.kept(charge.refundable)
    charge.refunded += amount
    after = charge.kept(charge.refundable)
    returned = [(d, was - now) for d, was, now in zip(charge.draws, before, after, strict=True) if was > now]
    desk.post(
        "refund",
        at,
        [(desk.accounts[drawn.account_id], back) for drawn, back in returned],
        against=platform.CONSUMED,
        description=f"Refund of {charge.number}",
        actor=actor,
        charge_id=charge.id,
        note=reason,
    )
    _count(tally, charge, [(drawn, -back) for drawn, back in returned])
    _tidy(desk, charge, returned, departed, at)


def extend(
    desk: Desk,
    tally: Tally,
    charge: ChargeState,
    price: Price,
    *,
    payers: Payers,
    departed: Collection[int],
    at: datetime,
) -> Plan | None:
    """Hold the new reserve's price instead of the old. Answers the plan if it falls short; then the
    hold stays as it was."""
    extra = price.micro - charge.given
    if extra > 0:
        plan = draw(payers, extra, tally)
        if plan.short:
            return plan
        _count(tally, charge, [(drawn, drawn.amount) for drawn in plan.draws])
        desk.end_hold(charge.id)
        charge.draws = merge([*charge.draws, *plan.draws])
    else:
        desk.end_hold(charge.id)
        kept = charge.kept(price.micro)
        _return(desk, tally, charge, kept, departed, at)
        charge.draws = [_resized(d, amount) for d, amount in zip(charge.draws, kept, strict=True) if amount]
    charge.price = charge.estimated = price.micro
    charge.breakdown = price.lines
    return None


def renew(desk: Desk, charge: ChargeState, seconds: int, at: datetime) -> None:
    """Give the hold a new deadline, so many seconds from the instant."""
    charge.expires_at = at + timedelta(seconds=seconds)
    if charge.id in desk.holds:
        desk.move_deadline(charge.id, charge.expires_at)
    else:
        _hold(desk, charge)


def settle_due(
    desk: Desk,
    tally: Tally,
    charge: ChargeState,
    price: Price | None,
    *,
    payers: Payers,
    departed: Collection[int],
) -> None:
    """End a hold at its deadline: captured at what was reported as used, else everything returns."""
    deadline = charge.expires_at
    if deadline is None:
        return
    for wallet_id in charge.scope & desk.wallets.keys():
        desk.roll_over(desk.wallets[wallet_id], deadline)
    if price is None:
        let_go(desk, tally, charge, status=EXPIRED, departed=departed, at=deadline)
        return
    charge.quantities = dict(charge.used or charge.quantities)
    capture(desk, tally, charge, price, payers=payers, departed=departed, at=deadline)


def release(
    desk: Desk, tally: Tally, charge: ChargeState, *, departed: Collection[int], at: datetime
) -> None:
    """The work failed or was cancelled: everything returns."""
    let_go(desk, tally, charge, status=RELEASED, departed=departed, at=at)


def require_held(charge: ChargeState, verb: str) -> None:
    """InvalidState, with the state, unless the charge is held."""
    if charge.status != HELD:
        raise wrong_state(charge, verb)


def wrong_state(charge: ChargeState, verb: str) -> InvalidState:
    return InvalidState(f"A charge that is {charge.status} cannot be {verb}.", state=charge.status)


def use_up_to(used: Mapping[str, int], held: Mapping[str, int]) -> dict[str, int]:
    """The use that is covered by what is held, unit by unit."""
    return {unit: min(amount, held.get(unit, 0)) for unit, amount in used.items()}


def give_back_generation(tally: Tally, charge: ChargeState) -> None:
    """Let a generation of the plan's quota be free again, once."""
    _count_generation(tally, charge, -charge.generations)
    charge.generations = 0


def _count_generation(tally: Tally, charge: ChargeState, sign: int) -> None:
    if sign:
        cap = charge.generation_cap()
        for total in cap.totals:
            tally.add(total, cap.day, sign * GENERATION)


def _hold(desk: Desk, charge: ChargeState) -> None:
    if charge.expires_at is None:
        raise ValueError("A hold needs a deadline.")
    parts = tuple(HeldPart(d.account_id, d.amount, d.cycle_month) for d in charge.draws)
    home = charge.organisation_wallet_id if charge.is_covered else None
    desk.hold(HoldState(charge.id, HOLD, charge.expires_at, charge.created_at, parts, home=home))


def _spend(desk: Desk, charge: ChargeState, kept: list[int], at: datetime) -> None:
    moves = [
        (desk.accounts[drawn.account_id], -amount)
        for drawn, amount in zip(charge.draws, kept, strict=True)
        if amount
    ]
    desk.post(
        "charge",
        at,
        moves,
        against=platform.CONSUMED,
        description=describe(charge),
        actor=f"user:{charge.user_key}",
        charge_id=charge.id,
    )


def describe(charge: ChargeState) -> str:
    """The line people read in their transactions."""
    if charge.activity and charge.activity.label:
        return charge.activity.label
    name = charge.operation.replace("_", " ").capitalize()
    return f"{name} · {charge.model}" if charge.model else name


def _return(
    desk: Desk, tally: Tally, charge: ChargeState, kept: list[int], departed: Collection[int], at: datetime
) -> None:
    returned = [
        (d, d.amount - amount) for d, amount in zip(charge.draws, kept, strict=True) if d.amount > amount
    ]
    _count(tally, charge, [(drawn, -back) for drawn, back in returned])
    _tidy(desk, charge, returned, departed, at)


def _tidy(
    desk: Desk,
    charge: ChargeState,
    returned: list[tuple[Draw, int]],
    departed: Collection[int],
    at: datetime,
) -> None:
    """Free tokens whose cycle has ended lapse at once; allocated ones of somebody who has left go back
    to the organisation. Each is a line of its own."""
    for drawn, back in returned:
        bucket = desk.accounts[drawn.account_id]
        if drawn.bucket == FREE and _is_over(desk, drawn):
            desk.post(
                "lapse",
                at,
                [(bucket, -back)],
                against=platform.LAPSED,
                description="Returned free tokens of an earlier month lapsed",
                charge_id=charge.id,
            )
        if drawn.bucket == ALLOCATED and drawn.source_id in departed:
            desk.post(
                "reclaim",
                at,
                [(bucket, -back), (desk.wallets[drawn.source_id].bucket(PURCHASED), back)],
                description="Returned to the organisation after leaving it",
                charge_id=charge.id,
                credit=True,
            )


def _is_over(desk: Desk, drawn: Draw) -> bool:
    return drawn.cycle_month is not None and drawn.cycle_month < desk.wallets[drawn.wallet_id].cycle_month


def _count(tally: Tally, charge: ChargeState, draws: list[tuple[Draw, int]]) -> None:
    count(draws, tally, caps=charge.caps(), personal=charge.personal(), user_id=charge.wallet_id)


def _resized(drawn: Draw, amount: int) -> Draw:
    return Draw(drawn.account_id, drawn.wallet_id, drawn.bucket, drawn.source_id, amount, drawn.cycle_month)
