"""Refused attempts, kept without a ledger entry: who, what, why. Where to look when "it does not work"."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from apps.core.errors import Problem
from apps.usage.models import DeniedAttempt
from apps.usage.state import ChargeRequest, ChargeState

CODES = frozenset(
    {
        "insufficient_tokens",
        "limit_reached",
        "minimum_balance",
        "wallet_frozen",
        "not_a_member",
        "price_book_mismatch",
        "duplicate_activity",
        "no_price",
    }
)
"""What people ask about; mistakes of the calling program are its own affair."""


def record_denials(
    denied: Iterable[tuple[ChargeRequest, Problem]], *, client_name: str, at: datetime
) -> None:
    """Keep what was refused, as far as people will ask about it; call it outside the refused transaction."""
    rows = [_row(request, problem, client_name, at) for request, problem in denied if problem.code in CODES]
    if rows:
        DeniedAttempt.objects.bulk_create(rows)


def as_asked(charge: ChargeState) -> ChargeRequest:
    """What a charge asks for, as a request: for a refused change of it."""
    return ChargeRequest(
        user=charge.user_key,
        operation=charge.operation,
        quantities=charge.quantities,
        organisation=charge.organisation_key,
        model=charge.model,
    )


def _row(request: ChargeRequest, problem: Problem, client_name: str, at: datetime) -> DeniedAttempt:
    return DeniedAttempt(
        at=at,
        client_name=client_name,
        user_key=request.user,
        organisation_key=request.organisation or "",
        operation=request.operation,
        model=request.model or "",
        code=problem.code,
        detail=(problem.detail or problem.title)[:500],
        limit=problem.extra.get("limit"),
    )
