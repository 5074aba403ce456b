"""Short words for the examples: charge pages at a token each, and say who paid in whole tokens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.allocations.rules import LimitChange, SubjectRef, set_limits, set_personal_budget
from apps.core.errors import Problem
from apps.core.units import format_tokens, parse_tokens
from apps.identity.models import User
from apps.organisations.models import Organisation
from apps.usage.changing import capture_charge, extend_charge, refund_charge
from apps.usage.services import create_charge
from apps.usage.state import Activity, ChargeRequest, ChargeState
from apps.wallets.books import project
from apps.wallets.models import Wallet
from tests.cast import AT


def charge(
    user: str,
    tokens: str,
    *,
    at: datetime = AT,
    organisation: str | None = "school",
    centre: str | None = None,
    capture: bool = True,
    operation: str = "page",
    activity: str | None = None,
    seconds: int = 900,
) -> ChargeState:
    """Pages worth so many tokens, captured at once unless said otherwise."""
    request = ChargeRequest(
        user=user,
        operation=operation,
        quantities={operation if operation != "session" else "minute": parse_tokens(tokens)},
        organisation=organisation,
        cost_centre=centre,
        capture=capture,
        activity=Activity("session", activity) if activity else None,
        hold_seconds=seconds,
    )
    return create_charge(request, client_id=None, at=at)


def capture(of: ChargeState, tokens: str, *, at: datetime = AT) -> ChargeState:
    return capture_charge(of.id, quantities={"page": parse_tokens(tokens)}, options=None, at=at)


def refund(of: ChargeState, tokens: str | None = None, *, at: datetime = AT) -> ChargeState:
    amount = parse_tokens(tokens) if tokens else None
    return refund_charge(of.id, tokens=amount, reason="", actor="tests", at=at)


def extend(
    of: ChargeState,
    *,
    used: str | None = None,
    reserve: str | None = None,
    seconds: int | None = None,
    at: datetime = AT,
) -> ChargeState:
    return extend_charge(
        of.id,
        used={"page": parse_tokens(used)} if used is not None else None,
        reserve={"page": parse_tokens(reserve)} if reserve is not None else None,
        hold_seconds=seconds,
        at=at,
    )


def paid(of: ChargeState) -> list[tuple[str, str, str]]:
    """Whose wallet, which bucket, how much, in the order drawn."""
    return [
        (of.parties[drawn.wallet_id][1], drawn.bucket, format_tokens(amount))
        for drawn, amount in of.funding()
    ]


def left(key: str, *, at: datetime = AT) -> dict[str, str]:
    """What of each bucket is there and not held, without empty ones."""
    number = Wallet.objects.get(owner_key=key).pk
    buckets = project([number], at=at).wallets[number].buckets.values()
    found: dict[str, int] = {}
    for bucket in buckets:
        found[bucket.kind] = found.get(bucket.kind, 0) + bucket.available
    return {kind: format_tokens(amount) for kind, amount in found.items() if amount}


def limit(
    organisation: Organisation, subject: str, period: str, tokens: str | None, *, at: datetime = AT
) -> None:
    """Set a limit; the subject as "member ada" or "members"."""
    kind, _, key = subject.partition(" ")
    micro = None if tokens is None else parse_tokens(tokens)
    change = LimitChange(SubjectRef(kind, key), period, micro)
    set_limits(organisation=organisation, changes=[change], actor="tests", at=at)


def budget(user: User, tokens: str, *, blocks: bool = True) -> None:
    set_personal_budget(user=user, tokens=parse_tokens(tokens), blocks=blocks, actor="tests", at=AT)


def denied(call: Callable[[], Any]) -> tuple[str, ...]:
    """The code, and for a limit its subject and period."""
    with pytest.raises(Problem) as refusal:
        call()
    named = refusal.value.extra.get("limit")
    return (refusal.value.code, named["subject"]["type"], named["period"]) if named else (refusal.value.code,)


def later(**parts: int) -> datetime:
    return AT + timedelta(**parts)
