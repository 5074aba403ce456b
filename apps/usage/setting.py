"""What must be known before a charge is decided: who is meant, who belongs where, which rules hold.

Two queries for any number of requests (three when cost centres are named). Read before the locks are
taken, so that these are held for as short as possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.allocations import limits
from apps.allocations.limits import Limit, LimitRule
from apps.core import sql
from apps.core.errors import NotAMember, NotFound
from apps.core.periods import Calendar
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

    def cap(self, scope: int, user: Party, path: tuple[str, ...], at: datetime) -> Cap:
        """The limits on what the user spends of the organisation's tokens on the day of the instant."""
        calendar = self.by_wallet[scope].calendar
        day = calendar.day_of(at)
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
            self._caps[key] = Cap(held, totals, day)
        return self._caps[key]

    def personal_cap(self, user: Party, at: datetime) -> Cap:
        """The person's own monthly budget, if one is set."""
        day = user.calendar.day_of(at)
        total = (user.wallet_id, limits.PERSONAL, "")
        budget = self.budgets.get(user.wallet_id)
        if budget is None:
            return Cap((), (total,), day)
        tokens, blocks = budget
        rule = LimitRule(limits.PERSONAL, "", "month", tokens)
        return Cap((limits.on_day(rule, total, user.calendar, day, warns_only=not blocks),), (total,), day)

    def payers(
        self,
        desk: Desk,
        user: Party,
        organisation: Party | None,
        path: tuple[str, ...],
        at: datetime,
        funding: Funding | None = None,
    ) -> Payers:
        """Everybody on the desk who may pay for the user's charge; frozen wallets pay nothing.

        `funding` is that of an earlier hold; else the present rule counts.
        """
        rule = funding or (self.funding_of(organisation, user) if organisation else Funding())
        own = _liquid(desk.wallets.get(user.wallet_id))
        scopes = {organisation.wallet_id} if organisation else set()
        if not rule.shared_pool:
            scopes |= user.sources
        return Payers(
            user=None if rule.shared_pool else own,
            organisation=_liquid(desk.wallets.get(organisation.wallet_id)) if organisation else None,
            shared_pool=rule.shared_pool,
            micro_percent=rule.micro_percent,
            caps={
                scope: self.cap(scope, user, path if _is(organisation, scope) else (), at)
                for scope in sorted(scopes)
            },
            personal=self.personal_cap(user, at),
            same_book=organisation is None or user.price_book == organisation.price_book,
        )

    def scope(self, user: Party, organisation: Party | None) -> set[int]:
        """The wallets that a charge of the user may touch."""
        if organisation is not None and self.funding_of(organisation, user).shared_pool:
            return {organisation.wallet_id}
        found = {user.wallet_id} | user.sources
        return found | {organisation.wallet_id} if organisation else found


def limits_of(payers: Payers) -> list[Limit]:
    """All limits that the payers' caps name."""
    return [limit for cap in (*payers.caps.values(), payers.personal) for limit in cap.limits]


def _is(organisation: Party | None, scope: int) -> bool:
    return organisation is not None and organisation.wallet_id == scope


def _liquid(wallet: WalletState | None) -> WalletState | None:
    return None if wallet is None or wallet.frozen else wallet


def load_setting(
    owners: Iterable[Owner], *, centres: bool = False, wallet_ids: Sequence[int] = ()
) -> Setting:
    """Read everything about the owners (and the owners of the wallets) that a decision needs."""
    setting = Setting()
    _load_parties(setting, owners, wallet_ids)
    _load_rules(setting)
    if centres:
        _load_centres(setting)
    return setting


_PARTIES = """
SELECT w.id, COALESCE(w.user_id, w.organisation_id), w.owner_type, w.owner_key, w.price_book_id,
       w.time_zone, w.coming_time_zone, w.zone_changes_at, a.source_id
FROM wallets_wallet w
LEFT JOIN ledger_account a ON a.holder_id = w.id AND a.kind = 'allocated' AND a.balance <> 0
WHERE {condition}
"""


def _load_parties(setting: Setting, owners: Iterable[Owner], wallet_ids: Sequence[int]) -> None:
    by_type: dict[str, list[str]] = {USER: [], ORGANISATION: []}
    for owner_type, key in sorted(set(owners)):
        by_type[owner_type].append(key)
    conditions, values = [], []
    for owner_type, keys in by_type.items():
        if keys:
            condition, parameters = sql.among("w.owner_key", keys)
            conditions.append(f"(w.owner_type = '{owner_type}' AND {condition})")
            values += parameters
    if wallet_ids:
        condition, parameters = sql.among("w.id", list(wallet_ids))
        conditions.append(condition)
        values += parameters
    _add_parties(setting, sql.fetch(_PARTIES.format(condition=" OR ".join(conditions)), values))
    missing = {source for party in setting.by_wallet.values() for source in party.sources}
    missing -= setting.by_wallet.keys()
    if missing:
        condition, parameters = sql.among("w.id", sorted(missing))
        _add_parties(setting, sql.fetch(_PARTIES.format(condition=condition), parameters))


def _add_parties(setting: Setting, rows: Sequence[tuple[Any, ...]]) -> None:
    for wallet_id, owner_id, owner_type, owner_key, book, zone, coming, changes_at, source in rows:
        party = setting.by_wallet.get(wallet_id)
        if party is None:
            calendar = Calendar(zone, coming, sql.instant(changes_at))
            party = Party(wallet_id, owner_id, owner_type, owner_key, book, calendar)
            setting.by_wallet[wallet_id] = setting.parties[owner_type, owner_key] = party
        if source:
            party.sources.add(source)


_RULES = """
SELECT 'role', organisation_id, user_id, role, '', '', 0
FROM organisations_membership WHERE {organisations} AND {users} AND ended_at IS NULL
UNION ALL
SELECT 'funding', organisation_id, 0, subject_type, subject_key, mode, coverage_micro_percent
FROM allocations_fundingrule WHERE {organisations} AND (subject_type <> 'member' OR {members})
UNION ALL
SELECT 'limit', organisation_id, 0, subject_type, subject_key, period, tokens_micro
FROM allocations_spendinglimit WHERE {organisations} AND (subject_type <> 'member' OR {members})
UNION ALL
SELECT 'budget', 0, user_id, CASE WHEN blocks THEN 'blocks' ELSE '' END, '', '', tokens_micro
FROM allocations_personalbudget WHERE {users}
"""


def _load_rules(setting: Setting) -> None:
    parties = setting.by_wallet.values()
    organisations = {p.owner_id: p for p in parties if p.owner_type == ORGANISATION}
    users = {p.owner_id: p for p in parties if p.owner_type == USER}
    in_organisations, of_organisations = sql.among("organisation_id", sorted(organisations))
    in_users, of_users = sql.among("user_id", sorted(users))
    in_members, of_keys = sql.among("subject_key", sorted(user.owner_key for user in users.values()))
    rows = sql.fetch(
        _RULES.format(organisations=in_organisations, users=in_users, members=in_members),
        [*of_organisations, *of_users, *(of_organisations + of_keys) * 2, *of_users],
    )
    for kind, organisation, user, *values in rows:
        _add_rule(setting, kind, organisations.get(organisation), users.get(user), *values)


def _add_rule(
    setting: Setting,
    kind: str,
    organisation: Party | None,
    user: Party | None,
    first: str,
    second: str,
    text: Any,
    number: int | None,
) -> None:
    if organisation and user:
        setting.roles[organisation.wallet_id, user.owner_key] = first
    elif organisation and kind == "funding":
        rules = setting.funding.setdefault(organisation.wallet_id, {})
        rules[first, second] = Funding(text == "shared_pool", number or 0)
    elif organisation:
        rule = LimitRule(first, second, text, number)
        setting.limits.setdefault(organisation.wallet_id, []).append(rule)
    elif user:
        setting.budgets[user.wallet_id] = (number or 0, first == "blocks")


def _load_centres(setting: Setting) -> None:
    organisations = [p.wallet_id for p in setting.by_wallet.values() if p.owner_type == ORGANISATION]
    condition, values = sql.among("w.id", organisations)
    rows = sql.fetch(
        "SELECT c.id, c.platform_id, c.parent_id, w.id FROM organisations_costcentre c "
        f"JOIN wallets_wallet w ON w.organisation_id = c.organisation_id WHERE {condition}",
        values,
    )
    by_id: Mapping[int, tuple[str, int | None]] = {row[0]: (row[1], row[2]) for row in rows}
    for centre_id, key, _, wallet_id in rows:
        setting.centres[wallet_id, key] = Centre(centre_id, _path(by_id, centre_id))


def _path(by_id: Mapping[int, tuple[str, int | None]], centre_id: int | None) -> tuple[str, ...]:
    """A centre's id and its parents', from itself upwards; a circle cannot be stored."""
    path: list[str] = []
    while centre_id is not None:
        key, centre_id = by_id[centre_id]
        path.append(key)
    return tuple(path)
