"""Replay a trace as usage events of an organisation's members, each charged once however often it runs."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from apps.core.clock import now
from apps.core.errors import NotAMember, NotFound
from apps.core.units import MICRO
from apps.identity.services import Author, create_api_client
from apps.organisations.models import Membership, Organisation
from apps.pricing.selectors import find_rate
from apps.usage.batch import EventResult, charge_events
from apps.usage.state import ChargeRequest
from apps.usage.traces import Trace, TracedRequest
from apps.wallets.models import Wallet

CLIENT = "replay"


@dataclass(frozen=True, slots=True)
class Replay:
    """What is replayed, for whom: the lines go round the users in turn."""

    trace: Trace
    organisation: str
    users: tuple[str, ...]
    operation: str
    model: str
    keep_time: bool = False

    def event(self, request: TracedRequest) -> ChargeRequest:
        """The line as an event; its id says file and line, so it is the same in every run.

        Who is charged is no part of its meaning: members may have come or gone since an earlier run.
        """
        quantities = {
            "input_token": request.context_tokens * MICRO,
            "output_token": request.generated_tokens * MICRO,
        }
        meaning = f"{self.organisation}\n{self.operation}\n{self.model}\n{self.keep_time}\n{quantities}"
        return ChargeRequest(
            user=self.users[request.line % len(self.users)],
            operation=self.operation,
            quantities=quantities,
            organisation=self.organisation,
            model=self.model,
            capture=True,
            event_id=f"{self.trace.digest}:{request.line}",
            event_digest=hashlib.sha256(meaning.encode()).hexdigest(),
            time=request.time if self.keep_time else None,
        )


@dataclass(slots=True)
class Summary:
    """Events by what became of them, micro-tokens of those charged now and before, first refusals."""

    events: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)
    uncollected: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, results: Sequence[EventResult]) -> None:
        """Count a batch."""
        for result in results:
            self.events[result.status] += 1
            self.tokens[result.status] += result.tokens
            if result.status == "partial":
                self.uncollected += result.uncollected
            if result.problem is not None and len(self.problems) < 5:
                self.problems.append(f"{result.id.rpartition(':')[2]}: {result.problem}")


def prepare_replay(
    *,
    trace: Trace,
    organisation: str,
    operation: str,
    model: str,
    user: str | None,
    users: int | None,
    keep_time: bool,
    at: datetime,
) -> Replay:
    """Check everything that can be checked beforehand; writes nothing.

    NotFound without the organisation or any member, NotAMember for a stranger, the problems of
    `find_rate` where the operation has no price.
    """
    found = Organisation.objects.filter(platform_id=organisation).first()
    if found is None:
        raise NotFound(f"There is no organisation {organisation}.")
    chosen = _users(found, user, users)
    book = Wallet.objects.get(organisation=found).price_book_id
    find_rate(price_book=book, operation=operation, model=model, at=at, allow_before_first=True)
    return Replay(trace, organisation, chosen, operation, model, keep_time)


def _users(organisation: Organisation, user: str | None, users: int | None) -> tuple[str, ...]:
    members = Membership.objects.filter(organisation=organisation, ended_at=None)
    keys = sorted(members.values_list("user__platform_id", flat=True))
    if not keys:
        raise NotFound(f"{organisation.platform_id} has no members.")
    if user is not None:
        if user not in keys:
            raise NotAMember(f"{user} is not a member of {organisation.platform_id}.")
        return (user,)
    if users is not None and not 1 <= users <= len(keys):
        raise NotFound(f"{organisation.platform_id} has {len(keys)} members, not {users}.")
    return tuple(keys[:users])


def run_replay(replay: Replay, *, batch: int) -> Iterator[Sequence[EventResult]]:
    """Charge the trace in batches, each committed by itself; yields what became of each batch."""
    client = create_api_client(name=CLIENT, at=now(), by=Author("command"))
    requests = replay.trace.requests()
    while part := list(islice(requests, batch)):
        yield charge_events([replay.event(request) for request in part], client_id=client.pk, at=now())
