"""Charges, one at a time: estimate and create. What happens to them later is in `changing`.

Every write locks the wallets first, carries out what is due on them, decides, and writes once. Times and
actors are arguments; keys of requests are the face's business (`apps.identity.idempotency`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError

from apps.allocations.limits import Tally
from apps.allocations.tallying import ask_tally, load_tally, tally_on
from apps.core import sql
from apps.core.errors import Problem
from apps.ledger import numbers
from apps.pricing.rating import Price
from apps.pricing.selectors import open_catalogue
from apps.usage import deciding
from apps.usage.asking import load_setting
from apps.usage.cases import (
    Case,
    begin,
    check_frozen,
    covered_price,
    denial,
    duplicate,
    level,
    make_case,
    owners_of,
    plan_case,
)
from apps.usage.funding import Draw, Payers, Plan
from apps.usage.rows import insert_charges, load_charge
from apps.usage.setting import Setting, limits_of, seat
from apps.usage.state import HELD, ChargeRequest, ChargeState
from apps.wallets.books import DueElsewhere, atomically, open_desk, project, write
from apps.wallets.state import Desk


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an operation would cost now and who would pay; `denial` says why not."""

    price: Price
    funding: list[tuple[Draw, int]]
    parties: Mapping[int, tuple[str, str]]
    denial: Problem | None
    level: str


def estimate_charge(request: ChargeRequest, *, at: datetime) -> Estimate:
    """What the request would cost and who would pay, without any effect."""
    setting = load_setting(owners_of([request]), centres=request.cost_centre is not None, priced=True)
    case = make_case(setting, open_catalogue(setting.revision), request, at, only_estimated=True)
    desk = project(setting.scope(case.user, case.organisation), at=at)
    payers = setting.payers(desk, case.user, case.organisation, case.path, at)
    tally = load_tally(tally_on(desk), limits_of(payers))
    plan = plan_case(case, payers, tally)
    problem = _denial_now(case, desk, setting, payers, plan, tally, at)
    parties = {wallet_id: (p.owner_type, p.owner_key) for wallet_id, p in setting.by_wallet.items()}
    if problem is not None:
        return Estimate(case.price, [], parties, problem, "blocked")
    funding = [(drawn, drawn.amount) for drawn in plan.draws]
    price = covered_price(plan.covered_by) if plan.covered_by else case.price
    return Estimate(price, funding, parties, None, level(case, payers, plan, tally))


def _denial_now(
    case: Case, desk: Desk, setting: Setting, payers: Payers, plan: Plan, tally: Tally, at: datetime
) -> Problem | None:
    try:
        check_frozen(case, desk, setting)
        check_once(case, at)
    except Problem as problem:
        return problem
    except DueElsewhere:
        pass  # a write would first end the hold that is due: the activity is free again
    return denial(case, payers, plan, tally)


def create_charge(request: ChargeRequest, *, client_id: int | None, at: datetime) -> ChargeState:
    """Hold (or with `capture` spend) what the request costs; a Problem changes nothing."""
    try:
        return atomically(lambda: _create(request, client_id, at), at=at)
    except IntegrityError as error:
        if activity_is_taken(error):
            raise duplicate(request) from error
        raise


def _create(request: ChargeRequest, client_id: int | None, at: datetime) -> ChargeState:
    setting = load_setting(owners_of([request]), centres=request.cost_centre is not None, priced=True)
    case = make_case(setting, open_catalogue(setting.revision), request, at)
    desk, payers, tally = _at_the_desk(case, setting, at)
    check_frozen(case, desk, setting)
    check_once(case, at)
    plan = plan_case(case, payers, tally)
    problem = denial(case, payers, plan, tally)
    if problem is not None:
        raise problem
    number, *taken = numbers.take(1 + len(desk.transfers) + request.capture)
    charge = begin(case, setting, plan, number=number, client_id=client_id, at=at)
    deciding.place(desk, tally, charge, plan)
    write(desk, at=at, finish=lambda: insert_charges([charge]), taken=taken)
    if case.once_key is not None:
        sql.send_waiting()
    return charge


def _at_the_desk(case: Case, setting: Setting, at: datetime) -> tuple[Desk, Payers, Tally]:
    """The locked wallets, who may pay from them, and what was spent under their limits: one round trip."""
    payers = setting.payers(None, case.user, case.organisation, case.path, at)
    fill: list[Callable[[Tally], Tally]] = []
    desk = open_desk(
        setting.scope(case.user, case.organisation),
        at=at,
        along=lambda: fill.append(ask_tally(limits_of(payers))),
    )
    seat(payers, desk, case.user, case.organisation)
    return desk, payers, fill[0](tally_on(desk))


def check_once(case: Case, at: datetime) -> None:
    """DuplicateActivity while one charge for the activity is held or captured; one that is due is ended."""
    if case.once_key is None:
        return
    rows = sql.fetch("SELECT id FROM usage_charge WHERE once_key = %s", [case.once_key])
    if not rows:
        return
    charge = load_charge(rows[0][0])
    if charge.status == HELD and charge.used is None and charge.expires_at and charge.expires_at <= at:
        raise DueElsewhere(charge.scope)
    raise duplicate(case.request)


def activity_is_taken(error: IntegrityError) -> bool:
    """Whether two people at once charged the same activity."""
    return "once_key" in str(error)
