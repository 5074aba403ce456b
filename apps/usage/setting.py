"""What must be known before a charge is decided: who is meant, who belongs where, which rules hold.

Values only; `apps.usage.asking` reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from apps.allocations import limits
from apps.allocations.earmarks import Reserve, wallet_totals
from apps.allocations.limits import Limit, LimitRule
from apps.core.errors import NotAMember, NotFound
from apps.core.periods import Calendar
from apps.plans.quota import Terms, quota_on
from apps.usage.funding import Cap, Payers
from apps.wallets.state import Desk, WalletState

Owner = tuple[str, str]
USER, ORGANISATION = "user", "organisation"


@dataclass(slots=True)
class Party:
    """A wallet's owner; `sources` are the wallets of organisations whose allocated tokens it has.

    `owner_id` is the row of the user or the organisation.
    """

    wallet_id: int
    owner_id: int
    owner_type: str
    owner_key: str
    price_book: str
    calendar: Calendar
    sources: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Funding:
    """Who pays for a member: mode and coverage in millionths of a percent."""

    shared_pool: bool = False
    micro_percent: int = 0


@dataclass(frozen=True, slots=True)
class Centre:
    id: int
    path: tuple[str, ...]


@dataclass(slots=True)
class Setting:
    """Parties by owner and by wallet; roles by (organisation wallet, user); rules by organisation wallet."""

    parties: dict[Owner, Party] = field(default_factory=dict)
    by_wallet: dict[int, Party] = field(default_factory=dict)
    roles: dict[tuple[int, str], str] = field(default_factory=dict)
    funding: dict[int, dict[tuple[str, str], Funding]] = field(default_factory=dict)
    limits: dict[int, list[LimitRule]] = field(default_factory=dict)
    budgets: dict[int, tuple[int, bool]] = field(default_factory=dict)
    centres: dict[tuple[int, str], Centre] = field(default_factory=dict)
    plans: dict[int, list[Terms]] = field(default_factory=dict)
    earmarks: dict[int, list[Reserve]] = field(default_factory=dict)
    revision: Sequence[Sequence[Any]] | None = None
    _caps: dict[Any, Cap] = field(default_factory=dict)

    def party(self, owner_type: str, key: str) -> Party:
        """The owner's party; NotFound if the platform never synced it."""
        found = self.parties.get((owner_type, key))
        if found is None:
            raise NotFound(f"There is no {owner_type} {key}. Sync it first.")
        return found

    def centre(self, organisation: Party, key: str) -> Centre:
        found = self.centres.get((organisation.wallet_id, key))
        if found is None:
            raise NotFound(f"{organisation.owner_key} has no cost centre {key}.")
        return found

    def role(self, organisation: Party, user: Party) -> str:
        """The member's role; NotAMember for somebody else."""
        role = self.roles.get((organisation.wallet_id, user.owner_key))
        if role is None:
            raise NotAMember(f"{user.owner_key} is not a member of {organisation.owner_key}.")
        return role

    def funding_of(self, organisation: Party, user: Party) -> Funding:
        """The member's own setting, else the role's, else the organisation's."""
        rules = self.funding.get(organisation.wallet_id, {})
        role = self.roles.get((organisation.wallet_id, user.owner_key), "")
        for subject in (("member", user.owner_key), ("role", role), ("organisation", "")):
            if subject in rules:
                return rules[subject]
        return Funding()

    def cap(
        self, scope: int, user: Party, path: tuple[str, ...], at: datetime, day: date | None = None
    ) -> Cap:
        """The limits on what the user spends of the organisation's tokens on the day, by default that of
        the instant."""
        calendar = self.by_wallet[scope].calendar
        day = day or calendar.day_of(at)
        key = (scope, user.owner_key, path, day)
        if key not in self._caps:
            held = limits.apply(
                self.limits.get(scope, ()),
                scope=scope,
                calendar=calendar,
                day=day,
                member=user.owner_key,
                role=self.roles.get((scope, user.owner_key)),
                cost_centres=path,
            )
            totals = limits.totals_of(scope=scope, member=user.owner_key, cost_centres=path)
            self._caps[key] = Cap(held, totals, day, wallet_totals(scope, path))
        return self._caps[key]

    def personal_cap(self, user: Party, at: datetime, day: date | None = None) -> Cap:
        """The person's own monthly budget, if one is set."""
        day = day or user.calendar.day_of(at)
        total = (user.wallet_id, limits.PERSONAL, "")
        budget = self.budgets.get(user.wallet_id)
        if budget is None:
            return Cap((), (total,), day)
        tokens, blocks = budget
        rule = LimitRule(limits.PERSONAL, "", "month", tokens)
        return Cap((limits.on_day(rule, total, user.calendar, day, warns_only=not blocks),), (total,), day)

    def quota(self, organisation: Party, day: date) -> tuple[str, Limit] | None:
        """The plan that the organisation has on its day: its name, and its quota as a limit."""
        for terms in self.plans.get(organisation.wallet_id, ()):
            if terms.holds_on(day):
                scope, calendar = organisation.wallet_id, organisation.calendar
                return terms.name, quota_on(terms, scope=scope, calendar=calendar, day=day)
        return None

    def reserved_for_others(self, organisation: Party, path: tuple[str, ...]) -> tuple[Limit, ...]:
        """Earmarks of cost centres that a charge for this one must leave alone."""
        scope = organisation.wallet_id
        return tuple(one.limit(scope) for one in self.earmarks.get(scope, ()) if one.centre not in path)

    def payers(
        self,
        desk: Desk | None,
        user: Party,
        organisation: Party | None,
        path: tuple[str, ...],
        at: datetime,
        funding: Funding | None = None,
        days: Mapping[int, date] | None = None,
    ) -> Payers:
        """Everybody on the desk who may pay for the user's charge; without one they can be `seat`ed later.

        `funding` and `days` are those of an earlier hold; else the present rule and the days of the
        instant count.
        """
        counted = days or {}
        rule = funding or (self.funding_of(organisation, user) if organisation else Funding())
        scopes = {organisation.wallet_id} if organisation else set()
        if not rule.shared_pool:
            scopes |= user.sources
        payers = Payers(
            user=None,
            organisation=None,
            shared_pool=rule.shared_pool,
            micro_percent=rule.micro_percent,
            caps={
                scope: self.cap(scope, user, path if _is(organisation, scope) else (), at, counted.get(scope))
                for scope in sorted(scopes)
            },
            personal=self.personal_cap(user, at, counted.get(user.wallet_id)),
            same_book=organisation is None or user.price_book == organisation.price_book,
            earmarks=self.reserved_for_others(organisation, path) if organisation else (),
            quota=self.quota(organisation, organisation.calendar.day_of(at)) if organisation else None,
        )
        if desk is not None:
            seat(payers, desk, user, organisation)
        return payers

    def scope(self, user: Party, organisation: Party | None) -> set[int]:
        """The wallets that a charge of the user may touch."""
        if organisation is not None and self.funding_of(organisation, user).shared_pool:
            return {organisation.wallet_id}
        found = {user.wallet_id} | user.sources
        return found | {organisation.wallet_id} if organisation else found


def seat(payers: Payers, desk: Desk, user: Party, organisation: Party | None) -> None:
    """Let them pay from the wallets on the desk; frozen wallets pay nothing."""
    if not payers.shared_pool:
        payers.user = _liquid(desk.wallets.get(user.wallet_id))
    if organisation is not None:
        payers.organisation = _liquid(desk.wallets.get(organisation.wallet_id))


def limits_of(payers: Payers) -> list[Limit]:
    """All limits that the payers' caps name, earmarks, and the plan's quota."""
    found = [limit for cap in (*payers.caps.values(), payers.personal) for limit in cap.limits]
    return [*found, *payers.earmarks, *([payers.quota[1]] if payers.quota else [])]


def _is(organisation: Party | None, scope: int) -> bool:
    return organisation is not None and organisation.wallet_id == scope


def _liquid(wallet: WalletState | None) -> WalletState | None:
    return None if wallet is None or wallet.frozen else wallet
