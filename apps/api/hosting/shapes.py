"""What calls about hosting take and how its things are shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from apps.api.owners.shown import NUMBER, OWNER, OWNER_TYPES, show_instant
from apps.api.pages import page_query
from apps.api.schema import INSTANT, TEXT, TOKENS, component, nullable, record
from apps.api.shapes.base import Errors, Schema, refuse
from apps.api.shapes.numbers import ABOVE_ZERO, SIX, Quantity, Whole
from apps.api.shapes.objects import Fields, Items, absent, needed, optional
from apps.api.shapes.texts import Choice, Instant, InstantInQuery, PlatformId, Text
from apps.core.errors import ValidationError
from apps.core.periods import month_of
from apps.core.units import MICRO, format_tokens
from apps.hosting.entitlements import Entitlements, Permission
from apps.hosting.lines import CORRECTION, HOSTING
from apps.hosting.models import Bill, Resource
from apps.hosting.selectors import state_at
from apps.pricing.hosting import GIGABYTE, KINDS
from apps.wallets.models import Wallet

MOST_MEMBERS = 10**9
MOST_BYTES = 10**18
MOST_SHARES = 100
OWNER_FIELDS = Fields("ResourceOwner", {"type": needed(Choice(OWNER_TYPES)), "id": needed(PlatformId())})


class Weight(Quantity):
    """A payer's weight: a number above zero; only the proportion of the weights counts."""

    def read(self, value: Any) -> int:
        micro = super().read(value)
        if not micro:
            refuse("Give a number above 0.")
        return micro

    def schema(self) -> Schema:
        number = {"type": "number", "minimum": 0.000001, "maximum": 10**12, "multipleOf": 0.000001}
        return {"anyOf": [number, {"type": "string", "pattern": ABOVE_ZERO}], "description": SIX}


def _no_payer_twice(values: Mapping[str, Any]) -> Errors:
    payers = [(share["owner"]["type"], share["owner"]["id"]) for share in values.get("shares", [])]
    return {} if len(set(payers)) == len(payers) else {"shares": ["Each payer can be named once."]}


RESOURCE_FIELDS = Fields(
    "ResourceFields",
    {
        "owner": needed(OWNER_FIELDS),
        "name": absent(Text(200, shortest=0)),
        "members": needed(Whole(0, MOST_MEMBERS)),
        "storage_bytes": needed(Whole(0, MOST_BYTES)),
        "shares": absent(
            Items(
                Fields("ResourceShare", {"owner": needed(OWNER_FIELDS), "weight": needed(Weight())}),
                least=0,
                most=MOST_SHARES,
            )
        ),
        "since": absent(Instant()),
    },
    check=_no_payer_twice,
    example={
        "owner": {"type": "organisation", "id": "lindenhof"},
        "name": "Campus South",
        "members": 75,
        "storage_bytes": 60_000_000_000,
    },
)
RESOURCE_PATH = {"kind": Choice(KINDS), "resource_id": PlatformId()}
SINCE = Fields("SinceQuery", {"since": optional(InstantInQuery(), None)})
RESOURCE = component(
    "Resource",
    record(
        kind={"type": "string", "enum": list(KINDS)},
        id=TEXT,
        name=TEXT,
        owner=OWNER,
        members={"type": "integer"},
        storage_bytes={"type": "integer"},
        shares={
            "type": "array",
            "items": record(owner=OWNER, weight=TOKENS),
            "description": "who pays, by weight; empty where the owner pays alone",
        },
        created_at=INSTANT,
        ended_at=nullable(INSTANT),
    ),
)


def show_owner(wallet: Wallet) -> dict[str, str]:
    return {"type": wallet.owner_type, "id": wallet.owner_key}


def show_resource(resource: Resource, shares: list[tuple[Wallet, int]]) -> dict[str, Any]:
    return {
        "kind": resource.kind,
        "id": resource.platform_id,
        "name": resource.name,
        "owner": show_owner(resource.owner),
        "members": resource.members,
        "storage_bytes": resource.stored_bytes,
        "shares": [
            {"owner": show_owner(wallet), "weight": format_tokens(weight)} for wallet, weight in shares
        ],
        "created_at": show_instant(resource.created_at),
        "ended_at": None if resource.ended_at is None else show_instant(resource.ended_at),
    }


class MonthInQuery:
    """A month such as ``2026-10``."""

    def read(self, value: Any) -> date:
        try:
            return month_of(value)
        except ValidationError:
            refuse("Write a month such as 2026-10.")

    def schema(self) -> Schema:
        return {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$", "examples": ["2026-10"]}


BILLS_QUERY = page_query(
    "BillsQuery",
    {
        "owner_type": needed(Choice(OWNER_TYPES)),
        "owner_id": needed(PlatformId()),
        "period": optional(MonthInQuery(), None),
    },
)
_LINE = record(
    kind={"type": "string", "enum": ["hosting", "storage", "correction"]},
    label=TEXT,
    period=TEXT,
    quantity=nullable(TOKENS | {"description": "the average over the month, the payer's share of it"}),
    unit=nullable({"type": "string", "enum": ["member", "GB"]}),
    rate=nullable(TOKENS | {"description": "tokens per unit and month"}),
    free={"type": "boolean", "description": "one of the first of its kind, which cost nothing"},
    share=nullable(record(weight=TOKENS, total=TOKENS)),
    tokens=TOKENS | {"description": "whole tokens; below zero: returned"},
)
BILL = component(
    "Bill",
    record(
        number={"type": "string", "pattern": "^B-[0-9]+$"},
        owner=OWNER,
        resource=record(kind=TEXT, id=TEXT, name=TEXT),
        period=TEXT,
        state={"type": "string", "enum": list(Bill.State.values)},
        tokens=TOKENS,
        hosting=TOKENS,
        storage=TOKENS,
        corrections=TOKENS,
        lines={"type": "array", "items": _LINE},
        issued_at=INSTANT,
        due_at=INSTANT,
        settled_at=nullable(INSTANT),
        transaction=nullable(NUMBER),
        void_reason=TEXT,
    ),
)


def show_bill(bill: Bill, at: datetime) -> dict[str, Any]:
    by_kind = {"hosting": 0, "storage": 0, CORRECTION: 0}
    for line in bill.lines:
        by_kind[line["kind"]] += line["tokens"]
    return {
        "number": f"B-{bill.pk}",
        "owner": show_owner(bill.payer),
        "resource": {
            "kind": bill.resource.kind,
            "id": bill.resource.platform_id,
            "name": bill.resource.name,
        },
        "period": f"{bill.month:%Y-%m}",
        "state": state_at(bill, at),
        "tokens": format_tokens(bill.tokens_micro),
        "hosting": str(by_kind["hosting"]),
        "storage": str(by_kind["storage"]),
        "corrections": str(by_kind[CORRECTION]),
        "lines": [_show_line(line) for line in bill.lines],
        "issued_at": show_instant(bill.issued_at),
        "due_at": show_instant(bill.due_at),
        "settled_at": None if bill.settled_at is None else show_instant(bill.settled_at),
        "transaction": None if bill.transfer_id is None else f"T-{bill.transfer_id}",
        "void_reason": bill.void_reason,
    }


_LABELS = {"hosting": "Hosting", "storage": "Storage"}


def _show_line(line: Mapping[str, Any]) -> dict[str, Any]:
    share = line.get("share")
    shown = {
        "kind": line["kind"],
        "period": line["month"],
        "quantity": None,
        "unit": None,
        "rate": None,
        "free": bool(line.get("free", False)),
        "share": share and {"weight": format_tokens(share[0]), "total": format_tokens(share[1])},
        "tokens": str(line["tokens"]),
    }
    if line["kind"] == CORRECTION:
        return {**shown, "label": f"{_LABELS[line['of']]} of {line['month']}, reported late"}
    shown |= {"label": _LABELS[line["kind"]], "rate": format_tokens(line["rate"])}
    if line["kind"] == HOSTING:
        return {**shown, "quantity": format_tokens(line["members"]), "unit": "member"}
    return {**shown, "quantity": format_tokens(line["stored"] * MICRO // GIGABYTE), "unit": "GB"}


def _one_owner(values: Mapping[str, Any]) -> Errors:
    given = [name for name in ("user", "organisation") if values[name] is not None]
    return {} if len(given) == 1 else {"user": ["Name either a user or an organisation."]}


ENTITLEMENTS_QUERY = Fields(
    "EntitlementsQuery",
    {"user": optional(PlatformId(), None), "organisation": optional(PlatformId(), None)},
    check=_one_owner,
)
_PERMISSION = record(
    allowed={"type": "boolean"},
    reasons={
        "type": "array",
        "items": record(
            code={"type": "string", "enum": ["bill_overdue", "wallet_frozen", "insufficient_tokens"]},
            detail=TEXT,
        ),
    },
)
ENTITLEMENTS = component(
    "Entitlements", record(uploads=_PERMISSION, ai=_PERMISSION, paid_features=_PERMISSION)
)


def show_entitlements(found: Entitlements) -> dict[str, Any]:
    return {
        "uploads": _show_permission(found.uploads),
        "ai": _show_permission(found.ai),
        "paid_features": _show_permission(found.paid_features),
    }


def _show_permission(permission: Permission) -> dict[str, Any]:
    reasons = [{"code": reason.code, "detail": reason.detail} for reason in permission.reasons]
    return {"allowed": permission.allowed, "reasons": reasons}
