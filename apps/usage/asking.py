"""Read the setting of a decision: two queries for any number of requests, three when cost centres are named.

Read before the locks are taken, so that these are held for as short as possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from apps.allocations.earmarks import Reserve
from apps.allocations.limits import LimitRule
from apps.core import sql
from apps.core.periods import Calendar
from apps.plans.quota import Terms
from apps.pricing.selectors import REVISION
from apps.usage.setting import ORGANISATION, USER, Centre, Funding, Owner, Party, Setting


def load_setting(
    owners: Iterable[Owner],
    *,
    centres: bool = False,
    wallet_ids: Sequence[int] = (),
    priced: bool = False,
) -> Setting:
    """Read everything about the owners (and the owners of the wallets) that a decision needs.

    `priced` brings the revision of the prices along, for who opens the catalogue next.
    """
    setting = Setting()
    _load_parties(setting, owners, wallet_ids)
    _load_rules(setting, priced=priced)
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
    _add_parties(setting, sql.fetch(_PARTIES.format(condition=" OR ".join(conditions)), values, often=True))
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
SELECT 'raise', organisation_id, 0, subject_type, subject_key,
       period || ' ' || CAST(first_on AS varchar(10)) || ' ' || CAST(until_on AS varchar(10)), tokens_micro
FROM allocations_limitraise WHERE {organisations} AND (subject_type <> 'member' OR {members})
UNION ALL
SELECT 'earmark', c.organisation_id, 0, c.platform_id, CAST(e.from_on AS varchar(10)),
       CAST(e.before_micro AS varchar(20)), e.tokens_micro
FROM allocations_earmark e JOIN organisations_costcentre c ON c.id = e.cost_centre_id
WHERE {centres}
UNION ALL
SELECT 'plan', s.organisation_id, 0, s.name,
       CAST(s.from_on AS varchar(10)) || ' ' || COALESCE(CAST(s.until_on AS varchar(10)), ''),
       s.period, s.quota
FROM plans_subscription s WHERE {organisations}
UNION ALL
SELECT 'budget', 0, user_id, CASE WHEN blocks THEN 'blocks' ELSE '' END, '', '', tokens_micro
FROM allocations_personalbudget WHERE {users}
"""


def _load_rules(setting: Setting, *, priced: bool) -> None:
    parties = setting.by_wallet.values()
    organisations = {p.owner_id: p for p in parties if p.owner_type == ORGANISATION}
    users = {p.owner_id: p for p in parties if p.owner_type == USER}
    in_organisations, of_organisations = sql.among("organisation_id", sorted(organisations))
    in_centres, of_centres = sql.among("c.organisation_id", sorted(organisations))
    in_users, of_users = sql.among("user_id", sorted(users))
    in_members, of_keys = sql.among("subject_key", sorted(user.owner_key for user in users.values()))
    rules = _RULES.format(
        organisations=in_organisations, users=in_users, members=in_members, centres=in_centres
    )
    values = [
        *of_organisations,
        *of_users,
        *(of_organisations + of_keys) * 3,
        *of_centres,
        *of_organisations,
        *of_users,
    ]
    rows, *revision = sql.fetch_each((rules, values), *[REVISION] * priced)
    setting.revision = revision[0] if priced else None
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
    elif organisation and kind == "plan":
        days = [date.fromisoformat(day) for day in second.split()]
        setting.plans.setdefault(organisation.wallet_id, []).append(Terms(first, text, number or 0, *days))
    elif organisation and kind == "earmark":
        reserve = Reserve(first, number or 0, date.fromisoformat(second), int(text))
        setting.earmarks.setdefault(organisation.wallet_id, []).append(reserve)
    elif organisation and kind == "raise":
        period, first_on, until_on = text.split()
        days = [date.fromisoformat(first_on), date.fromisoformat(until_on)]
        rule = LimitRule(first, second, period, number, *days)
        setting.limits.setdefault(organisation.wallet_id, []).append(rule)
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
