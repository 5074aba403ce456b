"""The statements that fill the large world, in order; numbers in braces are of its scale.

Charge `i` is made at an even pace by one of the pattern's charges, in turn. Its wallet follows from `i`:
one in a hundred is the first person's, ten in a hundred are paid by the first organisation for one of its
members, the others are spread over everybody by a multiplication that visits each.
"""

from __future__ import annotations

FIRST = 1_000_000
"""People, organisations and wallets are numbered after it; so whatever the pattern has stays apart."""
FIRST_ACCOUNT = 10_000_000
FIRST_NUMBER = 100_000_000

PEOPLE = """
INSERT INTO identity_user (id, password, is_superuser, platform_id, email, name, account_type_id, is_staff,
                           is_active, date_joined)
SELECT {first} + n, '!', false, 'person-' || n, 'person-' || n || '@bench.example',
       (ARRAY['Ada', 'Ben', 'Cleo', 'Dan', 'Eva', 'Finn', 'Grete', 'Hugo', 'Ida', 'Jan'])[1 + n % 10] || ' '
       || (ARRAY['Adler', 'Baker', 'Claes', 'Dupont', 'Ek', 'Fuchs', 'Gomez'])[1 + n % 7] || ' ' || n,
       'learner', false, true, '{begin}'
FROM generate_series(1, {people}) n
"""
ORGANISATIONS = """
INSERT INTO organisations_organisation (id, platform_id, name, slug, created_at)
SELECT {first} + n, 'house-' || n, 'House ' || n, 'house-' || n, '{begin}'
FROM generate_series(1, {organisations}) n
"""
MEMBERS = """
INSERT INTO organisations_membership (organisation_id, user_id, role, joined_at)
SELECT {first} + CASE WHEN n <= {members} THEN 1 ELSE 1 + n % {organisations} END, {first} + n,
       CASE WHEN n = 1 THEN 'owner' WHEN n % 20 = 0 THEN 'teacher' ELSE 'member' END, '{begin}'
FROM generate_series(1, {people}) n
"""
MADE = """
CREATE UNLOGGED TABLE bench_made AS
WITH asked AS (
    SELECT i, CASE WHEN i % 100 = 0 THEN 1
                   WHEN i % 100 <= 10 THEN 1 + (i * 7919) % {members}
                   ELSE 1 + (i * 104729) % {people} END AS person,
           i % 100 BETWEEN 1 AND 10 AS is_organisations,
           TIMESTAMPTZ '{begin}' + INTERVAL '{days} days' * (i / {charges}::float8) AS at,
           1 + i % {patterns} AS pattern
    FROM generate_series(1::bigint, {charges}) i
), paid AS (
    SELECT asked.*, CASE WHEN is_organisations THEN {people} + 1 ELSE person END AS payer, p.price
    FROM asked JOIN bench_pattern p USING (pattern)
)
SELECT i, person, payer, is_organisations, at, pattern, price,
       1 + row_number() OVER mine AS sequence, {credit} - SUM(price) OVER mine AS balance
FROM paid WINDOW mine AS (PARTITION BY payer ORDER BY i)
ORDER BY i
"""
PATTERN = """
CREATE UNLOGGED TABLE bench_pattern AS
SELECT row_number() OVER (ORDER BY id) AS pattern, price_micro AS price, c.* FROM usage_charge c
"""
SPENT = """
CREATE UNLOGGED TABLE bench_spent AS
SELECT w AS wallet, COUNT(m.i) AS count, COALESCE(SUM(m.price), 0) AS spent,
       w <= {people} AND w % 10 = 3 AS granted, {first_number} + {wallets} + 2 * {charges} + w + 10 AS number
FROM generate_series(1, {wallets}) w LEFT JOIN bench_made m ON m.payer = w GROUP BY w
"""
WALLETS = """
INSERT INTO wallets_wallet (id, owner_type, owner_key, user_id, organisation_id, price_book_id, unlimited,
    frozen, awaited, sequence, time_zone, coming_time_zone, cycle_month, cycle_ends_at, cycle_basis,
    created_at)
SELECT {first} + wallet,
       CASE WHEN is_own THEN 'user' ELSE 'organisation' END,
       CASE WHEN is_own THEN 'person-' || wallet ELSE 'house-' || (wallet - {people}) END,
       CASE WHEN is_own THEN {first} + wallet END, CASE WHEN NOT is_own THEN {first} + wallet - {people} END,
       'campus', false, wallet % 5000 = 0, false, 1 + count + granted::int, 'Europe/Brussels', '',
       date_trunc('month', now()), date_trunc('month', now()) + INTERVAL '1 month', {credit} - spent,
       '{begin}'
FROM (SELECT *, wallet <= {people} AS is_own FROM bench_spent) s
"""
ACCOUNTS = """
INSERT INTO ledger_account (id, holder_id, kind, source_id, balance, held, sequence, overdraft, filled_at)
SELECT {first_account} + 3 * wallet + place, {first} + wallet, kind, 0,
       CASE WHEN kind = 'purchased' THEN {credit} - spent WHEN kind = 'free' AND granted THEN {grant}
            ELSE 0 END,
       0, CASE WHEN kind = 'purchased' THEN 1 + count WHEN kind = 'free' AND granted THEN 1 ELSE 0 END, false,
       '{begin}'
FROM bench_spent, (VALUES (0, 'free'), (1, 'earned'), (2, 'purchased')) AS kinds (place, kind)
"""
CREDITS = (
    """
INSERT INTO ledger_transfer (number, kind, at, recorded_at, description, actor, note)
SELECT {first_number} + wallet, 'migration', '{begin}', '{begin}', 'Carried over', 'bench', ''
FROM bench_spent
""",
    """
INSERT INTO ledger_entry (transfer_id, account_id, amount)
SELECT {first_number} + wallet, {migrated}, -{credit} FROM bench_spent
""",
    """
INSERT INTO ledger_entry (transfer_id, account_id, amount, sequence, balance_after)
SELECT {first_number} + wallet, {first_account} + 3 * wallet + 2, {credit}, 1, {credit} FROM bench_spent
""",
    """
INSERT INTO wallets_movement (wallet_id, sequence, transfer_id, at, kind, amount, balance_after)
SELECT {first} + wallet, 1, {first_number} + wallet, '{begin}', 'migration', {credit}, {credit}
FROM bench_spent
""",
)
CHARGES = (
    """
INSERT INTO usage_charge (id, event_digest, status, wallet_id, organisation_wallet_id, cost_centre_path,
    operation, model, category, rate_version_id, exchange_rate_id, quantities, options, activity_type,
    activity_id, activity_label, activity_url, metadata, estimated_micro, price_micro, uncollected_micro,
    refunded_micro, generations, billing_source, breakdown, shared_pool, coverage_micro_percent, draws,
    parties, days, hold_seconds, created_at, captured_at, ended_at, reason)
SELECT {first_number} + {wallets} + 2 * i, '', 'captured', {first} + person,
    CASE WHEN is_organisations THEN {first} + payer END, '[]', p.operation, p.model, p.category,
    p.rate_version_id, p.exchange_rate_id, p.quantities, p.options, p.activity_type, 's-' || (i % 1000),
    p.activity_label, '', '{{}}', m.price, m.price, 0, 0, 0, 'tokens', p.breakdown, is_organisations, 0,
    jsonb_build_array(jsonb_build_array({first_account} + 3 * payer + 2, {first} + payer, 'purchased', 0,
                                        m.price, NULL)),
    jsonb_build_object({first} + person, jsonb_build_array('user', 'person-' || person))
    || CASE WHEN is_organisations
       THEN jsonb_build_object({first} + payer, jsonb_build_array('organisation', 'house-1'))
       ELSE '{{}}' END,
    jsonb_build_object({first} + payer, (at AT TIME ZONE 'Europe/Brussels')::date), 0, at, at, at, ''
FROM bench_made m JOIN bench_pattern p USING (pattern)
""",
    """
INSERT INTO ledger_transfer (number, kind, at, recorded_at, description, actor, charge_id, note)
SELECT {first_number} + {wallets} + 2 * i + 1, 'charge', at, at, p.operation, 'client:bench',
       {first_number} + {wallets} + 2 * i, ''
FROM bench_made m JOIN bench_pattern p USING (pattern)
""",
    """
INSERT INTO ledger_entry (transfer_id, account_id, amount)
SELECT {first_number} + {wallets} + 2 * i + 1, {consumed}, price FROM bench_made
""",
    """
INSERT INTO ledger_entry (transfer_id, account_id, amount, sequence, balance_after)
SELECT {first_number} + {wallets} + 2 * i + 1, {first_account} + 3 * payer + 2, -price, sequence, balance
FROM bench_made
""",
    """
INSERT INTO wallets_movement (wallet_id, sequence, transfer_id, at, kind, amount, balance_after)
SELECT {first} + payer, sequence, {first_number} + {wallets} + 2 * i + 1, at, 'charge', -price, balance
FROM bench_made
""",
)
GRANTS = (
    """
INSERT INTO wallets_grant (wallet_id, cycle_month, tokens_micro, at)
SELECT {first} + wallet, date_trunc('month', now()), {grant}, '{end}' FROM bench_spent WHERE granted
""",
    """
INSERT INTO ledger_transfer (number, kind, at, recorded_at, description, actor, note)
SELECT number, 'grant', '{end}', '{end}', 'Free tokens', 'clock', '' FROM bench_spent WHERE granted
""",
    """
INSERT INTO ledger_entry (transfer_id, account_id, amount)
SELECT number, {issued}, -{grant} FROM bench_spent WHERE granted
""",
    """
INSERT INTO ledger_entry (transfer_id, account_id, amount, sequence, balance_after)
SELECT number, {first_account} + 3 * wallet, {grant}, 1, {grant} FROM bench_spent WHERE granted
""",
    """
INSERT INTO wallets_movement (wallet_id, sequence, transfer_id, at, kind, amount, balance_after)
SELECT {first} + wallet, 2 + count, number, '{end}', 'grant', {grant}, {credit} - spent + {grant}
FROM bench_spent WHERE granted
""",
)
TOTALS = """
INSERT INTO allocations_spendingtotal (scope_id, subject_type, subject_key, day, spent_micro)
SELECT {first} + payer, subject, CASE subject WHEN 'member' THEN 'person-' || person ELSE '' END,
       (at AT TIME ZONE 'Europe/Brussels')::date, SUM(price)
FROM bench_made
JOIN (VALUES (false, 'personal'), (true, 'organisation'), (true, 'member')) s (of_organisation, subject)
    ON s.of_organisation = is_organisations
GROUP BY 1, 2, 3, 4
"""
DENIED = """
INSERT INTO usage_deniedattempt (at, client_name, user_key, organisation_key, operation, model, code, detail)
SELECT TIMESTAMPTZ '{begin}' + INTERVAL '{days} days' * (i / {denied}::float8), 'bench',
       'person-' || (1 + (i * 7919) % {people}), '', 'search', '',
       (ARRAY['insufficient_tokens', 'limit_reached', 'wallet_frozen'])[1 + i % 3], 'No tokens are left.'
FROM generate_series(1, {denied}) i
"""
FUNDING = """
INSERT INTO allocations_fundingrule (organisation_id, subject_type, subject_key, mode, coverage_micro_percent)
VALUES ({first} + 1, 'organisation', '', 'shared_pool', 0)
"""
TIDY = """
DROP TABLE bench_made, bench_pattern, bench_spent;
SELECT setval('ledger_numbers', {first_number} + 2 * {wallets} + 2 * {charges} + 1000)
"""
STATEMENTS = (
    PEOPLE,
    ORGANISATIONS,
    MEMBERS,
    PATTERN,
    MADE,
    SPENT,
    WALLETS,
    ACCOUNTS,
    *CREDITS,
    *CHARGES,
    *GRANTS,
    TOTALS,
    DENIED,
    FUNDING,
    TIDY,
)
LARGE_TABLES = ("ledger_transfer", "ledger_entry", "wallets_movement", "usage_charge")
"""Their indexes are made after their rows."""
