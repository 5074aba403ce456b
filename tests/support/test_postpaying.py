"""Staff let an organisation pay for its wallet afterwards, and take that back once nothing is owed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from apps.core.clock import stopped_at
from apps.core.errors import InvalidState, PermissionDenied
from apps.core.proof import verify_ledger
from apps.core.units import MICRO
from apps.identity.models import AuditRecord, User
from apps.support.models import Proposal
from apps.support.proposals import foresee
from apps.usage.postpaid import book_payment
from apps.wallets.models import Wallet
from tests.cast import AT, a_member, a_user, an_organisation, load_prices, pays
from tests.staff.desk import at_the_desk
from tests.support.staff import a_clerk, ask
from tests.usage.charging import charge, denied

pytestmark = pytest.mark.django_db


@pytest.fixture
def wallet() -> Wallet:
    """A school's that pays for Ada, with 100 tokens."""
    load_prices()
    school = an_organisation("school", credit="100")
    a_member(school, "ada")
    pays(school, "shared_pool")
    return Wallet.objects.get(organisation=school)


@pytest.fixture
def operations() -> User:
    return a_clerk("olu", "operations")


def test_a_wallet_that_is_paid_for_afterwards_goes_below_zero(wallet: Wallet, operations: User) -> None:
    assert denied(lambda: charge("ada", "130"))[0] == "insufficient_tokens"
    done = ask("mark_unlimited", {"wallet": wallet.pk}, operations)
    assert done.state == Proposal.State.EXECUTED
    charge("ada", "130")
    record = AuditRecord.objects.get(action="wallet.change", subject="organisation:school")
    assert (record.actor, record.reason) == ("user:olu", "Counted twice")
    assert record.after is not None
    assert record.after["unlimited"] is True
    assert verify_ledger().holds


def test_it_stays_so_until_what_is_owed_is_paid(wallet: Wallet, operations: User) -> None:
    ask("mark_unlimited", {"wallet": wallet.pk}, operations)
    charge("ada", "130")
    with pytest.raises(InvalidState, match="below zero"):
        foresee("unmark_unlimited", {"wallet": wallet.pk}, by=operations, at=AT)
    book_payment(wallet_id=wallet.pk, tokens=30 * MICRO, reference="Invoice 7", actor="finn", at=AT)
    ask("unmark_unlimited", {"wallet": wallet.pk}, operations)
    assert denied(lambda: charge("ada", "1"))[0] == "insufficient_tokens"
    assert verify_ledger().holds


def test_it_is_for_operations_and_organisations_only(wallet: Wallet, operations: User) -> None:
    a_user("bob")
    others = Wallet.objects.get(owner_key="bob")
    with pytest.raises(InvalidState, match="Only an organisation"):
        foresee("mark_unlimited", {"wallet": others.pk}, by=operations, at=AT)
    with pytest.raises(InvalidState, match="not paid for afterwards"):
        foresee("unmark_unlimited", {"wallet": wallet.pk}, by=operations, at=AT)
    with pytest.raises(PermissionDenied):
        foresee("mark_unlimited", {"wallet": wallet.pk}, by=a_clerk("fay", "finance"), at=AT)


@pytest.fixture
def at_noon(settings: Settings) -> Iterator[None]:
    settings.STAFF_SECOND_FACTOR = False
    with stopped_at(AT):
        yield


@pytest.mark.usefixtures("at_noon")
def test_the_page_shows_the_effect_before_it_is_confirmed(wallet: Wallet) -> None:
    desk, page = at_the_desk("olu", "operations"), f"/admin/wallets/wallet/{wallet.pk}/change/"
    assert "Let it be paid for afterwards" in desk.see(page)
    effect = desk.look(f"wallet/{wallet.pk}/afterwards/")
    assert "paid for beforehand" in effect
    assert "You may do this alone" in effect
    wallet.refresh_from_db()
    assert not wallet.unlimited
    desk.confirm(f"wallet/{wallet.pk}/afterwards/")
    wallet.refresh_from_db()
    assert wallet.unlimited
    assert "Let it be paid for beforehand" in desk.see(page)
    assert "Let it be paid for" not in at_the_desk("sam", "support").see(page)
