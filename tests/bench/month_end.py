"""The end of a month at size: free tokens reset and bills made by the jobs, and by bare SQL that writes the
same rows.

Each run takes the next month, so that all runs find as much to do. Our side is the whole job: what is due
is found and cut into chunks, a process carries the chunks out, each is on record. The bare side knows what
is due already, decides nothing, and writes in chunks of 10,000. It writes in one process; ours in
one, and in two as on any machine with two cores.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from datetime import UTC, datetime, timedelta

from django.core.management import call_command
from django.db import connection

from apps.hosting.models import Bill, Payer
from apps.hosting.running import start_billing
from apps.jobs.models import Run
from apps.jobs.working import carry_out, do_chunk
from apps.ledger import platform
from apps.wallets.models import Wallet
from apps.wallets.resetting import JOB, start_reset
from tests.bench.size import Size

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
"""When the first cycle begins."""
RESOURCES = 10
"""Of a payer."""
GRANT = 200 * 10**6
CHUNK = 10_000


def prepare(size: Size) -> None:
    """Migrate, load prices, and make people with wallets, the first of whom pay for ten campuses each."""
    call_command("migrate", verbosity=0)
    call_command("load_price_book", shipped=True, verbosity=0)
    with connection.cursor() as cursor:
        for statement in _WORLD.split(";"):
            cursor.execute(statement, {"people": size.people, "payers": size.payers, "first": FIRST})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


_WORLD = """
INSERT INTO identity_user (platform_id, email, name, account_type_id, is_staff, is_active, date_joined,
        password, is_superuser)
    SELECT 'm' || n, '', '', 'learner', FALSE, TRUE, %(first)s, '!', FALSE
    FROM generate_series(1, %(people)s) AS n;
INSERT INTO wallets_wallet (owner_type, owner_key, user_id, price_book_id, unlimited, frozen, sequence,
        time_zone, coming_time_zone, cycle_month, cycle_ends_at, cycle_basis, awaited, created_at)
    SELECT 'user', platform_id, id, 'campus', FALSE, FALSE, 1, 'UTC', '', %(first)s::timestamptz::date,
        %(first)s::timestamptz + interval '1 month', 0, FALSE, %(first)s
    FROM identity_user WHERE platform_id LIKE 'm%%';
INSERT INTO ledger_account (holder_id, kind, source_id, balance, held, sequence, overdraft)
    SELECT w.id, k, 0, CASE k WHEN 'free' THEN 200000000 WHEN 'purchased' THEN 900000000000 ELSE 0 END, 0,
        CASE k WHEN 'earned' THEN 0 ELSE 1 END, FALSE
    FROM wallets_wallet w, unnest(ARRAY['free', 'earned', 'purchased']) AS k;
INSERT INTO hosting_resource (kind, platform_id, name, owner_id, members, stored_bytes, created_at)
    SELECT 'campus', p.id || '-' || n, '', p.id, 20 + n, n * 300000000::bigint, %(first)s
    FROM (SELECT id FROM wallets_wallet ORDER BY id LIMIT %(payers)s) AS p, generate_series(1, 10) AS n;
INSERT INTO hosting_report (resource_id, since, recorded_at, ended, owner_id, members, stored_bytes, actor)
    SELECT id, %(first)s, %(first)s, FALSE, owner_id, members, stored_bytes, 'bench' FROM hosting_resource;
INSERT INTO hosting_share (report_id, resource_id, wallet_id, weight)
    SELECT id, resource_id, owner_id, 1000000 FROM hosting_report;
INSERT INTO hosting_payer (wallet_id, month, starts_at, ends_at, due_at)
    SELECT DISTINCT owner_id, %(first)s::timestamptz::date, %(first)s::timestamptz,
        %(first)s::timestamptz + interval '1 month', %(first)s::timestamptz + interval '1 month'
    FROM hosting_resource
"""


def reset(size: Size) -> int:
    """Wallets a second by the job and one worker."""
    return _reset(size, workers=1)


def reset_by_two(size: Size) -> int:
    """Wallets a second by the job and two workers."""
    return _reset(size, workers=2)


def _reset(size: Size, workers: int) -> int:
    at = Wallet.objects.order_by("-cycle_ends_at").values_list("cycle_ends_at", flat=True)[0]
    began = time.perf_counter()
    run = _carry_out(start_reset(cycle=f"{at:%Y-%m}", actor="bench", at=at), at, workers)
    took = time.perf_counter() - began
    if (run.state, run.total) != ("done", size.people):
        raise RuntimeError(f"{run.total} wallets were reset, the run is {run.state}.")
    return int(size.people / took)


def _carry_out(run: Run, at: datetime, workers: int) -> Run:
    """Carry a run out by this process and as many forked ones as it takes."""
    connection.close()
    children = []
    for _ in range(workers - 1):
        child = os.fork()
        if child == 0:
            carry_out(run, clock=lambda: at)
            os._exit(0)
        children.append(child)
    done = carry_out(run, clock=lambda: at)
    for child in children:
        os.waitpid(child, 0)
    return done


def bills(size: Size) -> int:
    """Bills a second by the job and one worker."""
    return _bills(size, workers=1)


def bills_by_two(size: Size) -> int:
    """Bills a second by the job and two workers."""
    return _bills(size, workers=2)


def _bills(size: Size, workers: int) -> int:
    payer = Payer.objects.order_by("pk")[0]
    before = Bill.objects.count()
    began = time.perf_counter()
    at = payer.ends_at + timedelta(hours=14)
    start = start_billing(month=f"{payer.month:%Y-%m}", actor="bench", at=at)
    run = _carry_out(start, at, workers)
    took = time.perf_counter() - began
    made = Bill.objects.count() - before
    if (run.state, made) != ("done", size.payers * RESOURCES):
        raise RuntimeError(f"{made} bills were made, the run is {run.state}.")
    return int(made / took)


def memory(size: Size) -> int:
    """MiB by which the process's peak is higher after a reset of all wallets than after the first 10,000."""
    at = Wallet.objects.order_by("-cycle_ends_at").values_list("cycle_ends_at", flat=True)[0]
    run = start_reset(cycle=f"{at:%Y-%m}", actor="bench", at=at)
    for _ in range(10_000 // JOB.chunk):
        do_chunk(run, at=at)
    first = _peak()
    carry_out(run, clock=lambda: at)
    return (_peak() - first) // 2**20


def _peak() -> int:
    """Bytes that this process has taken at the most."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


_DUE = """
CREATE TEMP TABLE due AS SELECT w.id, w.sequence AS place, w.cycle_ends_at AS ended, w.cycle_month AS cycle,
    a.id AS account, a.balance AS free, a.sequence AS entry,
    (SELECT SUM(balance) FROM ledger_account o WHERE o.holder_id = w.id) AS total,
    2 * ROW_NUMBER() OVER (ORDER BY w.id) - 1
        + (SELECT COALESCE(MAX(number), 0) FROM ledger_transfer) AS number,
    ROW_NUMBER() OVER (ORDER BY w.id) AS nth
FROM wallets_wallet w JOIN ledger_account a ON a.holder_id = w.id AND a.kind = 'free'
"""
_BARE_RESET = """
INSERT INTO ledger_transfer (number, kind, at, recorded_at, description, actor, note)
    SELECT number, 'lapse', ended, ended, 'Free tokens lapsed', 'clock', '' FROM chunk
    UNION ALL SELECT number + 1, 'grant', ended, ended, 'Free tokens for the month', 'clock', '' FROM chunk;
INSERT INTO ledger_entry (transfer_id, account_id, amount, sequence, balance_after)
    SELECT number, account, -free, entry + 1, 0 FROM chunk
    UNION ALL SELECT number, {lapsed}, free, NULL, NULL FROM chunk
    UNION ALL SELECT number + 1, account, {grant}, entry + 2, {grant} FROM chunk
    UNION ALL SELECT number + 1, {issued}, -{grant}, NULL, NULL FROM chunk;
INSERT INTO wallets_movement (wallet_id, sequence, transfer_id, at, kind, amount, balance_after)
    SELECT id, place + 1, number, ended, 'lapse', -free, total - free FROM chunk
    UNION ALL SELECT id, place + 2, number + 1, ended, 'grant', {grant}, total - free + {grant} FROM chunk;
INSERT INTO wallets_grant (wallet_id, cycle_month, tokens_micro, at)
    SELECT id, cycle + interval '1 month', {grant}, ended FROM chunk;
UPDATE ledger_account a SET balance = {grant}, sequence = entry + 2, filled_at = ended
    FROM chunk WHERE a.id = chunk.account;
UPDATE wallets_wallet w SET sequence = place + 2, cycle_month = cycle + interval '1 month',
        cycle_ends_at = ended + interval '1 month', cycle_basis = total FROM chunk WHERE w.id = chunk.id
"""


def bare_reset(size: Size) -> int:
    """Wallets a second by bare statements that write the same rows."""
    statement = _BARE_RESET.format(lapsed=platform.LAPSED, issued=platform.ISSUED, grant=GRANT)
    took = _bare(_DUE, statement, size.people)
    _raise_numbers()
    return int(size.people / took)


_OWED = """
CREATE TEMP TABLE due AS SELECT r.id AS resource, p.wallet_id AS id, p.month, p.starts_at, p.ends_at,
    (10 * r.members * 1000000)::bigint AS tokens, a.id AS account, a.balance AS bought, a.sequence AS entry,
    w.sequence AS place, (SELECT SUM(balance) FROM ledger_account o WHERE o.holder_id = w.id) AS total,
    ROW_NUMBER() OVER (PARTITION BY w.id ORDER BY r.id) AS nth_of_payer,
    SUM(10 * r.members * 1000000) OVER (PARTITION BY w.id ORDER BY r.id)::bigint AS paid,
    COUNT(*) OVER (PARTITION BY w.id) AS all_of_payer,
    2 * ROW_NUMBER() OVER (ORDER BY r.id) - 1
        + (SELECT COALESCE(MAX(number), 0) FROM ledger_transfer) AS number,
    ROW_NUMBER() OVER (ORDER BY w.id, r.id) AS nth
FROM hosting_payer p JOIN hosting_resource r ON r.owner_id = p.wallet_id
JOIN wallets_wallet w ON w.id = p.wallet_id
JOIN ledger_account a ON a.holder_id = w.id AND a.kind = 'purchased'
"""
_BARE_BILLS = """
INSERT INTO hosting_bill (id, resource_id, payer_id, month, state, tokens_micro, lines, issued_at, due_at,
        settled_at, transfer_id, void_reason)
    SELECT number, resource, id, month, 'settled', tokens, '[{line}]', ends_at, ends_at, ends_at,
        number + 1, '' FROM chunk;
INSERT INTO ledger_transfer (number, kind, at, recorded_at, description, actor, bill_id, note)
    SELECT number + 1, 'bill', ends_at, ends_at, 'campus, 2026-01', 'clock', number, '' FROM chunk;
INSERT INTO ledger_entry (transfer_id, account_id, amount, sequence, balance_after)
    SELECT number + 1, account, -tokens, entry + nth_of_payer, bought - paid FROM chunk
    UNION ALL SELECT number + 1, {billed}, tokens, NULL, NULL FROM chunk;
INSERT INTO wallets_movement (wallet_id, sequence, transfer_id, at, kind, amount, balance_after)
    SELECT id, place + nth_of_payer, number + 1, ends_at, 'bill', -tokens, total - paid FROM chunk;
INSERT INTO hosting_closedmonth (payer_id, month, starts_at, ends_at, closed_at, stale)
    SELECT id, month, starts_at, ends_at, ends_at, FALSE FROM chunk WHERE nth_of_payer = all_of_payer;
UPDATE ledger_account a SET balance = bought - paid, sequence = entry + nth_of_payer
    FROM chunk WHERE a.id = chunk.account AND nth_of_payer = all_of_payer;
UPDATE wallets_wallet w SET sequence = place + nth_of_payer
    FROM chunk WHERE w.id = chunk.id AND nth_of_payer = all_of_payer;
UPDATE hosting_payer p SET month = chunk.month + interval '1 month', starts_at = chunk.ends_at,
        ends_at = chunk.ends_at + interval '1 month', due_at = chunk.ends_at + interval '1 month'
    FROM chunk WHERE p.wallet_id = chunk.id AND nth_of_payer = all_of_payer
"""
_LINE = (
    '{"kind":"hosting","month":"2026-01","tokens":210,"members":21000000,"rate":10000000,"free":false,'
    '"exact":210000000},{"kind":"storage","month":"2026-01","tokens":1,"stored":300000000,'
    '"all_stored":16500000000,"pool":1000000000,"rate":3990000,"all_tokens":62}'
)


def bare_bills(size: Size) -> int:
    """Bills a second by bare statements that write the same rows."""
    statement = _BARE_BILLS.format(billed=platform.BILLED, line=_LINE.replace("%", "%%"))
    took = _bare(_OWED, statement, size.payers * RESOURCES)
    _raise_numbers()
    return int(size.payers * RESOURCES / took)


def _bare(due: str, statements: str, count: int) -> float:
    """Seconds that the statements take over all that is due, chunk by chunk; finding it is not counted."""
    with connection.cursor() as cursor:
        cursor.execute(due)
        cursor.execute("CREATE INDEX ON due (nth)")
        cursor.execute("ANALYZE due")
        began = time.perf_counter()
        for first in range(1, count + 1, CHUNK):
            cursor.execute("BEGIN")
            cursor.execute(
                "CREATE TEMP TABLE chunk ON COMMIT DROP AS SELECT * FROM due WHERE nth >= %s AND nth < %s",
                [first, first + CHUNK],
            )
            cursor.execute("ANALYZE chunk")
            for statement in statements.split(";"):
                cursor.execute(statement)
            cursor.execute("COMMIT")
        took = time.perf_counter() - began
        cursor.execute("DROP TABLE due")
    return took


def _raise_numbers() -> None:
    """Let the next numbers that Scrip takes lie above those that were written here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval('ledger_numbers', (SELECT MAX(number) FROM ledger_transfer) + 512, FALSE)"
        )
