"""Scrip's own services behind the calls of the reference model, and their state in its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from apps.allocations import rules
from apps.allocations import services as allocations
from apps.allocations.alerts import admit_member
from apps.allocations.leaving import remove_member
from apps.allocations.tallying import tally_on
from apps.core import sql
from apps.core.errors import LimitReached, NotFound, Problem
from apps.identity.models import ApiClient, User
from apps.organisations.models import Organisation
from apps.organisations.services import set_cost_centre
from apps.usage import changing
from apps.usage.batch import charge_events
from apps.usage.rows import load_charges
from apps.usage.services import create_charge, estimate_charge
from apps.usage.settling import expire_holds
from apps.usage.state import Activity, ChargeRequest, ChargeState
from apps.wallets import services as wallets
from apps.wallets.books import project, settle_wallets
from apps.wallets.models import Movement, Wallet
from tests.model.reference.state import BucketKey, Limit, OwnerKey

Answer = tuple[Any, ...]
Line = tuple[str, int, int, datetime]


class Side:
    """The services, driven with the model's words; `now` is the instant of the next call."""

    def __init__(self, at: datetime) -> None:
        self.now = at
        self.charges: list[int] = []
        self.client = ApiClient.objects.create(name="model", created_at=at)
        self.wallets: dict[int, OwnerKey] = {}

    def attempt(self, work: Callable[[], Answer | None]) -> Answer:
        """What came of it: ("done", …) or ("refused", code, limit)."""
        try:
            return ("done", *(work() or ()))
        except Problem as problem:
            return refused(problem)

    def sync(self, key: OwnerKey, fields: Mapping[str, Any]) -> None:
        sync = wallets.sync_user if key[0] == "user" else wallets.sync_organisation
        wallet = sync(key=key[1], fields=fields, at=self.now).wallet
        self.wallets[wallet.pk] = key

    def _organisation(self, key: str) -> Organisation:
        found = Organisation.objects.filter(platform_id=key).first()
        if found is None:
            raise NotFound(key)
        return found

    def _user(self, key: str) -> User:
        found = User.objects.filter(platform_id=key).first()
        if found is None:
            raise NotFound(key)
        return found

    def set_member(self, organisation: str, user: str, role: str) -> None:
        owner, person = self._organisation(organisation), self._user(user)
        admit_member(organisation=owner, user=person, role=role, actor="test", at=self.now)

    def remove_member(self, organisation: str, user: str) -> None:
        owner, person = self._organisation(organisation), self._user(user)
        remove_member(organisation=owner, user=person, actor="test", at=self.now)

    def credit(self, key: OwnerKey, tokens: int, kind: str) -> None:
        wallets.credit_wallet(
            owner_type=key[0], key=key[1], tokens=tokens, kind=kind, reason="", actor="test", at=self.now
        )

    def freeze(self, key: OwnerKey, frozen: bool) -> None:
        wallet = Wallet.objects.get(owner_type=key[0], owner_key=key[1])
        wallets.set_frozen(wallet=wallet, frozen=frozen, actor="test", reason="", at=self.now)

    def allocate(self, organisation: str, items: Sequence[tuple[str, int]]) -> None:
        self._move(allocations.allocate, organisation, items)

    def reclaim(self, organisation: str, items: Sequence[tuple[str, int]]) -> None:
        self._move(allocations.reclaim, organisation, items)

    def _move(self, move: Callable[..., Any], organisation: str, items: Sequence[tuple[str, int]]) -> None:
        given = [allocations.Item(user, tokens) for user, tokens in items]
        owner = self._organisation(organisation)
        move(organisation=owner, items=given, note="", actor="test", at=self.now)

    def set_funding(self, organisation: str, subject: tuple[str, str], mode: str, percent: int) -> None:
        rules.set_funding(
            organisation=self._organisation(organisation),
            subject=rules.SubjectRef(*subject),
            mode=mode,
            micro_percent=percent,
            actor="test",
            at=self.now,
        )

    def remove_funding(self, organisation: str, subject: tuple[str, str]) -> None:
        owner = self._organisation(organisation)
        rules.remove_funding(
            organisation=owner, subject=rules.SubjectRef(*subject), actor="test", at=self.now
        )

    def set_limits(self, organisation: str, changes: Mapping[Limit, int | str | None]) -> None:
        listed = [
            rules.LimitChange(
                rules.SubjectRef(kind, key),
                period,
                None if isinstance(tokens, str) else tokens,
                remove=isinstance(tokens, str),
            )
            for (kind, key, period), tokens in changes.items()
        ]
        owner = self._organisation(organisation)
        rules.set_limits(organisation=owner, changes=listed, actor="test", at=self.now)

    def set_centre(self, organisation: str, key: str, parent: str | None) -> None:
        owner = self._organisation(organisation)
        set_cost_centre(
            organisation=owner, key=key, name=key, kind="course", parent=parent, actor="test", at=self.now
        )

    def set_budget(self, user: str, tokens: int | None, blocks: bool) -> None:
        person = self._user(user)
        rules.set_personal_budget(user=person, tokens=tokens, blocks=blocks, actor="test", at=self.now)

    def request(
        self,
        user: str,
        operation: str,
        quantities: dict[str, int],
        *,
        organisation: str | None = None,
        centre: str | None = None,
        activity: str | None = None,
        seconds: int = 900,
        capture: bool = False,
        event: str | None = None,
    ) -> ChargeRequest:
        meaning = repr((user, operation, quantities, organisation, centre, activity))
        return ChargeRequest(
            user=user,
            operation=operation,
            quantities=quantities,
            organisation=organisation,
            cost_centre=centre,
            activity=Activity("session", activity) if activity else None,
            capture=capture,
            hold_seconds=seconds,
            event_id=event,
            event_digest=sha256(meaning.encode()).hexdigest() if event else "",
        )

    def create(self, request: ChargeRequest) -> Answer:
        """The estimate must tell what the charge then does."""
        estimate = estimate_charge(request, at=self.now)
        funding = sorted((estimate.parties[d.wallet_id], self.bucket(d), n) for d, n in estimate.funding)
        try:
            charge = create_charge(request, client_id=self.client.pk, at=self.now)
        except Problem as problem:
            expected = refused(estimate.denial) if estimate.denial else None
            if (expected, funding, estimate.level) != (refused(problem), [], "blocked"):
                raise AssertionError(f"Estimated {expected}, got {refused(problem)}.") from problem
            raise
        if estimate.denial is not None or funding != self.funding(charge):
            raise AssertionError(f"Estimated {estimate.denial} {funding}, got {self.funding(charge)}.")
        self.charges.append(charge.id)
        return self.shape(charge)

    def events(self, requests: Sequence[ChargeRequest]) -> Answer:
        results = charge_events(requests, client_id=self.client.pk, at=self.now)
        for result in results:
            if result.status in ("charged", "partial") and result.charge_id:
                self.charges.append(result.charge_id)
        return tuple((r.problem.code,) if r.problem else (r.status, r.tokens, r.uncollected) for r in results)

    def capture(self, place: int, quantities: dict[str, int] | None) -> Answer:
        return self.shape(
            changing.capture_charge(self.charges[place], quantities=quantities, options=None, at=self.now)
        )

    def extend(
        self,
        place: int,
        used: dict[str, int] | None,
        reserve: dict[str, int] | None,
        seconds: int | None,
    ) -> Answer:
        number = self.charges[place]
        return self.shape(
            changing.extend_charge(number, used=used, reserve=reserve, hold_seconds=seconds, at=self.now)
        )

    def release(self, place: int) -> Answer:
        return self.shape(changing.release_charge(self.charges[place], at=self.now))

    def refund(self, place: int, tokens: int | None) -> Answer:
        number = self.charges[place]
        return self.shape(changing.refund_charge(number, tokens=tokens, reason="", actor="test", at=self.now))

    def run_jobs(self) -> None:
        """What the clock would do: end holds that are due, begin cycles."""
        expire_holds(at=self.now)
        settle_wallets(self.wallets, at=self.now)

    def bucket(self, drawn: Any) -> BucketKey:
        return drawn.bucket, self.wallets[drawn.source_id][1] if drawn.source_id else ""

    def funding(self, charge: ChargeState) -> list[tuple[OwnerKey, BucketKey, int]]:
        """By wallet and bucket, free tokens of two months together."""
        found: dict[tuple[OwnerKey, BucketKey], int] = {}
        for drawn, amount in charge.funding():
            place = charge.parties[drawn.wallet_id], self.bucket(drawn)
            found[place] = found.get(place, 0) + amount
        return sorted((owner, bucket, amount) for (owner, bucket), amount in found.items())

    def shape(self, charge: ChargeState) -> Answer:
        """A charge in the words of both sides."""
        return (
            charge.status,
            charge.price,
            charge.uncollected,
            charge.refunded,
            charge.quantities,
            charge.used,
            self.funding(charge),
            charge.expires_at if charge.status == "held" else None,
            charge.captured_at,
        )

    def state(self) -> dict[str, Any]:
        """Everything there is at this instant, projected past deadlines and ends of cycles."""
        desk = project(self.wallets, at=self.now)
        added = tally_on(desk).added
        charges = load_charges(self.charges) | desk.notes.get("charges", {})
        return {
            "buckets": {
                (self.wallets[b.wallet_id], (b.kind, self.wallets[b.source_id][1] if b.source_id else "")): (
                    b.balance,
                    b.held,
                )
                for b in desk.accounts.values()
                if b.balance or b.held
            },
            "charges": [self.shape(charges[number]) for number in self.charges],
            "lines": self._lines(desk),
            "totals": self._totals(added),
            "resets": {self.wallets[w.id]: w.cycle_ends_at for w in desk.wallets.values()},
        }

    def _lines(self, desk: Any) -> dict[OwnerKey, list[Line]]:
        lines: dict[OwnerKey, list[Line]] = {owner: [] for owner in self.wallets.values()}
        for row in Movement.objects.filter(wallet__in=self.wallets).order_by("wallet", "sequence"):
            lines[self.wallets[row.wallet_id]].append((row.kind, row.amount, row.balance_after, row.at))
        for move in desk.movements:
            line = (move.transfer.kind, move.amount, move.balance_after, move.transfer.at)
            lines[self.wallets[move.wallet_id]].append(line)
        return lines

    def _totals(self, added: Mapping[Any, Mapping[Any, int]]) -> dict[Any, int]:
        found: dict[Any, int] = {}
        rows = sql.fetch(
            "SELECT scope_id, subject_type, subject_key, day, spent_micro FROM allocations_spendingtotal"
        )
        counted = [((row[0], row[1], row[2]), sql.day(row[3]), row[4]) for row in rows]
        counted += [(total, day, n) for total, days in added.items() for day, n in days.items()]
        for (scope, kind, key), day, amount in counted:
            place = (self.wallets[scope], kind, key, day)
            found[place] = found.get(place, 0) + amount
        return {place: amount for place, amount in found.items() if amount}


def refused(problem: Problem) -> Answer:
    """A refusal as both sides tell it."""
    limit = None
    if isinstance(problem, LimitReached):
        subject = problem.extra["limit"]["subject"]
        limit = (subject["type"], subject.get("id", ""), problem.extra["limit"]["period"])
    return "refused", problem.code, limit
