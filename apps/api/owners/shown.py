"""Wallets, limits, budgets and movements as answers show them, each beside its schema."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.allocations.limits import PERSONAL
from apps.allocations.selectors import BudgetView, LimitView, PersonalBudgetView
from apps.api.schema import INSTANT, TEXT, TOKENS, component, nullable, record
from apps.api.shapes.base import Schema
from apps.core.periods import PERIODS
from apps.core.units import format_tokens
from apps.plans.selectors import PlanUsage
from apps.usage.transactions import TYPES, Transaction
from apps.wallets.selectors import WalletView

OWNER_TYPES = ("user", "organisation")
OWNER = record(type={"type": "string", "enum": list(OWNER_TYPES)}, id=TEXT)
NUMBER: Schema = {"type": "string", "pattern": "^T-[0-9]+$", "examples": ["T-1042"]}


def show_instant(at: datetime) -> str:
    """An instant in UTC by RFC 3339."""
    return at.isoformat().replace("+00:00", "Z")


def _show_if(at: datetime | None) -> str | None:
    return None if at is None else show_instant(at)


def _tokens_if(micro: int | None) -> str | None:
    return None if micro is None else format_tokens(micro)


_BALANCES = ("free", "allocated", "earned", "purchased", "total", "held", "available")
WALLET = component(
    "Wallet",
    record(
        owner=OWNER,
        price_book=TEXT,
        unlimited={"type": "boolean", "description": "post-paid: may go below zero"},
        frozen={"type": "boolean"},
        balance=record(**dict.fromkeys(_BALANCES, TOKENS)),
        allocations={"type": "array", "items": record(organisation=TEXT, balance=TOKENS)},
        free_resets_at=INSTANT,
    ),
)


def show_wallet(wallet: WalletView) -> dict[str, Any]:
    return {
        "owner": {"type": wallet.owner_type, "id": wallet.owner_key},
        "price_book": wallet.price_book,
        "unlimited": wallet.unlimited,
        "frozen": wallet.frozen,
        "balance": {name: format_tokens(getattr(wallet, name)) for name in _BALANCES},
        "allocations": [
            {"organisation": given.organisation, "balance": format_tokens(given.balance)}
            for given in wallet.allocations
        ],
        "free_resets_at": show_instant(wallet.free_resets_at),
    }


_SUBJECT: Schema = {
    "type": "object",
    "properties": {
        "type": {
            "type": "string",
            "enum": ["organisation", "members", "role", "member", "cost_centre", PERSONAL],
        },
        "id": TEXT,
    },
    "required": ["type"],
    "additionalProperties": False,
}
_STATE: Schema = {"type": "string", "enum": ["within", "near", "reached"]}
LIMIT = component(
    "Limit",
    record(
        subject=_SUBJECT,
        period={"type": "string", "enum": list(PERIODS)},
        tokens=nullable(TOKENS),
        spent=nullable(TOKENS),
        left=nullable(TOKENS),
        state=nullable(_STATE),
        resets_at=nullable(INSTANT),
    )
    | {
        "description": "`tokens` null: explicitly no limit. `spent`, `left` and `state` are null where the "
        "limit is per person and nobody is meant."
    },
)
LIMITS = component("Limits", record(limits={"type": "array", "items": LIMIT}))


def show_subject(subject_type: str, key: str) -> dict[str, str]:
    return {"type": subject_type} | ({"id": key} if key else {})


def show_limit(limit: LimitView) -> dict[str, Any]:
    return {
        "subject": show_subject(limit.subject_type, limit.subject_key),
        "period": limit.period,
        "tokens": _tokens_if(limit.tokens),
        "spent": _tokens_if(limit.spent),
        "left": _tokens_if(limit.left),
        "state": limit.state,
        "resets_at": _show_if(limit.resets_at),
    }


PERSONAL_BUDGET = component(
    "PersonalBudget",
    record(
        user=TEXT,
        tokens=nullable(TOKENS),
        blocks={"type": "boolean", "description": "whether it blocks, or only warns"},
        spent=TOKENS,
        left=nullable(TOKENS),
        state=_STATE,
        resets_at=INSTANT,
    )
    | {"description": "A month's cap on what the person's own free, earned and purchased tokens pay."},
)
COUNT: Schema = {"type": "integer", "minimum": 0}
PLAN = component(
    "PlanUsage",
    record(
        name=TEXT,
        period={"type": "string", "enum": ["month", "year"]},
        quota=COUNT,
        used=COUNT,
        left=COUNT,
        yours=COUNT | {"description": "used by the person"},
        resets_at=INSTANT,
    )
    | {"description": "The organisation's plan: generations used of its quota in the period under way."},
)
BUDGET = component(
    "Budget",
    record(
        user=TEXT,
        organisation=nullable(TEXT),
        role=nullable(TEXT),
        limits={"type": "array", "items": LIMIT},
        personal=nullable(PERSONAL_BUDGET),
        consumed_today=TOKENS | {"description": "paid by the organisation; without one by the person"},
        plan=nullable(PLAN),
    ),
)


def show_budget(budget: BudgetView, plan: PlanUsage | None) -> dict[str, Any]:
    return {
        "user": budget.user,
        "organisation": budget.organisation,
        "role": budget.role,
        "limits": [show_limit(limit) for limit in budget.limits],
        "personal": show_personal(budget.user, budget.personal) if budget.personal.is_set else None,
        "consumed_today": format_tokens(budget.consumed_today),
        "plan": show_plan(plan) if plan else None,
    }


def show_plan(plan: PlanUsage) -> dict[str, Any]:
    return {
        "name": plan.name,
        "period": plan.period,
        "quota": plan.quota,
        "used": plan.used,
        "left": plan.left,
        "yours": plan.yours,
        "resets_at": show_instant(plan.resets_at),
    }


def show_personal(user: str, budget: PersonalBudgetView) -> dict[str, Any]:
    return {
        "user": user,
        "tokens": _tokens_if(budget.tokens),
        "blocks": budget.blocks,
        "spent": format_tokens(budget.spent),
        "left": _tokens_if(budget.left),
        "state": budget.state,
        "resets_at": show_instant(budget.resets_at),
    }


TRANSACTION = component(
    "Transaction",
    record(
        number=NUMBER,
        at=INSTANT,
        type={"type": "string", "enum": list(TYPES)},
        description=TEXT,
        note=TEXT | {"description": "the reason that was given"},
        tokens=TOKENS,
        by_bucket={
            "type": "object",
            "properties": dict.fromkeys(_BALANCES[:4], TOKENS),
            "additionalProperties": False,
        },
        balance_after=TOKENS | {"description": "of the wallet"},
        charge=nullable({"type": "string", "pattern": "^ch_[0-9]+$"}),
        bill=nullable({"type": "string", "pattern": "^B-[0-9]+$"}),
        organisation=nullable(TEXT),
        person=nullable(TEXT),
        refunded=nullable(TOKENS | {"description": "of the charge, so far"}),
    ),
)


def show_transaction(line: Transaction) -> dict[str, Any]:
    return {
        "number": line.number,
        "at": show_instant(line.at),
        "type": line.type,
        "description": line.description,
        "note": line.note,
        "tokens": format_tokens(line.tokens),
        "by_bucket": {kind: format_tokens(amount) for kind, amount in line.by_bucket.items()},
        "balance_after": format_tokens(line.balance_after),
        "charge": line.charge,
        "bill": line.bill,
        "organisation": line.organisation,
        "person": line.person,
        "refunded": _tokens_if(line.refunded),
    }
