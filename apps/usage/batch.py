"""Usage events: work that has already happened, charged in one go for any number of people.

One bad event does not stop the others; what cannot be paid is recorded as uncollected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError

from apps.allocations.tallying import load_tally, tally_on
from apps.core.errors import IdempotencyConflict, Problem, ValidationError
from apps.ledger import numbers
from apps.pricing.selectors import Catalogue, open_catalogue
from apps.usage import deciding
from apps.usage.asking import load_setting
from apps.usage.cases import Case, begin, duplicate, make_case, owners_of, plan_case
from apps.usage.funding import Payers
from apps.usage.rows import insert_charges, load_events
from apps.usage.services import check_once
from apps.usage.setting import Setting, limits_of
from apps.usage.state import ChargeRequest, ChargeState
from apps.wallets.books import atomically, open_desk, write
from apps.wallets.state import Desk


@dataclass(frozen=True, slots=True)
class EventResult:
    """What became of one event; `tokens` is its price and `uncollected` the part nobody paid, micro."""

    id: str
    status: str
    tokens: int = 0
    uncollected: int = 0
    charge_id: int | None = None
    problem: Problem | None = None


def charge_events(requests: Sequence[ChargeRequest], *, client_id: int, at: datetime) -> list[EventResult]:
    """Charge the events in the order sent; each `event_id` has its effect once, however often it comes."""
    try:
        return atomically(lambda: _charge(requests, client_id, at), at=at)
    except IntegrityError:
        return atomically(lambda: _charge(requests, client_id, at), at=at)


def _charge(requests: Sequence[ChargeRequest], client_id: int, at: datetime) -> list[EventResult]:
    results = _known(requests, client_id)
    fresh = {place: request for place, request in enumerate(requests) if place not in results}
    if fresh:
        centres = any(request.cost_centre is not None for request in fresh.values())
        setting = load_setting(owners_of(fresh.values()), centres=centres, priced=True)
        catalogue = open_catalogue(setting.revision)
        cases = {place: _case(setting, catalogue, request, at) for place, request in fresh.items()}
        results |= _charge_cases(cases, fresh, setting, client_id, at)
    return [results[place] for place in range(len(requests))]


def _known(requests: Sequence[ChargeRequest], client_id: int) -> dict[int, EventResult]:
    """The results of events that have had their effect before."""
    known = load_events(client_id, [request.event_id or "" for request in requests])
    return {
        place: _again(request, *known[request.event_id or ""])
        for place, request in enumerate(requests)
        if request.event_id in known
    }


def _again(request: ChargeRequest, charge_id: int, digest: str, tokens: int, uncollected: int) -> EventResult:
    """The answer to an event that comes again: the first result, or a conflict for other content."""
    event_id = request.event_id or ""
    if digest != request.event_digest:
        problem = IdempotencyConflict(f"Event {event_id} was sent before with other content.")
        return EventResult(event_id, "invalid", problem=problem)
    return EventResult(event_id, "duplicate", tokens, uncollected, charge_id)


def _case(setting: Setting, catalogue: Catalogue, request: ChargeRequest, at: datetime) -> Case | Problem:
    try:
        if request.time is not None and request.time > at:
            raise ValidationError({"time": ["The work lies in the future."]})
        return make_case(setting, catalogue, request, request.time or at, before_first=True)
    except Problem as problem:
        return problem


def _charge_cases(
    cases: dict[int, Case | Problem],
    requests: dict[int, ChargeRequest],
    setting: Setting,
    client_id: int,
    at: datetime,
) -> dict[int, EventResult]:
    """Decide the cases in their order on one desk and write them together."""
    good = {place: case for place, case in cases.items() if isinstance(case, Case)}
    scope: set[int] = set()
    for case in good.values():
        scope |= setting.scope(case.user, case.organisation)
    desk = open_desk(scope, at=at)
    payers = {place: setting.payers(desk, c.user, c.organisation, c.path, at) for place, c in good.items()}
    load_tally(tally_on(desk), {id(n): n for p in payers.values() for n in limits_of(p)}.values())
    batch = _Batch(setting, desk, client_id, at, numbers.take(len(good))[::-1])
    results = {place: batch.decide(requests[place], case, payers.get(place)) for place, case in cases.items()}
    write(desk, at=at, finish=lambda: insert_charges(list(batch.charges.values())))
    return results


@dataclass(slots=True)
class _Batch:
    """What has been charged in this batch so far: charges by event, activities charged once."""

    setting: Setting
    desk: Desk
    client_id: int
    at: datetime
    numbers: list[int]
    charges: dict[str, ChargeState] = field(default_factory=dict)
    once: set[str] = field(default_factory=set)

    def decide(self, request: ChargeRequest, case: Case | Problem, payers: Payers | None) -> EventResult:
        """Charge one event; the problem with it becomes its result."""
        event_id = request.event_id or ""
        before = self.charges.get(event_id)
        if before is not None:
            return _again(request, before.id, before.event_digest, before.price, before.uncollected)
        if isinstance(case, Problem) or payers is None:
            return EventResult(event_id, "invalid", problem=case if isinstance(case, Problem) else None)
        try:
            _claim_once(case, self.once, self.at)
            charge = self._place(case, payers)
        except Problem as problem:
            return EventResult(event_id, "invalid", problem=problem)
        self.charges[event_id] = charge
        return _result(charge)

    def _place(self, case: Case, payers: Payers) -> ChargeState:
        number = self.numbers.pop()
        tally = tally_on(self.desk)
        plan = plan_case(case, payers, tally)
        charge = begin(case, self.setting, plan, number=number, client_id=self.client_id, at=self.at)
        charge.uncollected = plan.short
        deciding.place(self.desk, tally, charge, plan)
        return charge


def _claim_once(case: Case, once: set[str], at: datetime) -> None:
    """Let an activity that is charged once pass only once, in this batch too."""
    if case.once_key is None:
        return
    if case.once_key in once:
        raise duplicate(case.request)
    check_once(case, at)
    once.add(case.once_key)


def _result(charge: ChargeState) -> EventResult:
    status = "partial" if charge.uncollected else "charged"
    return EventResult(charge.event_id or "", status, charge.price, charge.uncollected, charge.id)
