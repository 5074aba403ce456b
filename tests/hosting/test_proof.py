"""Each way of tampering with bills is found."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection

from apps.core.proof import verify_ledger
from apps.hosting.models import Bill
from apps.hosting.proof import RULES
from apps.hosting.voiding import void_bill
from tests.cast import a_user, an_organisation
from tests.hosting.world import bill, report, report_the_seeds_scenario
from tests.usage.test_verify_ledger import tampered

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)
PAID = "(SELECT MAX(id) FROM hosting_bill WHERE state = 'settled' AND tokens_micro > 0)"
OWED = "(SELECT MAX(id) FROM hosting_bill WHERE state = 'open')"
TAMPERINGS = {
    "a bill's tokens": (
        f"UPDATE hosting_bill SET tokens_micro = tokens_micro + 1000000 WHERE id = {PAID}",
        {"A bill is the sum of its lines", "A settled bill moved exactly its tokens, an unpaid one none"},
    ),
    "a bill called paid": (
        f"UPDATE hosting_bill SET state = 'settled' WHERE id = {OWED}",
        {"A settled bill moved exactly its tokens, an unpaid one none"},
    ),
    "a paid bill called void": (
        f"UPDATE hosting_bill SET state = 'void' WHERE id = {PAID}",
        {"A voided bill has returned what it took"},
    ),
    "a bill that is gone": (
        f"DELETE FROM hosting_bill WHERE id = {PAID}",
        {"What bills take and give belongs to one bill"},
    ),
    "a bill paid from allocated tokens": (
        (
            "UPDATE ledger_account SET kind = 'allocated', source_id = 1 "
            "WHERE id = (SELECT MIN(e.account_id) FROM ledger_entry e "
            "JOIN ledger_transfer t ON t.number = e.transfer_id "
            "WHERE t.kind = 'bill' AND e.account_id > 0)"
        ),
        {"Bills never take allocated tokens"},
    ),
    "a month that is not closed": (
        "DELETE FROM hosting_closedmonth WHERE month = '2026-10-01'",
        {"A bill belongs to a closed month of its payer"},
    ),
    "a wallet that nobody waits for": (
        "UPDATE wallets_wallet SET awaited = {false} WHERE awaited",
        {"A wallet that owes bills is told of tokens that arrive"},
    ),
    "a gap between months": (
        "UPDATE hosting_closedmonth SET ends_at = '2026-10-31 12:00:00+00:00' WHERE month = '2026-10-01'",
        {"Closed months of a payer follow each other without a gap or an overlap"},
    ),
}
GUARDED_BY_THE_DATABASE = {"There is one bill per resource, payer and month"}


@pytest.fixture
def books(prices: None) -> None:
    """Two months of an organisation that pays, a person who cannot, and a voided bill."""
    an_organisation("lindenhof", credit="9000")
    a_user("ada")
    report_the_seeds_scenario(OCTOBER)
    report("course", "poems", stored=200 * 10**9, since=OCTOBER, owner=("user", "ada"))
    bill("2026-10")
    bill("2026-11")
    void_bill(
        bill_id=Bill.objects.filter(state="settled", tokens_micro__gt=0).order_by("pk")[0].pk,
        reason="x",
        actor="t",
        at=datetime(2026, 12, 3, tzinfo=UTC),
    )


def test_books_that_only_services_wrote_hold(books: None) -> None:
    assert verify_ledger().differences == ()


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_with_bills_is_found(name: str, books: None) -> None:
    statement, rules = TAMPERINGS[name]
    report = tampered(statement.format(false="FALSE" if connection.vendor == "postgresql" else "0"))
    assert {difference.rule for difference in report.differences} >= rules


def test_every_rule_is_broken_by_some_tampering() -> None:
    broken = set().union(*(rules for _, rules in TAMPERINGS.values()))
    assert {rule.name for rule in RULES} - broken == GUARDED_BY_THE_DATABASE
