"""Each way of tampering with the books is found, and the place is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from apps.core import append_only
from apps.core.proof import Report, all_rules, verify_ledger
from apps.hosting.proof import RULES as HOSTING_RULES
from apps.ledger.posting import APPEND_ONLY as LEDGER
from apps.usage.state import ChargeState
from apps.wallets.books import APPEND_ONLY as WALLETS
from tests.cast import a_user, load_prices
from tests.usage.books import build_books

TABLES = (*LEDGER, *WALLETS)
HOSTING = {rule.name for rule in HOSTING_RULES}
"""Broken in `tests.hosting.test_proof`."""
FIRST_OF_FREE = (
    "(SELECT MIN(e.id) FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id "
    "WHERE a.kind = 'free')"
)
ADA = "(SELECT id FROM wallets_wallet WHERE owner_key = 'ada')"
BEN = "(SELECT id FROM wallets_wallet WHERE owner_key = 'ben')"
SCHOOL = "(SELECT id FROM wallets_wallet WHERE owner_key = 'school')"


@pytest.fixture
def charges(db: None) -> dict[str, ChargeState]:
    return build_books()


@contextmanager
def lifted() -> Iterator[None]:
    """Without the triggers that refuse changes."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        append_only.lift(TABLES)
        yield
        append_only.install(TABLES)


def tampered(*statements: str) -> Report:
    """The report after somebody has changed rows by hand."""
    with lifted(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            assert cursor.rowcount != 0, statement
    return verify_ledger()


def test_books_hold_whose_platform_accounts_need_more_than_64_bits(db: None) -> None:
    load_prices()
    for number in range(10):
        a_user(f"user-{number}", credit="1000000000000")
    assert verify_ledger().differences == ()


def test_books_that_only_services_wrote_hold(charges: dict[str, ChargeState]) -> None:
    report = verify_ledger()
    assert report.differences == ()
    assert report.counts["usage_charge"] == len(charges)


TAMPERINGS = {
    "an entry's amount": (
        [f"UPDATE ledger_entry SET amount = amount + 1 WHERE id = {FIRST_OF_FREE}"],
        {
            "All entries sum to zero",
            "The entries of a transfer sum to zero",
            "A bucket's balance is the sum of its entries",
            "A movement is the sum of its transfer's entries on the wallet",
        },
    ),
    "an entry that is gone": (
        [f"DELETE FROM ledger_entry WHERE id = {FIRST_OF_FREE}"],
        {"The entries of a transfer sum to zero", "A bucket's balance is the sum of its entries"},
    ),
    "a transfer's entries that are all gone": (
        ["DELETE FROM ledger_entry WHERE transfer_id = (SELECT MIN(number) FROM ledger_transfer)"],
        {"A transfer has entries"},
    ),
    "a transfer that is gone": (
        ["DELETE FROM ledger_transfer WHERE kind = 'refund'"],
        {"An entry belongs to a transfer", "A movement belongs to a transfer"},
    ),
    "an entry on an account that is not there": (
        [f"UPDATE ledger_entry SET account_id = 987654 WHERE id = {FIRST_OF_FREE}"],
        {"An entry belongs to an account"},
    ),
    "a running balance": (
        [f"UPDATE ledger_entry SET balance_after = balance_after + 5 WHERE id = {FIRST_OF_FREE}"],
        {"Entries of a bucket are numbered without a gap and carry the balance after them"},
    ),
    "a stored balance": (
        [f"UPDATE ledger_account SET balance = balance + 1 WHERE holder_id = {ADA} AND kind = 'purchased'"],
        {"A bucket's balance is the sum of its entries"},
    ),
    "what is held": (
        [f"UPDATE ledger_account SET held = held + 1 WHERE holder_id = {BEN} AND kind = 'free'"],
        {"What is held is the sum of open holds' parts"},
    ),
    "a part of a hold": (
        ["UPDATE wallets_holdpart SET amount = amount + 1 WHERE cycle_month IS NOT NULL"],
        {"What is held is the sum of open holds' parts", "A held charge holds what it has drawn"},
    ),
    "the cycle of held free tokens": (
        ["UPDATE wallets_holdpart SET cycle_month = NULL WHERE cycle_month IS NOT NULL"],
        {"Held free tokens know their cycle, others have none"},
    ),
    "a hold that is gone": (
        ["DELETE FROM wallets_hold"],
        {"A held part belongs to a hold", "A charge is held exactly while its hold is open"},
    ),
    "a movement's amount": (
        [f"UPDATE wallets_movement SET amount = amount - 1 WHERE wallet_id = {ADA} AND sequence = 2"],
        {
            "A movement is the sum of its transfer's entries on the wallet",
            "Movements of a wallet are numbered without a gap and carry the balance after them",
        },
    ),
    "a movement that is gone": (
        [f"DELETE FROM wallets_movement WHERE wallet_id = {ADA} AND sequence = 2"],
        {"A wallet counts all of its movements"},
    ),
    "a movement's kind": (
        [f"UPDATE wallets_movement SET kind = 'gift' WHERE wallet_id = {ADA} AND sequence = 2"],
        {"A movement has its transfer's time and kind"},
    ),
    "a movement of nobody": (
        [f"UPDATE wallets_movement SET wallet_id = 987654 WHERE wallet_id = {ADA} AND sequence = 2"],
        {"A movement belongs to a wallet"},
    ),
    "a grant without its transfer": (
        [f"UPDATE wallets_grant SET cycle_month = '2026-01-01', tokens_micro = 1 WHERE wallet_id = {ADA}"],
        {"Every grant is a transfer, and every such transfer a grant"},
    ),
    "a bucket of nobody": (
        [f"UPDATE ledger_account SET holder_id = 987654 WHERE holder_id = {ADA} AND kind = 'earned'"],
        {"A bucket belongs to a wallet"},
    ),
    "allocated tokens from a person": (
        [f"UPDATE ledger_account SET source_id = {BEN} WHERE kind = 'allocated'"],
        {"Allocated tokens come from an organisation"},
    ),
    "a bucket below zero": (
        [
            (
                "UPDATE ledger_account SET overdraft = {true}, balance = -5, held = 0 "
                f"WHERE holder_id = {ADA} AND kind = 'purchased'"
            ),
        ],
        {"No bucket is below zero unless its wallet is unlimited"},
    ),
    "an adjustment without a reason": (
        ["UPDATE ledger_transfer SET note = '' WHERE kind = 'adjustment'"],
        {"An adjustment says why and moves tokens of one bucket that is its owner's own"},
    ),
    "an adjustment called a gift": (
        [
            "UPDATE ledger_transfer SET kind = 'promotion' WHERE kind = 'adjustment'",
            "UPDATE wallets_movement SET kind = 'promotion' WHERE kind = 'adjustment'",
        ],
        {"An adjustment says why and moves tokens of one bucket that is its owner's own"},
    ),
    "an adjustment of allocated tokens": (
        [
            (
                "UPDATE ledger_entry SET sequence = 77, account_id = (SELECT MIN(id) FROM ledger_account "
                "WHERE kind = 'allocated') WHERE sequence IS NOT NULL AND transfer_id = "
                "(SELECT number FROM ledger_transfer WHERE kind = 'adjustment')"
            ),
        ],
        {"An adjustment says why and moves tokens of one bucket that is its owner's own"},
    ),
    "tokens handed from user to user": (
        [
            (
                f"UPDATE wallets_movement SET wallet_id = {BEN}, sequence = 99 WHERE wallet_id = {SCHOOL} "
                "AND kind = 'allocation'"
            )
        ],
        {"No tokens go from user to user"},
    ),
    "tokens handed to another price book": (
        [f"UPDATE wallets_wallet SET price_book_id = 'studio' WHERE id = {ADA}"],
        {"No tokens cross price books"},
    ),
    "free tokens made lasting": (
        [
            (
                f"UPDATE ledger_entry SET account_id = (SELECT id FROM ledger_account WHERE kind = 'free' "
                f"AND holder_id = {SCHOOL}) WHERE account_id = (SELECT id FROM ledger_account "
                f"WHERE kind = 'purchased' AND holder_id = {SCHOOL}) AND transfer_id = "
                "(SELECT MIN(number) FROM ledger_transfer WHERE kind = 'allocation')"
            ),
        ],
        {"Free tokens never turn into lasting ones"},
    ),
    "an allocation's amount": (
        ["UPDATE allocations_allocation SET tokens_micro = tokens_micro + 1"],
        {"An allocation is what its transfer moved"},
    ),
    "an allocation that is gone": (
        ["DELETE FROM allocations_allocation"],
        {"Allocated tokens are recorded with who gave them"},
    ),
    "a charge's price": (
        ["UPDATE usage_charge SET price_micro = price_micro + 1 WHERE id = {captured}"],
        {"What a charge cost is what the ledger consumed for it", "A charge's lines add up to its price"},
    ),
    "a charge's refund": (
        ["UPDATE usage_charge SET refunded_micro = refunded_micro + 1 WHERE id = {refunded}"],
        {
            "What a charge cost is what the ledger consumed for it",
            "A charge's tokens come from the buckets it drew on",
        },
    ),
    "whose tokens a charge took": (
        [
            (
                "UPDATE usage_charge SET draws = (SELECT d.draws FROM usage_charge d "
                "WHERE d.id = {captured}) WHERE id = {below}"
            )
        ],
        {"A charge's tokens come from the buckets it drew on"},
    ),
    "a released charge that costs": (
        ["UPDATE usage_charge SET price_micro = 1 WHERE id = {released}"],
        {"A charge that took nothing costs nothing"},
    ),
    "a charge that is gone": (
        ["DELETE FROM usage_charge WHERE id = {captured}"],
        {"A transfer's charge exists", "What a charge cost is what the ledger consumed for it"},
    ),
    "a charge of nobody": (
        ["UPDATE usage_charge SET wallet_id = 987654 WHERE id = {released}"],
        {"A charge belongs to a person"},
    ),
    "a charge of no organisation": (
        ["UPDATE usage_charge SET organisation_wallet_id = 987654 WHERE id = {released}"],
        {"A charge's organisation exists"},
    ),
    "a charge without a price": (
        ["UPDATE usage_charge SET rate_version_id = 987654 WHERE id = {released}"],
        {"A charge's price can be explained"},
    ),
    "what a member has spent": (
        ["UPDATE allocations_spendingtotal SET spent_micro = spent_micro + 1 WHERE subject_type = 'member'"],
        {"Daily totals count every charge once"},
    ),
    "what a cost centre has spent": (
        ["DELETE FROM allocations_spendingtotal WHERE subject_key = 'campus'"],
        {"Daily totals count every charge once"},
    ),
    "an event charged twice": (
        [
            "DROP INDEX one_charge_per_event",
            "UPDATE usage_charge SET event_id = 'e1', client_id = 1",
        ],
        {"An event is charged once"},
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_with_the_books_is_found(name: str, charges: dict[str, ChargeState]) -> None:
    statements, rules = TAMPERINGS[name]
    numbers = {state: str(charge.id) for state, charge in charges.items()}
    true = "TRUE" if connection.vendor == "postgresql" else "1"
    report = tampered(*(statement.format(true=true, **numbers) for statement in statements))
    assert not report.holds
    assert {difference.rule for difference in report.differences} >= rules


def test_the_wallet_and_the_sums_are_named(charges: dict[str, ChargeState]) -> None:
    report = tampered(
        f"UPDATE ledger_account SET balance = balance + 2500000 WHERE holder_id = {BEN} AND kind = 'earned'"
    )
    (difference,) = report.differences
    assert "earned of wallet" in difference.subject
    assert "2.5 tokens and 0 entries are stored, its entries are 0 tokens" in difference.detail


def test_a_missing_trigger_is_named(charges: dict[str, ChargeState]) -> None:
    with connection.cursor() as cursor:
        on = " ON ledger_entry" if connection.vendor == "postgresql" else ""
        if on:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"DROP TRIGGER ledger_entry_refuses_update{on}")
    subjects = [difference.subject for difference in verify_ledger().differences]
    append_only.install(["ledger_entry"])
    assert subjects == ["trigger ledger_entry_refuses_update"]


def test_every_rule_is_broken_by_some_tampering() -> None:
    broken = set().union(*(rules for _, rules in TAMPERINGS.values()), HOSTING)
    guarded_by_the_database = {
        "Transfers and entries are append-only",
        "Movements are append-only",
        "Published prices are append-only",
        "No bucket is below what is held, unless its wallet is unlimited",
        "The platform's accounts are there and store no balance",
        "A wallet gets one grant a cycle",
        "An allocation belongs to a transfer",
        "A held part belongs to a bucket",
        "A charge's cost centre exists",
        "A charge's client exists",
    }
    assert {rule.name for rule in all_rules()} - broken == guarded_by_the_database


@pytest.mark.django_db(transaction=True)
def test_the_command_proves_live_data_without_waiting_for_writers() -> None:
    build_books()
    out = StringIO()
    call_command("verify_ledger", stdout=out)
    assert "The ledger holds." in out.getvalue()
    assert " 5  usage_charge" in out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_the_command_exits_with_1_and_the_first_differences() -> None:
    build_books()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_account SET balance = balance + 1 WHERE kind = 'earned'")
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_ledger", limit=1, stdout=out)
    assert ended.value.code == 1
    assert out.getvalue().count("A bucket's balance is the sum of its entries") == 1
    assert "The ledger does not hold" in out.getvalue()
