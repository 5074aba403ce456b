"""Estimates and charges: shape → service → answer."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from apps.api.calls import Answer, Call, Refusal, operation
from apps.api.charging import answers, shapes
from apps.api.endpoint import Endpoint
from apps.api.pages import page, page_schema
from apps.core import errors
from apps.core.errors import Problem
from apps.identity.scopes import CHARGES, READ
from apps.usage.changing import capture_charge, extend_charge, refund_charge, release_charge
from apps.usage.denials import CODES, as_asked, record_denials
from apps.usage.selectors import ChargeFilter, charge_id_of, find_charges, get_charge, place_of
from apps.usage.services import create_charge, estimate_charge
from apps.usage.state import ChargeState

NAMES: tuple[type[Problem], ...] = (errors.NotFound, errors.NotAMember)
PRICE: tuple[type[Problem], ...] = (errors.NoPrice,)
MONEY: tuple[type[Problem], ...] = (
    errors.InsufficientTokens,
    errors.LimitReached,
    errors.MinimumBalance,
    errors.WalletFrozen,
    errors.PriceBookMismatch,
)
STATE: tuple[type[Problem], ...] = (errors.NotFound, errors.InvalidState)
CHARGE_PATH = {"charge": shapes.ChargeId()}


def charge_as_it_is(object_id: str, at: datetime) -> dict[str, Any]:
    """The charge's answer built anew."""
    return answers.charge(get_charge(int(object_id), at=at))


changing = partial(
    operation,
    scopes=(CHARGES,),
    path=CHARGE_PATH,
    answers={200: answers.CHARGE},
    problems=STATE,
    rebuild=charge_as_it_is,
)
"""A call that changes a charge and answers it."""


def _answer(status: int, charge: ChargeState) -> Answer:
    return Answer(status, answers.charge(charge), made=("charge", str(charge.id)))


class Estimates(Endpoint):
    @operation(
        summary="Estimate a charge",
        description="What an operation would cost now, who would pay, and why not. Has no effect.",
        scopes=(CHARGES,),
        body=shapes.ESTIMATE,
        answers={200: answers.ESTIMATE},
        problems=(*NAMES, *PRICE),
    )
    def post(self, call: Call) -> Answer:
        """Estimate without any effect."""
        found = estimate_charge(shapes.as_request(call.body), at=call.at)
        return Answer(200, answers.estimate(found))


class Charges(Endpoint):
    @operation(
        summary="List charges",
        description="Newest first. `from` counts, `to` no longer.",
        scopes=(READ, CHARGES),
        query=shapes.CHARGES,
        answers={200: page_schema(answers.CHARGE)},
    )
    def get(self, call: Call) -> Answer:
        """A page of charges."""
        asked = dict(call.query)
        limit = asked.pop("limit")
        wanted = ChargeFilter(
            from_at=asked.pop("from", None),
            to_at=asked.pop("to", None),
            before=asked.pop("cursor", None),
            **asked,
        )
        found = find_charges(wanted, limit=limit + 1, at=call.at)
        return Answer(200, page(found, limit, show=answers.charge, place=place_of))

    @operation(
        summary="Create a charge",
        description="Holds what the operation costs until it is captured, or captures it at once.",
        scopes=(CHARGES,),
        body=shapes.CHARGE,
        answers={201: answers.CHARGE},
        problems=(*NAMES, *PRICE, *MONEY, errors.DuplicateActivity),
        rebuild=charge_as_it_is,
    )
    def post(self, call: Call) -> Answer:
        """Hold or capture."""
        request = shapes.as_request(call.body)
        return _answer(201, create_charge(request, client_id=call.caller.client_id, at=call.at))

    def refused(self, call: Call, problem: Problem) -> None:
        """Keep the denied attempt."""
        if problem.code in CODES:
            denied = [(shapes.as_request(call.body), problem)]
            record_denials(denied, client_name=call.caller.name, at=call.at)


class Charge(Endpoint):
    @operation(
        summary="Get a charge",
        description="A hold past its deadline shows its final state.",
        scopes=(READ, CHARGES),
        path=CHARGE_PATH,
        answers={200: answers.CHARGE},
        problems=(errors.NotFound,),
    )
    def get(self, call: Call) -> Answer:
        """One charge."""
        return Answer(200, answers.charge(get_charge(charge_id_of(call.path["charge"]), at=call.at)))


class Capture(Endpoint):
    @changing(
        summary="Capture a charge",
        description="Spends what the work really took: by default what was reported as used, else what is "
        "held. Above the hold the difference is charged, and what cannot be paid is `uncollected`.",
        body=shapes.CAPTURE,
    )
    def post(self, call: Call) -> Answer:
        """Capture a hold."""
        captured = capture_charge(
            charge_id_of(call.path["charge"]),
            quantities=call.body.get("quantities"),
            options=call.body.get("options"),
            at=call.at,
        )
        return _answer(200, captured)


class Extend(Endpoint):
    @changing(
        summary="Extend a charge",
        description="Reports use so far and reserves anew, both as totals, and moves the deadline. A reserve "
        "that cannot be paid is refused; the report of use is kept all the same, up to what is held.",
        body=shapes.EXTEND,
        problems=(*STATE, *MONEY),
    )
    def post(self, call: Call) -> Answer | Refusal:
        """Report use and hold on."""
        try:
            extended = extend_charge(
                charge_id_of(call.path["charge"]),
                used=call.body.get("used"),
                reserve=call.body.get("reserve"),
                hold_seconds=call.body.get("hold_seconds"),
                at=call.at,
            )
        except MONEY as refusal:
            return Refusal(refusal)
        return _answer(200, extended)

    def refused(self, call: Call, problem: Problem) -> None:
        """Keep the denied attempt."""
        if isinstance(problem, MONEY):
            charge = get_charge(charge_id_of(call.path["charge"]), at=call.at)
            record_denials([(as_asked(charge), problem)], client_name=call.caller.name, at=call.at)


class Release(Endpoint):
    @changing(
        summary="Release a charge",
        description="The work failed or was cancelled: everything held returns.",
        body=shapes.RELEASE,
    )
    def post(self, call: Call) -> Answer:
        """Let a hold go."""
        charge_id = charge_id_of(call.path["charge"])
        return _answer(200, release_charge(charge_id, reason=call.body["reason"], at=call.at))


class Refund(Endpoint):
    @changing(
        summary="Refund a charge",
        description="Gives back tokens of a captured charge, by default all that is left, to where they came "
        "from.",
        body=shapes.REFUND,
    )
    def post(self, call: Call) -> Answer:
        """Give tokens back."""
        refunded = refund_charge(
            charge_id_of(call.path["charge"]),
            tokens=call.body.get("tokens"),
            reason=call.body["reason"],
            actor=call.caller.actor,
            at=call.at,
        )
        return _answer(200, refunded)
