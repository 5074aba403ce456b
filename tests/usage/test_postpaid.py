"""organisations.md, unlimited: charges always pass, a statement for each month, payments bring it back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from apps.allocations.rules import LimitChange, SubjectRef, set_limits
from apps.core.errors import InvalidState, ValidationError
from apps.core.proof import verify_ledger
from apps.core.units import MICRO
from apps.organisations.models import Organisation
from apps.usage.models import UsageStatement
from apps.usage.postpaid import book_payment, issue_due_statements, make_lines
from apps.wallets.models import Wallet
from apps.wallets.services import sync_organisation
from tests.cast import AT, a_member, an_organisation, load_prices, pays
from tests.usage.charging import charge, denied, later, left, refund

pytestmark = pytest.mark.django_db
DECEMBER, JANUARY = datetime(2026, 12, 3, tzinfo=UTC), datetime(2027, 1, 3, tzinfo=UTC)


@pytest.fixture
def studio() -> Organisation:
    """Pays afterwards, with 100 tokens at hand."""
    load_prices()
    studio = an_organisation("school", credit="100", unlimited=True)
    a_member(studio, "ada")
    pays(studio, "shared_pool")
    return studio


def wallet() -> int:
    return Wallet.objects.get(owner_key="school").pk


def pay(tokens: int, at: datetime = DECEMBER) -> None:
    book_payment(wallet_id=wallet(), tokens=tokens * MICRO, reference="Invoice 7", actor="finn", at=at)


def standing() -> list[tuple[str, int, int, bool]]:
    """Month, asked for, paid and whether in full, in whole tokens."""
    rows = UsageStatement.objects.order_by("month")
    return [
        (f"{row.month:%Y-%m}", row.tokens_micro // MICRO, row.paid_micro // MICRO, row.paid_at is not None)
        for row in rows
    ]


@pytest.mark.parametrize(
    ("moved", "before", "after", "lines"),
    [
        ([("charge", "page", -150)], 0, 50, [("operation", "page", 150), ("at_hand", "", -100)]),
        ([("charge", "page", -150), ("refund", "page", 30)], 20, 140, [("operation", "page", 120)]),
        (
            [("charge", "page", -10), ("bill", "", -5)],
            0,
            15,
            [("operation", "page", 10), ("kind", "bill", 5)],
        ),
        ([("charge", "page", -10), ("payment", "", 40)], 30, 0, [("operation", "page", 10)]),
        ([("payment", "", 40)], 30, 0, [("at_hand", "", 10)]),
        ([], 30, 30, []),
    ],
)
def test_the_lines_add_up_to_what_is_owed_more(
    moved: list[tuple[str, str, int]], before: int, after: int, lines: list[tuple[str, str, int]]
) -> None:
    assert make_lines(moved, before, after) == lines


def test_a_month_that_is_over_gets_one_statement_in_tokens_and_money(studio: Organisation) -> None:
    made = charge("ada", "160")
    refund(made, "10")
    assert issue_due_statements(at=AT) == []
    (statement,) = issue_due_statements(at=DECEMBER)
    assert issue_due_statements(at=DECEMBER) == []
    assert [tuple(line) for line in statement.lines] == [
        ("operation", "page", 150 * MICRO),
        ("kind", "migration", -100 * MICRO),
    ]
    assert (statement.tokens_micro, statement.money_minor, statement.currency) == (50 * MICRO, 50, "EUR")


def test_a_payment_brings_the_wallet_back_and_pays_the_oldest_first(studio: Organisation) -> None:
    charge("ada", "160")
    charge("ada", "30", at=DECEMBER)
    issue_due_statements(at=JANUARY)
    assert standing() == [("2026-11", 60, 0, False), ("2026-12", 30, 0, False)]
    pay(70, at=JANUARY)
    assert standing() == [("2026-11", 60, 60, True), ("2026-12", 30, 10, False)]
    pay(40, at=JANUARY)
    assert standing()[1] == ("2026-12", 30, 30, True)
    assert left("school", at=JANUARY) == {"purchased": "20"}
    assert verify_ledger().differences == ()


def test_a_payment_in_the_month_is_no_part_of_what_is_asked_for(studio: Organisation) -> None:
    charge("ada", "160")
    pay(60, at=AT)
    charge("ada", "10")
    (statement,) = issue_due_statements(at=DECEMBER)
    assert sum(amount for _what, _code, amount in statement.lines) == 70 * MICRO
    assert standing() == [("2026-11", 70, 60, False)]


def test_limits_hold_without_a_balance_too(studio: Organisation) -> None:
    change = LimitChange(SubjectRef("organisation"), "day", 120 * MICRO)
    set_limits(organisation=studio, changes=[change], actor="t", at=AT)
    charge("ada", "120")
    assert denied(lambda: charge("ada", "1")) == ("limit_reached", "organisation", "day")


def test_zero_none_and_unlimited_are_three_things(studio: Organisation) -> None:
    """A limit of 0 lets nothing be spent, null everything that is there, unlimited what is not there."""
    poor = an_organisation("poor", credit="5")
    a_member(poor, "bob")
    pays(poor, "shared_pool")
    for tokens, said in ((0, ("limit_reached", "organisation", "day")), (None, ("insufficient_tokens",))):
        change = LimitChange(SubjectRef("organisation"), "day", tokens)
        set_limits(organisation=poor, changes=[change], actor="t", at=AT)
        if tokens is None:
            charge("bob", "5", organisation="poor")
        assert denied(lambda: charge("bob", "1", organisation="poor")) == said
    charge("ada", "1000")


def test_only_what_is_paid_for_afterwards_is_paid_so(studio: Organisation) -> None:
    an_organisation("other")
    other = Wallet.objects.get(owner_key="other").pk
    with pytest.raises(InvalidState):
        book_payment(wallet_id=other, tokens=MICRO, reference="", actor="t", at=AT)
    with pytest.raises(ValidationError):
        pay(0)


def test_a_month_is_stated_though_the_wallet_is_not_paid_for_afterwards_any_more(
    studio: Organisation,
) -> None:
    charge("ada", "150")
    pay(50, at=later(days=1))
    sync_organisation(key="school", fields={"unlimited": False}, at=later(days=2))
    issue_due_statements(at=datetime(2027, 3, 1, tzinfo=UTC))
    assert standing() == [("2026-11", 50, 50, True)]
