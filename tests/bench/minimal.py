"""The floor: a minimal charge in one call on the server, driven by pgbench.

A conditional update of the balance, a transfer, two entries; the indexes by which any ledger is read.
No idempotency, no prices, no rules, no history of balances.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.bench import databases
from tests.bench.size import Size
from tooling.services import postgresql_programs

PER_TRANSACTION = 50
TABLES = """
CREATE TABLE account (id bigint PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0));
CREATE TABLE transfer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL, at timestamptz NOT NULL, description text NOT NULL);
CREATE TABLE entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transfer_id bigint NOT NULL, account_id bigint NOT NULL, amount bigint NOT NULL CHECK (amount <> 0));
CREATE INDEX ON entry (transfer_id);
CREATE INDEX ON entry (account_id, id);
CREATE FUNCTION charge(payer bigint, tokens bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE number bigint;
BEGIN
    UPDATE account SET balance = balance - tokens WHERE id = payer AND balance >= tokens;
    IF NOT FOUND THEN RAISE 'insufficient tokens'; END IF;
    INSERT INTO transfer (kind, at, description) VALUES ('charge', now(), 'AI chat') RETURNING id INTO number;
    INSERT INTO entry (transfer_id, account_id, amount) VALUES (number, payer, -tokens), (number, 0, tokens);
    RETURN number;
END $$;
"""
SCRIPT = "SELECT charge(1 + (random() * {last})::bigint, 1000) FROM generate_series(1, {count});\n"


def prepare(size: Size) -> None:
    """Tables and accounts."""
    databases.make(databases.MINIMAL)
    with databases.connected(databases.MINIMAL) as connection:
        connection.execute(TABLES)
        connection.execute(
            "INSERT INTO account SELECT id, 10::bigint ^ 15 FROM generate_series(1, %s) AS id", [size.wallets]
        )
    databases.tidy(databases.MINIMAL)


def measure(size: Size, folder: Path) -> int:
    """Charges a second by one client, 50 in a transaction, after a warm-up."""
    script = folder / "minimal.sql"
    script.write_text(SCRIPT.format(last=size.wallets - 1, count=PER_TRANSACTION))
    _pgbench(script, size.events // PER_TRANSACTION // 5)
    return _pgbench(script, size.events // PER_TRANSACTION) * PER_TRANSACTION


def _pgbench(script: Path, transactions: int) -> int:
    program = postgresql_programs() / "pgbench"
    options = ["-n", "-c", "1", "-j", "1", "-M", "prepared", "-t", str(transactions), "-f", str(script)]
    answer = subprocess.run(
        [str(program), *options, databases.url(databases.MINIMAL)], capture_output=True, text=True, check=True
    )
    found = re.search(r"^tps = ([0-9]+)", answer.stdout, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"pgbench said nothing of its speed:\n{answer.stdout}{answer.stderr}")
    return int(found[1])
