"""What happens to a charge after it was made: captured, extended, released, refunded.

Each locks the wallets that the change may touch, reads the charge again under the locks, decides and
writes. Times and actors are arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.allocations.limits import Tally
from apps.allocations.tallying import load_tally, tally_on
from apps.core import sql
from apps.core.errors import Problem, ValidationError
from apps.pricing.rating import Price
from apps.pricing.selectors import get_rate
from apps.usage import deciding
from apps.usage.asking import load_setting
from apps.usage.cases import price_work, refusal_problem
from apps.usage.funding import Cap, Payers, Plan, refusal
from apps.usage.rows import load_charge, update_charge
from apps.usage.setting import Funding, Setting, limits_of
from apps.usage.state import HELD, ChargeState
from apps.wallets.books import DueElsewhere, atomically, open_desk, write
from apps.wallets.loading import load_holds
from apps.wallets.state import ALLOCATED, Desk

NOBODY = Payers(None, None, shared_pool=False, micro_percent=0, caps={}, personal=Cap())
"""Where nothing beyond the hold can be drawn."""


def capture_charge(
    charge_id: int,
    *,
    quantities: Mapping[str, int] | None,
    options: Mapping[str, Any] | None,
    at: datetime,
) -> ChargeState:
    """Spend what the work really took; by default what was reported as used, else what is held."""

    def work() -> ChargeState:
        before = load_charge(charge_id)
        price, cleaned, amounts = reprice(before, quantities, options)
        opened = _open(before, price, at, verb="captured")
        charge = opened.charge
        if quantities is None:
            price, cleaned, amounts = reprice(charge, quantities, options)
        charge.quantities, charge.options = amounts, cleaned
        deciding.capture(
            opened.desk,
            opened.tally,
            charge,
            price,
            payers=opened.payers,
            departed=opened.departed,
            at=at,
        )
        return opened.finish(at)

    return atomically(work, at=at)


def reprice(
    charge: ChargeState, quantities: Mapping[str, int] | None, options: Mapping[str, Any] | None
) -> tuple[Price, dict[str, str], dict[str, int]]:
    """The price by the rate version of the hold; what is given replaces what was held entirely."""
    rate = get_rate(version_id=charge.rate_version_id, exchange_rate_id=charge.exchange_rate_id)
    amounts = dict(quantities if quantities is not None else charge.used or charge.quantities)
    cleaned, price = price_work(rate, amounts, options if options is not None else charge.options)
    if charge.is_covered:
        price = Price(0, charge.breakdown)  # a generation is one, however long it takes
    return price, cleaned, amounts


def extend_charge(
    charge_id: int,
    *,
    used: Mapping[str, int] | None,
    reserve: Mapping[str, int] | None,
    hold_seconds: int | None,
    at: datetime,
) -> ChargeState:
    """Report what was used so far, hold a new reserve, move the deadline.

    When the reserve cannot be paid the refusal is raised after the report of use has been kept, up to
    what is held.
    """
    refused: list[Problem] = []

    def work() -> ChargeState:
        refused.clear()
        before = load_charge(charge_id)
        _require_units(before, used=used, reserve=reserve)
        price, _, _ = reprice(before, reserve if reserve is not None else before.quantities, None)
        opened = _open(before, price, at, verb="extended")
        charge = opened.charge
        reported, reserved = _totals(charge, used, reserve)
        price, _, _ = reprice(charge, reserved, None)
        short = deciding.extend(
            opened.desk,
            opened.tally,
            charge,
            price,
            payers=opened.payers,
            departed=opened.departed,
            at=at,
        )
        if short is not None:
            refused.extend(filter(None, [opened.problem(short)]))
            charge.used = deciding.use_up_to(reported, charge.quantities) if used is not None else charge.used
        else:
            charge.used = reported if used is not None else charge.used
            charge.quantities = reserved
            deciding.renew(opened.desk, charge, hold_seconds or charge.hold_seconds, at)
        return opened.finish(at)

    charge = atomically(work, at=at)
    if refused:
        raise refused[-1]
    return charge


def _require_units(charge: ChargeState, **given: Mapping[str, int] | None) -> None:
    """ValidationError for a unit that the charge's operation does not have."""
    rate = get_rate(version_id=charge.rate_version_id, exchange_rate_id=charge.exchange_rate_id)
    for name, amounts in given.items():
        unknown = [unit for unit in amounts or () if unit not in rate.units]
        if unknown:
            raise ValidationError(
                {f"{name}.{unit}": ["This operation has no such unit."] for unit in unknown}
            )


def _totals(
    charge: ChargeState, used: Mapping[str, int] | None, reserve: Mapping[str, int] | None
) -> tuple[dict[str, int], dict[str, int]]:
    """Use and reserve after the report, unit by unit; ValidationError if use falls or exceeds the reserve."""
    before = charge.used or {}
    reported = dict(used) if used is not None else dict(before)
    reserved = dict(reserve) if reserve is not None else dict(charge.quantities)
    fallen = [unit for unit, amount in before.items() if reported.get(unit, 0) < amount]
    if fallen:
        raise ValidationError({f"used.{unit}": ["What was used cannot fall."] for unit in fallen})
    beyond = [unit for unit, amount in reported.items() if amount > reserved.get(unit, 0)]
    if beyond:
        raise ValidationError({f"reserve.{unit}": ["Reserve at least what was used."] for unit in beyond})
    return reported, reserved


def release_charge(charge_id: int, *, reason: str = "", at: datetime) -> ChargeState:
    """The work failed or was cancelled: everything held returns."""

    def work() -> ChargeState:
        opened = _open(load_charge(charge_id), None, at, verb="released")
        opened.charge.reason = reason
        deciding.release(opened.desk, opened.tally, opened.charge, departed=opened.departed, at=at)
        return opened.finish(at)

    return atomically(work, at=at)


def refund_charge(
    charge_id: int, *, tokens: int | None, reason: str, actor: str, at: datetime
) -> ChargeState:
    """Give back micro-tokens of a captured charge, by default all that is left."""

    def work() -> ChargeState:
        opened = _open(load_charge(charge_id), None, at, verb="")
        deciding.refund(
            opened.desk,
            opened.tally,
            opened.charge,
            tokens,
            departed=opened.departed,
            actor=actor,
            reason=reason,
            at=at,
        )
        return opened.finish(at)

    return atomically(work, at=at)


@dataclass(slots=True)
class Opened:
    """A charge with its wallets locked, and what a decision about it needs."""

    charge: ChargeState
    desk: Desk
    tally: Tally
    payers: Payers
    departed: frozenset[int]

    def finish(self, at: datetime) -> ChargeState:
        """Write everything decided."""
        write(self.desk, at=at, finish=lambda: update_charge(self.charge))
        return self.charge

    def problem(self, plan: Plan) -> Problem | None:
        """Why the plan falls short, if it does."""
        found = refusal(self.payers, plan, self.tally)
        if found is None:
            return None
        return refusal_problem(found, self.charge.user_key, self.charge.organisation_key, self.tally)


def _open(before: ChargeState, price: Price | None, at: datetime, *, verb: str) -> Opened:
    """Lock what the change may touch and read the charge again under the locks.

    Only a change that may cost more than is held looks up who pays. With a `verb` the charge must be
    held, and not past its deadline.
    """
    more = _costs_more(before, price)
    setting = load_setting((), wallet_ids=_paying_wallets(before), centres=True) if more else None
    scope = before.scope | (_paying_scope(before, setting) if setting else set())
    desk = open_desk(scope, at=at)
    charge = as_it_is_now(desk, before.id, at)
    if verb:
        deciding.require_held(charge, verb)
    if not charge.scope <= desk.wallets.keys() or (setting is None and _costs_more(charge, price)):
        raise DueElsewhere(charge.scope)
    tally, payers = tally_on(desk), NOBODY
    if setting is not None:
        payers = _payers_of(charge, setting, desk)
        load_tally(tally, limits_of(payers))
    return Opened(charge, desk, tally, payers, departed_from(charge))


def _costs_more(charge: ChargeState, price: Price | None) -> bool:
    """Whether the price goes beyond what is held: under the locks somebody else may have lowered that."""
    return price is not None and charge.status == HELD and price.micro > charge.given


def as_it_is_now(desk: Desk, charge_id: int, at: datetime) -> ChargeState:
    """The charge under the locks; one whose deadline has passed as it ends by that."""
    settled: ChargeState | None = desk.notes.get("charges", {}).get(charge_id)
    if settled is not None:
        return settled
    charge = load_charge(charge_id)
    if charge.status != HELD:
        return charge
    load_holds(desk, [charge_id])
    if charge.expires_at is not None and charge.expires_at <= at:
        settle_charge(desk, charge)
    return charge


def settle_charge(desk: Desk, charge: ChargeState) -> None:
    """End a hold that is past its deadline, on the desk; nobody pays for more than was held."""
    price = None
    if charge.used is not None:
        price = reprice(charge, charge.used, None)[0]
    deciding.settle_due(desk, tally_on(desk), charge, price, payers=NOBODY, departed=departed_from(charge))


def departed_from(charge: ChargeState) -> frozenset[int]:
    """The wallets of organisations that gave tokens for this charge and that the person has left."""
    sources = {drawn.source_id for drawn in charge.draws if drawn.bucket == ALLOCATED}
    if not sources:
        return frozenset()
    condition, values = sql.among("w.id", sorted(sources))
    rows = sql.fetch(
        "SELECT w.id FROM wallets_wallet w JOIN organisations_membership m "
        "ON m.organisation_id = w.organisation_id AND m.ended_at IS NULL "
        f"JOIN wallets_wallet u ON u.user_id = m.user_id WHERE u.id = %s AND {condition}",
        [charge.wallet_id, *values],
    )
    return frozenset(sources - {row[0] for row in rows})


def _paying_wallets(charge: ChargeState) -> list[int]:
    owner = [charge.organisation_wallet_id] if charge.organisation_wallet_id else []
    return [charge.wallet_id, *owner]


def _paying_scope(charge: ChargeState, setting: Setting) -> set[int]:
    """The wallets that may pay for more, by the mode of the hold."""
    if charge.shared_pool and charge.organisation_wallet_id:
        return {charge.organisation_wallet_id}
    return {*_paying_wallets(charge), *setting.by_wallet[charge.wallet_id].sources}


def _payers_of(charge: ChargeState, setting: Setting, desk: Desk) -> Payers:
    """Who pays for more: by the mode and percent of the hold, the limits of the day it was made on.

    An organisation that the person has left pays what it held and nothing beyond (organisations.md).
    """
    user = setting.by_wallet[charge.wallet_id]
    organisation = setting.by_wallet.get(charge.organisation_wallet_id or 0)
    if organisation and (organisation.wallet_id, user.owner_key) not in setting.roles:
        organisation = None
    _remember(charge, setting)
    rule = Funding(charge.shared_pool, charge.micro_percent)
    return setting.payers(
        desk, user, organisation, charge.cost_centre_path, charge.created_at, rule, charge.days
    )


def _remember(charge: ChargeState, setting: Setting) -> None:
    """Name the wallets that may come in with the difference, and the day it counts for there."""
    if charge.shared_pool:
        return
    for scope in setting.by_wallet[charge.wallet_id].sources:
        party = setting.by_wallet[scope]
        charge.parties.setdefault(scope, (party.owner_type, party.owner_key))
        charge.days.setdefault(scope, party.calendar.day_of(charge.created_at))
