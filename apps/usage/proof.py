"""What must be so for charges: the ledger took what they cost, and daily totals count it once."""

from __future__ import annotations

from collections.abc import Iterator

from apps.core import sql
from apps.core.proof import QueryRule, Rule, SearchRule, over_whole_tables, reference
from apps.core.units import format_tokens
from apps.ledger.platform import CONSUMED
from apps.plans.quota import GENERATION
from apps.usage import unfolding
from apps.usage.rows import load_charges

TABLES = ("usage_charge", "usage_deniedattempt")
RANGE = 100_000
"""So many numbers are looked at in one go where charges are read one by one."""

_SPENT = """
SELECT t.charge_id, e.account_id, -e.amount AS amount FROM ledger_transfer t
JOIN ledger_entry e ON e.transfer_id = t.number
WHERE t.charge_id IS NOT NULL AND t.kind IN ('charge', 'refund') AND e.account_id > 0
"""
"""What charges have taken from buckets, by charge and account."""


def _totals() -> str:
    """Daily totals as they follow from the charges beside those stored, where they differ.

    Source: charging.md, limits. Tokens of a person's own count for the personal budget, all others for
    the organisation they come from, for its member and, in the charge's organisation, its cost centres.
    Generations count for the organisation's plan and for who used them.
    """
    scope = "CASE WHEN a.kind = 'allocated' THEN a.source_id ELSE a.holder_id END"
    funded = f"""
        SELECT c.id, c.wallet_id, c.organisation_wallet_id, s.amount, {scope} AS scope_id, a.kind,
               {unfolding.day_of(scope)} AS day
        FROM ({_SPENT} UNION ALL SELECT hold_id, account_id, amount FROM wallets_holdpart) s
        JOIN usage_charge c ON c.id = s.charge_id JOIN ledger_account a ON a.id = s.account_id
    """
    return f"""
        WITH funded AS ({funded}), counted AS (
            SELECT scope_id, 'personal' AS subject_type, '' AS subject_key, day, amount AS spent, 0 AS stored
            FROM funded WHERE scope_id = wallet_id
            UNION ALL
            SELECT scope_id, 'organisation', '', day, amount, 0 FROM funded WHERE scope_id <> wallet_id
            UNION ALL
            SELECT f.scope_id, 'member', w.owner_key, f.day, f.amount, 0
            FROM funded f JOIN wallets_wallet w ON w.id = f.wallet_id WHERE f.scope_id <> f.wallet_id
            UNION ALL
            SELECT f.scope_id, 'cost_centre', p.cost_centre, f.day, f.amount, 0
            FROM funded f JOIN ({unfolding.cost_centres("c.cost_centre_id IS NOT NULL")}) p
                ON p.charge_id = f.id WHERE f.scope_id = f.organisation_wallet_id
            UNION ALL
            SELECT f.scope_id, 'centre_paid', p.cost_centre, f.day, f.amount, 0
            FROM funded f JOIN ({unfolding.cost_centres("c.cost_centre_id IS NOT NULL")}) p
                ON p.charge_id = f.id WHERE f.scope_id = f.organisation_wallet_id AND f.kind <> 'allocated'
            UNION ALL
            SELECT c.organisation_wallet_id, 'plan', '', {unfolding.day_of("c.organisation_wallet_id")},
                   c.generations * {GENERATION}, 0 FROM usage_charge c WHERE c.billing_source = 'plan'
            UNION ALL
            SELECT c.organisation_wallet_id, 'plan_member', w.owner_key,
                   {unfolding.day_of("c.organisation_wallet_id")}, c.generations * {GENERATION}, 0
            FROM usage_charge c JOIN wallets_wallet w ON w.id = c.wallet_id WHERE c.billing_source = 'plan'
            UNION ALL
            SELECT scope_id, subject_type, subject_key, day, 0, spent_micro FROM allocations_spendingtotal)
        SELECT scope_id, subject_type, subject_key, day, SUM(stored), SUM(spent) FROM counted
        WHERE day IS NOT NULL GROUP BY scope_id, subject_type, subject_key, day
        HAVING SUM(stored) <> SUM(spent)
    """


def _breakdowns() -> str:
    return f"""
        SELECT c.id, c.price_micro, COALESCE(b.total, 0) FROM usage_charge c
        LEFT JOIN (SELECT charge_id, SUM(amount) AS total FROM ({unfolding.breakdown_lines()}) AS lines
                   GROUP BY charge_id) b ON b.charge_id = c.id
        WHERE c.price_micro <> COALESCE(b.total, 0)
    """


def _holds() -> str:
    held = unfolding.draws("c.status = 'held'")
    return f"""
        SELECT charge_id, account_id, SUM(drawn), SUM(held) FROM (
            SELECT charge_id, account_id, amount AS drawn, 0 AS held FROM ({held}) AS drawn
            UNION ALL
            SELECT p.hold_id, p.account_id, 0, p.amount FROM wallets_holdpart p
            JOIN wallets_hold h ON h.id = p.hold_id WHERE h.purpose = 'charge') AS both_sides
        GROUP BY charge_id, account_id HAVING SUM(drawn) <> SUM(held)
    """


def _search_funding() -> Iterator[tuple[str, str]]:
    """Charges whose tokens did not come from, or return to, the buckets that they should.

    Where all that was drawn is spent, one query compares; the others are worked out one by one.
    """
    first, last = sql.fetch("SELECT MIN(id), MAX(id) FROM usage_charge")[0]
    if last is None:
        return
    for low in range(first, last + 1, RANGE):
        yield from _funding_between(low, low + RANGE)


def _funding_between(low: int, high: int) -> Iterator[tuple[str, str]]:
    drawn = unfolding.draws(f"c.status = 'captured' AND c.id >= {low} AND c.id < {high}")
    query = f"""
        SELECT DISTINCT charge_id FROM (
            SELECT charge_id, account_id, SUM(amount) FROM (
                {_SPENT} AND t.charge_id >= {low} AND t.charge_id < {high}
                UNION ALL SELECT charge_id, account_id, -amount FROM ({drawn}) AS drawn) AS both_sides
            GROUP BY charge_id, account_id HAVING SUM(amount) <> 0) AS unequal ORDER BY charge_id
    """
    found = [row[0] for row in over_whole_tables(query)]
    for start in range(0, len(found), 500):
        yield from _compare(found[start : start + 500])


def _compare(charge_ids: list[int]) -> Iterator[tuple[str, str]]:
    condition, values = sql.among("charge_id", charge_ids)
    spent: dict[int, dict[int, int]] = {}
    for charge_id, account_id, amount in sql.fetch(
        f"SELECT charge_id, account_id, SUM(amount) FROM ({_SPENT}) AS spent WHERE {condition} "
        "GROUP BY charge_id, account_id HAVING SUM(amount) <> 0",
        values,
    ):
        spent.setdefault(charge_id, {})[account_id] = int(amount)
    charges = load_charges(charge_ids)
    for charge_id in charge_ids:
        wanted: dict[int, int] = {}
        for drawn, amount in charges[charge_id].funding() if charge_id in charges else []:
            wanted[drawn.account_id] = wanted.get(drawn.account_id, 0) + amount
        if wanted != spent.get(charge_id, {}):
            yield f"charge C-{charge_id}", _funding_words(wanted, spent.get(charge_id, {}))


def _funding_words(wanted: dict[int, int], spent: dict[int, int]) -> str:
    account = min(key for key in wanted.keys() | spent.keys() if wanted.get(key, 0) != spent.get(key, 0))
    should, does = format_tokens(wanted.get(account, 0)), format_tokens(spent.get(account, 0))
    return f"account {account} should have given {should} tokens, the ledger took {does}"


RULES: tuple[Rule, ...] = (
    reference("A charge belongs to a person", table="usage_charge", column="wallet_id", to="wallets_wallet"),
    reference(
        "A charge's organisation exists",
        table="usage_charge",
        column="organisation_wallet_id",
        to="wallets_wallet",
    ),
    reference(
        "A charge's cost centre exists",
        table="usage_charge",
        column="cost_centre_id",
        to="organisations_costcentre",
    ),
    reference("A charge's client exists", table="usage_charge", column="client_id", to="identity_apiclient"),
    reference(
        "A charge's price can be explained",
        table="usage_charge",
        column="rate_version_id",
        to="pricing_rateversion",
    ),
    reference(
        "A transfer's charge exists",
        table="ledger_transfer",
        column="charge_id",
        to="usage_charge",
        row="number",
    ),
    QueryRule(
        "What a charge cost is what the ledger consumed for it",
        f"""
        SELECT charge_id, SUM(of_charge), SUM(of_ledger) FROM (
            SELECT t.charge_id, 0 AS of_charge, e.amount AS of_ledger FROM ledger_entry e
            JOIN ledger_transfer t ON t.number = e.transfer_id WHERE e.account_id = {CONSUMED}
            UNION ALL
            SELECT id, price_micro - uncollected_micro - refunded_micro, 0 FROM usage_charge
            WHERE status = 'captured') AS both_sides
        GROUP BY charge_id HAVING SUM(of_charge) <> SUM(of_ledger)
        """,
        "charge C-{0}",
        "it cost {1:tokens} tokens, the ledger consumed {2:tokens}",
    ),
    SearchRule("A charge's tokens come from the buckets it drew on", _search_funding),
    QueryRule(
        "A held charge holds what it has drawn",
        _holds,
        "charge C-{0}",
        "it has drawn {2:tokens} tokens on account {1}, {3:tokens} are held",
    ),
    QueryRule(
        "A charge is held exactly while its hold is open",
        """
        SELECT c.id, c.status FROM usage_charge c LEFT JOIN wallets_hold h ON h.id = c.id
        WHERE c.status = 'held' AND h.id IS NULL
        UNION ALL
        SELECT h.id, COALESCE(c.status, 'missing') FROM wallets_hold h
        LEFT JOIN usage_charge c ON c.id = h.id
        WHERE h.purpose = 'charge' AND (c.id IS NULL OR c.status <> 'held' OR c.expires_at <> h.expires_at)
        """,
        "charge C-{0}",
        "it is {1}, and its hold says otherwise",
    ),
    QueryRule(
        "A charge that took nothing costs nothing",
        "SELECT id, status, price_micro FROM usage_charge WHERE status IN ('released', 'expired') "
        "AND (price_micro <> 0 OR refunded_micro <> 0)",
        "charge C-{0}",
        "it is {1} at {2:tokens} tokens",
    ),
    QueryRule(
        "A charge's lines add up to its price",
        _breakdowns,
        "charge C-{0}",
        "it costs {1:tokens} tokens, its lines are {2:tokens}",
    ),
    QueryRule(
        "Daily totals count every charge once",
        _totals,
        "spending of wallet {0}, {1} {2} on {3}",
        "{4:tokens} tokens are stored, the charges are {5:tokens}",
    ),
    QueryRule(
        "An event is charged once",
        "SELECT client_id, event_id, COUNT(*) FROM usage_charge WHERE event_id IS NOT NULL "
        "GROUP BY client_id, event_id HAVING COUNT(*) > 1",
        "event {1} of client {0}",
        "{2} charges",
    ),
)
