"""What comes in about charges."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from apps.api.pages import page_query
from apps.api.shapes.base import Schema, refuse
from apps.api.shapes.numbers import Amount, Flag, OptionValue, Quantity, Whole
from apps.api.shapes.objects import Field, Fields, Items, Map, absent, needed, optional
from apps.api.shapes.texts import Choice, Instant, InstantInQuery, PlatformId, Text, VisibleAscii
from apps.usage.state import Activity, ChargeRequest

METADATA_BYTES = 2048
HOLD_SECONDS = Whole(1, 86_400)
QUANTITIES = Map(Quantity(), most=50)
_NOTHING: Schema = {"anyOf": [{"type": "number", "enum": [0]}, {"type": "string", "pattern": r"^0+(\.0+)?$"}]}


class SomeQuantities(Map):
    """Quantities of which at least one is above zero."""

    def __init__(self) -> None:
        super().__init__(Quantity(), most=50)

    def read(self, value: Any) -> dict[str, Any]:
        found = super().read(value)
        if not any(found.values()):
            refuse("Give at least one quantity above 0.")
        return found

    def schema(self) -> Schema:
        return {**super().schema(), "not": {"additionalProperties": _NOTHING}}


OPTIONS = Map(OptionValue(), most=50)
EVENTS_LIMIT = 4_000_000
"""Bytes of a body of usage events."""


class Metadata:
    """The caller's own notes on a charge: flat, at most 2 KB as JSON."""

    def read(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            refuse("Give an object.")
        found = {_note(name): _note(item) for name, item in value.items()}
        if len(json.dumps(found, ensure_ascii=False).encode()) > METADATA_BYTES:
            refuse("At most 2 KB are possible.")
        return found

    def schema(self) -> Schema:
        return {
            "type": "object",
            "propertyNames": {"pattern": r"^[^\u0000]*$"},
            "additionalProperties": {
                "anyOf": [
                    {"type": "string", "pattern": r"^[^\u0000]*$"},
                    {"type": ["number", "boolean", "null"]},
                ]
            },
            "description": "Flat, at most 2 KB as JSON.",
        }


def _note(value: Any) -> Any:
    """A value of the metadata that comes back exactly as it was sent."""
    if isinstance(value, dict | list):
        refuse("Give a flat object of texts, numbers, true, false and null.")
    if isinstance(value, str):
        return Text(METADATA_BYTES, shortest=0).read(value)
    if not isinstance(value, Decimal):
        return value
    number = json.loads(str(value))
    if Decimal(repr(number)) != value:
        refuse("A number has too many digits: write it as text.")
    return number


ACTIVITY = Fields(
    "Activity",
    {
        "type": needed(Text(128)),
        "id": needed(Text(128)),
        "label": absent(Text(200, shortest=0), ""),
        "url": absent(
            Text(
                500,
                pattern=r"^(https?://|/(?!/))[^\s\\]+$",
                hint="Give an address that begins with https:// or /.",
            ),
            "",
        ),
    },
)

_WHAT: dict[str, Field] = {
    "user": needed(PlatformId()),
    "organisation": absent(PlatformId()),
    "cost_centre": absent(PlatformId()),
    "operation": needed(Text(60)),
    "model": absent(Text(200)),
    "quantities": needed(SomeQuantities()),
    "options": optional(OPTIONS, {}),
}
_EXAMPLE = {
    "user": "ada",
    "organisation": "aldermoor",
    "operation": "image",
    "model": "dall-e-3",
    "quantities": {"image": 1},
    "options": {"resolution": "1024x1024"},
}


_NEEDS = {"cost_centre": "organisation"}


ESTIMATE = Fields("EstimateRequest", _WHAT, needs=_NEEDS, example=_EXAMPLE)
CHARGE = Fields(
    "ChargeRequest",
    {
        **_WHAT,
        "capture": optional(Flag(), False),
        "hold_seconds": optional(HOLD_SECONDS, 900),
        "activity": absent(ACTIVITY),
        "metadata": optional(Metadata(), {}),
    },
    needs=_NEEDS,
    example={**_EXAMPLE, "activity": {"type": "lesson", "id": "l-17", "label": "Lesson 17"}},
)
CAPTURE = Fields("CaptureRequest", {"quantities": optional(QUANTITIES), "options": optional(OPTIONS)})
EXTEND = Fields(
    "ExtendRequest",
    {
        "used": optional(QUANTITIES),
        "reserve": optional(QUANTITIES),
        "hold_seconds": optional(HOLD_SECONDS),
    },
)
RELEASE = Fields("ReleaseRequest", {"reason": optional(Text(500, shortest=0), "")})
REFUND = Fields("RefundRequest", {"tokens": optional(Amount()), "reason": needed(Text(500))})
EVENT = Fields(
    "UsageEvent",
    {"id": needed(VisibleAscii()), **_WHAT, "activity": absent(ACTIVITY), "time": optional(Instant())},
    needs=_NEEDS,
    example={"id": "evt-1", **_EXAMPLE},
)


class AnyEvent:
    """An event as sent: each is judged by itself, so that a bad one does not stop the others."""

    def read(self, value: Any) -> Any:
        return value

    def schema(self) -> Schema:
        anything: Schema = {"description": "Anything else gets the result `invalid`."}
        return {"anyOf": [EVENT.schema(), anything]}


USAGE = Fields("UsageRequest", {"events": needed(Items(AnyEvent(), least=1, most=1000))})


class ChargeId:
    """A charge's public id; what does not look like one is simply no charge."""

    def read(self, value: Any) -> str:
        return str(value)

    def schema(self) -> Schema:
        return {"type": "string", "pattern": "^ch_[1-9][0-9]{0,17}$", "examples": ["ch_1042"]}


CHARGES = page_query(
    "ChargesQuery",
    {
        "user": optional(PlatformId()),
        "organisation": optional(PlatformId()),
        "cost_centre": optional(PlatformId()),
        "operation": optional(Text(60)),
        "status": optional(Choice(("held", "captured", "released", "expired"))),
        "billing_source": optional(Choice(("tokens", "plan"))),
        "from": optional(InstantInQuery()),
        "to": optional(InstantInQuery()),
    },
    numbers=2,
)
RATES = Fields("RatesQuery", {"price_book": optional(Text(40), "campus")})


def as_request(values: Mapping[str, Any], *, digest: str = "") -> ChargeRequest:
    """The validated values as what the services take; an event carries the digest of its content."""
    time: datetime | None = values.get("time")
    return ChargeRequest(
        user=values["user"],
        operation=values["operation"],
        quantities=values["quantities"],
        organisation=values.get("organisation"),
        cost_centre=values.get("cost_centre"),
        model=values.get("model"),
        options=values["options"],
        activity=as_activity(values.get("activity")),
        metadata=values.get("metadata", {}),
        capture=values.get("capture", False),
        hold_seconds=values.get("hold_seconds", 900),
        event_id=values.get("id"),
        event_digest=digest,
        time=time,
    )


def as_activity(values: Mapping[str, Any] | None) -> Activity | None:
    """The activity as a value."""
    return None if values is None else Activity(**values)
