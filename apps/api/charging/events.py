"""Usage events: work that has already happened, up to 1,000 at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.api.calls import Answer, Call, operation
from apps.api.charging import answers, shapes
from apps.api.endpoint import Endpoint
from apps.api.reading import invalid
from apps.api.shapes.base import Refused
from apps.api.shapes.texts import VisibleAscii
from apps.core.errors import Problem
from apps.identity.idempotency import meaning
from apps.identity.scopes import USAGE
from apps.usage.batch import EventResult, charge_events
from apps.usage.denials import record_denials
from apps.usage.state import ChargeRequest


class Usage(Endpoint):
    @operation(
        summary="Send usage events",
        description="Each event's `id` is its idempotency key. One bad event does not stop the others; "
        "results come in the order sent. What cannot be paid is `uncollected`.",
        scopes=(USAGE,),
        body=shapes.USAGE,
        answers={200: answers.USAGE},
        body_limit=shapes.EVENTS_LIMIT,
    )
    def post(self, call: Call) -> Answer:
        """Charge the events."""
        read = [_read(sent) for sent in call.body["events"]]
        requests = [found for found in read if isinstance(found, ChargeRequest)]
        results = charge_events(requests, client_id=call.caller.client_id, at=call.at) if requests else []
        _note_denials(call, requests, results)
        judged = iter(results)
        rows = [
            answers.event(next(judged)) if isinstance(found, ChargeRequest) else _unreadable(sent, found)
            for sent, found in zip(call.body["events"], read, strict=True)
        ]
        return Answer(200, {"results": rows})


def _read(sent: Any) -> ChargeRequest | Problem:
    """An event as a request, or what is wrong with its shape."""
    try:
        values = shapes.EVENT.read(sent)
    except Refused as refused:
        return invalid(refused.errors, "event")
    return shapes.as_request(values, digest=meaning("usage", values))


def _unreadable(sent: Any, problem: Problem) -> dict[str, Any]:
    try:
        event_id = VisibleAscii().read(sent.get("id") if isinstance(sent, dict) else None)
    except Refused:
        event_id = None
    error = answers.refusal(problem)
    return {"id": event_id, "status": "invalid", "tokens": "0", "uncollected": "0", "error": error}


def _note_denials(call: Call, requests: Sequence[ChargeRequest], results: Sequence[EventResult]) -> None:
    denied = [(r, result.problem) for r, result in zip(requests, results, strict=True) if result.problem]
    record_denials(denied, client_name=call.caller.name, at=call.at)
