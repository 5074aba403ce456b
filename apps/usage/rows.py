"""Charges from rows to values and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from apps.core import sql
from apps.core.errors import NotFound
from apps.pricing.rating import Line
from apps.usage.funding import Draw
from apps.usage.state import Activity, ChargeState

TABLE = "usage_charge"
COLUMNS = (
    "id",
    "client_id",
    "event_id",
    "event_digest",
    "status",
    "wallet_id",
    "organisation_wallet_id",
    "cost_centre_id",
    "cost_centre_path",
    "operation",
    "model",
    "category",
    "rate_version_id",
    "exchange_rate_id",
    "quantities",
    "used",
    "options",
    "activity_type",
    "activity_id",
    "activity_label",
    "activity_url",
    "once_key",
    "metadata",
    "estimated_micro",
    "price_micro",
    "uncollected_micro",
    "refunded_micro",
    "billing_source",
    "breakdown",
    "shared_pool",
    "coverage_micro_percent",
    "draws",
    "parties",
    "days",
    "hold_seconds",
    "created_at",
    "expires_at",
    "captured_at",
    "ended_at",
    "reason",
    "generations",
)
NAMES = ", ".join(COLUMNS)
_CHANGING = (
    "status",
    "quantities",
    "used",
    "options",
    "once_key",
    "estimated_micro",
    "price_micro",
    "uncollected_micro",
    "refunded_micro",
    "breakdown",
    "draws",
    "parties",
    "days",
    "expires_at",
    "captured_at",
    "ended_at",
    "reason",
    "generations",
)
_encode = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode
_PLACES = {name: place for place, name in enumerate(COLUMNS)}


def insert_charges(charges: Sequence[ChargeState]) -> None:
    """Write new charges."""
    sql.insert(TABLE, COLUMNS, [to_row(charge) for charge in charges])


def update_charge(charge: ChargeState) -> None:
    """Write what may change in a charge."""
    row = to_row(charge)
    sets = ", ".join(f"{name} = %s" for name in _CHANGING)
    sql.put(
        f"UPDATE {TABLE} SET {sets} WHERE id = %s", [*(row[_PLACES[name]] for name in _CHANGING), charge.id]
    )


def load_charges(charge_ids: Iterable[int]) -> dict[int, ChargeState]:
    """Charges by id, those that exist."""
    condition, values = sql.among("id", sorted(set(charge_ids)))
    rows = sql.fetch(f"SELECT {NAMES} FROM {TABLE} WHERE {condition}", values)
    return {row[0]: from_row(row) for row in rows}


def load_charge(charge_id: int) -> ChargeState:
    """One charge; NotFound if there is none."""
    found = load_charges([charge_id]).get(charge_id)
    if found is None:
        raise NotFound(f"There is no charge ch_{charge_id}.")
    return found


def load_events(client_id: int, event_ids: Sequence[str]) -> dict[str, tuple[int, str, int, int]]:
    """What became of usage events: charge id, digest, price and uncollected micro-tokens by event id."""
    condition, values = sql.among("event_id", event_ids)
    rows = sql.fetch(
        "SELECT event_id, id, event_digest, price_micro, uncollected_micro "
        f"FROM {TABLE} WHERE client_id = %s AND {condition}",
        [client_id, *values],
    )
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}


def to_row(charge: ChargeState) -> tuple[Any, ...]:
    """The charge in the order of COLUMNS."""
    activity = charge.activity or Activity("", "")
    return (
        charge.id,
        charge.client_id,
        charge.event_id,
        charge.event_digest,
        charge.status,
        charge.wallet_id,
        charge.organisation_wallet_id,
        charge.cost_centre_id,
        _encode(charge.cost_centre_path),
        charge.operation,
        charge.model,
        charge.category,
        charge.rate_version_id,
        charge.exchange_rate_id,
        _encode(charge.quantities),
        None if charge.used is None else _encode(charge.used),
        _encode(charge.options),
        activity.type,
        activity.id,
        activity.label,
        activity.url,
        charge.once_key,
        _encode(charge.metadata),
        charge.estimated,
        charge.price,
        charge.uncollected,
        charge.refunded,
        charge.billing_source,
        _encode([(n.label, n.quantity, n.unit, n.base_cost, n.margin, n.micro) for n in charge.breakdown]),
        charge.shared_pool,
        charge.micro_percent,
        _encode([_draw_row(drawn) for drawn in charge.draws]),
        _encode(charge.parties),
        _encode({scope: day.isoformat() for scope, day in charge.days.items()}),
        charge.hold_seconds,
        charge.created_at,
        charge.expires_at,
        charge.captured_at,
        charge.ended_at,
        charge.reason,
        charge.generations,
    )


def _draw_row(drawn: Draw) -> tuple[Any, ...]:
    cycle = drawn.cycle_month.isoformat() if drawn.cycle_month else None
    return drawn.account_id, drawn.wallet_id, drawn.bucket, drawn.source_id, drawn.amount, cycle


def from_row(row: Sequence[Any]) -> ChargeState:
    """A charge from its columns in the order of COLUMNS."""
    field = dict(zip(COLUMNS, row, strict=True))
    return ChargeState(
        id=field["id"],
        client_id=field["client_id"],
        event_id=field["event_id"],
        event_digest=field["event_digest"],
        status=field["status"],
        wallet_id=field["wallet_id"],
        organisation_wallet_id=field["organisation_wallet_id"],
        cost_centre_id=field["cost_centre_id"],
        cost_centre_path=tuple(_json(field["cost_centre_path"])),
        operation=field["operation"],
        model=field["model"],
        category=field["category"],
        rate_version_id=field["rate_version_id"],
        exchange_rate_id=field["exchange_rate_id"],
        quantities=_json(field["quantities"]),
        used=_json(field["used"]),
        options=_json(field["options"]),
        activity=_activity(field),
        once_key=field["once_key"],
        metadata=_json(field["metadata"]),
        estimated=field["estimated_micro"],
        price=field["price_micro"],
        uncollected=field["uncollected_micro"],
        refunded=field["refunded_micro"],
        billing_source=field["billing_source"],
        breakdown=tuple(Line(*line) for line in _json(field["breakdown"])),
        shared_pool=bool(field["shared_pool"]),
        micro_percent=field["coverage_micro_percent"],
        draws=[_draw(item) for item in _json(field["draws"])],
        parties={int(key): (owner[0], owner[1]) for key, owner in _json(field["parties"]).items()},
        days={int(key): date.fromisoformat(day) for key, day in _json(field["days"]).items()},
        hold_seconds=field["hold_seconds"],
        created_at=_instant(field["created_at"]),
        expires_at=sql.instant(field["expires_at"]),
        captured_at=sql.instant(field["captured_at"]),
        ended_at=sql.instant(field["ended_at"]),
        reason=field["reason"],
        generations=field["generations"],
    )


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _instant(value: Any) -> datetime:
    found: datetime = sql.instant(value)
    return found


def _activity(field: dict[str, Any]) -> Activity | None:
    if not field["activity_id"]:
        return None
    return Activity(
        field["activity_type"], field["activity_id"], field["activity_label"], field["activity_url"]
    )


def _draw(item: Sequence[Any]) -> Draw:
    account_id, wallet_id, bucket, source_id, amount, cycle = item
    return Draw(
        account_id, wallet_id, bucket, source_id, amount, date.fromisoformat(cycle) if cycle else None
    )
