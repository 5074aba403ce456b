"""The proof of the books as staff see it: is it all right, since when, and what was found."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest
from django.urls import reverse

from apps.identity.models import User
from apps.ledger.checking import ask_for_check, carry_out
from apps.ledger.models import Entry, LedgerCheck
from apps.ledger.tasks import carry_out_check

logger = logging.getLogger(__name__)

AT_ONCE = 300_000
"""Up to so many entries are proved while the person waits, which takes a few seconds."""
TOO_OLD = timedelta(days=1, hours=2)
"""The nightly check may take a while; after this it is missing."""
EARLIER = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that breaks a rule, with the page that shows it, where there is one."""

    rule: str
    subject: str
    detail: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One check as it is shown."""

    state: str
    words: str
    actor: str
    started_at: datetime
    finished_at: datetime | None
    seconds: str
    rules: int
    counts: tuple[tuple[str, int], ...]
    findings: tuple[Finding, ...]
    outstanding: dict[str, list[int]]

    @property
    def symbol(self) -> str:
        return {"holds": "within", "broken": "reached", "stopped": "near"}.get(self.state, "clock")


@dataclass(frozen=True, slots=True)
class ProofPage:
    """`last` is the last finished check; `under_way` one that waits or runs."""

    last: Check | None
    under_way: Check | None
    earlier: tuple[Check, ...]
    is_old: bool

    @property
    def transfers(self) -> int:
        return dict(self.last.counts).get("ledger_transfer", 0) if self.last else 0

    @property
    def outstanding(self) -> dict[str, list[int]]:
        """Micro-tokens by bucket at the last check: balance and held."""
        return self.last.outstanding if self.last else {}

    @property
    def entries(self) -> int:
        return dict(self.last.counts).get("ledger_entry", 0) if self.last else 0


def load_proof(*, at: datetime) -> ProofPage:
    """The last checks; one query."""
    rows = [show_check(row) for row in LedgerCheck.objects.order_by("-started_at", "-id")[: EARLIER + 1]]
    under_way = next((row for row in rows if row.state in ("waiting", "running")), None)
    done = [row for row in rows if row.state in ("holds", "broken")]
    last = done[0] if done else None
    return ProofPage(
        last=last,
        under_way=under_way,
        earlier=tuple(row for row in rows if row not in (last, under_way)),
        is_old=last is None or at - last.started_at > TOO_OLD,
    )


def show_check(row: LedgerCheck) -> Check:
    took = row.finished_at - row.started_at if row.finished_at else None
    return Check(
        state=row.state,
        words=str(row.get_state_display()),
        actor=row.actor,
        started_at=row.started_at,
        finished_at=row.finished_at,
        seconds="" if took is None else f"{took.total_seconds():.1f}",
        rules=row.rules,
        counts=tuple(row.counts.items()),
        findings=tuple(_findings(row.differences)),
        outstanding=row.outstanding,
    )


_PLACES = {"transfer": "ledger_transfer", "wallet": "wallets_wallet", "charge": "usage_charge"}


def _findings(differences: Iterable[list[str]]) -> Iterable[Finding]:
    for rule, subject, detail in differences:
        kind, _, name = subject.partition(" ")
        key = name.removeprefix("T-").removeprefix("C-")
        known = kind in _PLACES and key.isascii() and key.isdigit()
        yield Finding(
            rule, subject, detail, reverse(f"admin:{_PLACES[kind]}_change", args=[key]) if known else ""
        )


def start_check(*, actor: str, at: datetime) -> None:
    """Check at once where the books are small, else let a worker do it; InProgress if one is under way."""
    check = ask_for_check(actor=actor, at=at)
    if is_small():
        carry_out(check, at=at)
    else:
        transaction.on_commit(_ring)


def is_small() -> bool:
    """Whether somebody can wait for the proof; by the highest id, which costs nothing to know."""
    highest = Entry.objects.aggregate(highest=Max("id"))["highest"]
    return (highest or 0) <= AT_ONCE


def _ring() -> None:
    """Wake a worker; where none can be reached the check waits for the next one that asks."""
    try:
        carry_out_check.delay()
    except OSError:
        logger.exception("no worker could be reached for the check of the ledger")


def actor_of(request: HttpRequest) -> str:
    """Who of the staff acts, as the trail of changes names them."""
    user = request.user
    return f"user:{user.platform_id}" if isinstance(user, User) else ""
