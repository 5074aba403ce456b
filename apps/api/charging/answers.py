"""What goes out about charges."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from apps.api.schema import INSTANT, TEXT, TOKENS, component, nullable, record
from apps.api.shapes.base import Schema
from apps.core.errors import Problem
from apps.core.units import MICRO, format_tokens, parse_plain
from apps.pricing.rating import Line
from apps.usage.batch import EventResult
from apps.usage.funding import Draw
from apps.usage.services import Estimate
from apps.usage.state import ChargeState
from apps.wallets.state import ALLOCATED

EXACT_DIGITS = 15
"""So many digits every JSON reader returns unchanged."""


def public_id(charge: ChargeState) -> str:
    """How the API names a charge."""
    return f"ch_{charge.id}"


def instant(at: datetime | None) -> str | None:
    """An instant (UTC) as RFC 3339 text."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def quantity(micro: int) -> Any:
    """Micro-units as a JSON number where any reader gets it back exactly, else as decimal text."""
    if micro % MICRO == 0:
        return micro // MICRO
    text = format_tokens(micro)
    return json.loads(text) if len(text.replace(".", "").lstrip("0")) <= EXACT_DIGITS else text


def quantities(amounts: Mapping[str, int]) -> dict[str, Any]:
    """Micro-units by unit as they go out."""
    return {unit: quantity(micro) for unit, micro in amounts.items()}


def breakdown(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """The lines that add up to the price."""
    return [
        {
            "label": line.label,
            "quantity": None if line.quantity is None else quantity(parse_plain(line.quantity)),
            "unit": line.unit,
            "base_cost": line.base_cost,
            "margin": line.margin,
            "tokens": format_tokens(line.micro),
        }
        for line in lines
    ]


def funding(
    draws: Iterable[tuple[Draw, int]], parties: Mapping[int, tuple[str, str]]
) -> list[dict[str, Any]]:
    """What of each bucket is held or spent."""
    found = []
    for drawn, amount in draws:
        owner_type, owner_key = parties[drawn.wallet_id]
        source = parties[drawn.source_id][1] if drawn.bucket == ALLOCATED else None
        wallet = {"type": owner_type, "id": owner_key}
        found.append(
            {
                "wallet": wallet,
                "bucket": drawn.bucket,
                "organisation": source,
                "tokens": format_tokens(amount),
            }
        )
    return found


def charge(state: ChargeState) -> dict[str, Any]:
    """A charge as every call answers it."""
    return {
        "id": public_id(state),
        "number": state.number,
        "status": state.status,
        "user": state.user_key,
        "organisation": state.organisation_key,
        "cost_centre": state.cost_centre_path[0] if state.cost_centre_path else None,
        "operation": state.operation,
        "model": state.model or None,
        "quantities": quantities(state.quantities),
        "used": None if state.used is None else quantities(state.used),
        "options": state.options,
        "activity": _activity(state),
        "metadata": state.metadata,
        "estimated_tokens": format_tokens(state.estimated),
        "tokens": format_tokens(state.price),
        "uncollected": format_tokens(state.uncollected),
        "refunded": format_tokens(state.refunded),
        "billing_source": state.billing_source,
        "breakdown": breakdown(state.breakdown),
        "funding": funding(state.funding(), state.parties),
        "reason": state.reason or None,
        "created_at": instant(state.created_at),
        "expires_at": instant(state.expires_at),
        "captured_at": instant(state.captured_at),
    }


def _activity(state: ChargeState) -> dict[str, Any] | None:
    activity = state.activity
    if activity is None:
        return None
    return {
        "type": activity.type,
        "id": activity.id,
        "label": activity.label or None,
        "url": activity.url or None,
    }


def estimate(found: Estimate) -> dict[str, Any]:
    """What an operation would cost, who would pay, and whether it may be."""
    return {
        "tokens": format_tokens(found.price.micro),
        "breakdown": breakdown(found.price.lines),
        "funding": funding(found.funding, found.parties),
        "allowed": found.denial is None,
        "denial": None if found.denial is None else refusal(found.denial),
        "level": found.level,
    }


def refusal(problem: Problem) -> dict[str, Any]:
    """A problem inside an answer: code, detail, and what else it carries."""
    return {"code": problem.code, "detail": problem.detail or f"{problem.title}.", **problem.extra}


def event(result: EventResult) -> dict[str, Any]:
    """What became of one event."""
    found = {
        "id": result.id,
        "status": result.status,
        "tokens": format_tokens(result.tokens),
        "uncollected": format_tokens(result.uncollected),
    }
    return found if result.problem is None else {**found, "error": refusal(result.problem)}


QUANTITY: Schema = {"anyOf": [{"type": "number"}, TEXT]}
QUANTITIES: Schema = {"type": "object", "additionalProperties": QUANTITY}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
REFUSAL: Schema = {
    "type": "object",
    "properties": {"code": TEXT, "detail": TEXT},
    "required": ["code", "detail"],
    "description": "A problem's code and sentence, and what else it carries (`limit`, `errors`).",
}
BREAKDOWN: Schema = {
    "type": "array",
    "items": record(
        label=TEXT,
        quantity=nullable(QUANTITY),
        unit=TEXT_OR_NULL,
        base_cost={**TEXT_OR_NULL, "description": "per unit, in the provider's currency"},
        margin={**TEXT_OR_NULL, "description": "percent"},
        tokens=TOKENS,
    ),
}
FUNDING: Schema = {
    "type": "array",
    "items": record(
        wallet=record(type={"type": "string", "enum": ["user", "organisation"]}, id=TEXT),
        bucket={"type": "string", "enum": ["free", "allocated", "earned", "purchased"]},
        organisation={**TEXT_OR_NULL, "description": "whose allocated tokens"},
        tokens=TOKENS,
    ),
    "description": "Sums to tokens − uncollected − refunded.",
}
CHARGE = component(
    "Charge",
    record(
        id=TEXT,
        number={"type": "string", "description": "to read out to support"},
        status={"type": "string", "enum": ["held", "captured", "released", "expired"]},
        user=TEXT,
        organisation=TEXT_OR_NULL,
        cost_centre=TEXT_OR_NULL,
        operation=TEXT,
        model=TEXT_OR_NULL,
        quantities=QUANTITIES,
        used={"anyOf": [QUANTITIES, {"type": "null"}], "description": "reported so far"},
        options={"type": "object", "additionalProperties": TEXT},
        activity=nullable(record(type=TEXT, id=TEXT, label=TEXT_OR_NULL, url=TEXT_OR_NULL)),
        metadata={"type": "object"},
        estimated_tokens=TOKENS,
        tokens={**TOKENS, "description": "the price of what was captured, of the hold while held"},
        uncollected=TOKENS,
        refunded=TOKENS,
        billing_source={"type": "string", "enum": ["tokens", "plan"]},
        breakdown=BREAKDOWN,
        funding=FUNDING,
        reason={**TEXT_OR_NULL, "description": "why it was released"},
        created_at=INSTANT,
        expires_at=nullable(INSTANT),
        captured_at=nullable(INSTANT),
    ),
)
ESTIMATE = component(
    "Estimate",
    record(
        tokens=TOKENS,
        breakdown=BREAKDOWN,
        funding=FUNDING,
        allowed={"type": "boolean"},
        denial=nullable(REFUSAL),
        level={"type": "string", "enum": ["ok", "near_limit", "few_tokens", "blocked"]},
    ),
)
EVENT_RESULT: Schema = {
    "type": "object",
    "properties": {
        "id": {**TEXT_OR_NULL, "description": "null where the event has no usable id"},
        "status": {"type": "string", "enum": ["charged", "partial", "duplicate", "invalid"]},
        "tokens": {**TOKENS, "description": "the price"},
        "uncollected": TOKENS,
        "error": REFUSAL,
    },
    "required": ["id", "status", "tokens", "uncollected"],
    "additionalProperties": False,
}
USAGE = component("UsageResults", record(results={"type": "array", "items": EVENT_RESULT}))
