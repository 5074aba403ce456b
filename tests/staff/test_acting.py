"""Staff act on wallets and charges: the effect first, one confirmation, a second person above a threshold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from pytest_django import Settings

from apps.core.clock import stopped_at
from apps.core.proof import verify_ledger
from apps.core.units import MICRO
from apps.identity.models import User
from apps.support.cases import Thing, open_case
from apps.support.models import Case, Proposal, WalletNote
from apps.usage.rows import load_charge
from apps.usage.state import ChargeState
from apps.wallets.books import project
from apps.wallets.models import Wallet
from tests.cast import AT, a_user, load_prices
from tests.staff.desk import ACTIONS, HIDDEN, Desk, at_the_desk
from tests.support.conftest import pages


@pytest.fixture(autouse=True)
def noon(db: None, settings: Settings) -> Iterator[None]:
    settings.STAFF_SECOND_FACTOR = False
    with stopped_at(AT):
        yield


@pytest.fixture
def ada() -> User:
    """A learner with 200 free and 3000 purchased tokens."""
    load_prices()
    return a_user("ada", credit="3000", email="ada@lovelace.example")


@pytest.fixture
def wallet(ada: User) -> Wallet:
    return Wallet.objects.get(user=ada)


@pytest.fixture
def charge(ada: User) -> ChargeState:
    """A captured charge of 240 tokens."""
    return pages("ada", 240)


@pytest.fixture
def support() -> Desk:
    return at_the_desk("sam", "support")


@pytest.fixture
def finance() -> Desk:
    return at_the_desk("fay", "finance")


@pytest.fixture
def other_finance() -> Desk:
    return at_the_desk("finn", "finance")


def balance(wallet: Wallet) -> int:
    """Whole tokens."""
    return project([wallet.pk], at=AT).wallets[wallet.pk].balance // MICRO


def test_an_adjustment_shows_its_effect_and_changes_nothing_before(wallet: Wallet, finance: Desk) -> None:
    page = finance.look(f"wallet/{wallet.pk}/adjust/", direction="take", tokens="500", bucket="purchased")
    assert "Take 500 tokens from Ada" in page
    assert "3,000" in page
    assert "2,500" in page
    assert balance(wallet) == 3200


def test_a_confirmed_adjustment_is_done_and_leads_to_its_receipt(wallet: Wallet, finance: Desk) -> None:
    answer = finance.confirm(
        f"wallet/{wallet.pk}/adjust/", direction="take", tokens="500", bucket="purchased"
    )
    done = Proposal.objects.get()
    assert answer["Location"].endswith(f"/{done.pk}/change/")
    assert f"T-{done.transfer_number}" in finance.client.get(answer["Location"]).content.decode()
    assert balance(wallet) == 2700
    assert verify_ledger().holds


def test_above_the_threshold_it_waits_and_the_requester_cannot_approve(
    wallet: Wallet, finance: Desk, other_finance: Desk
) -> None:
    finance.confirm(f"wallet/{wallet.pk}/adjust/", direction="credit", tokens="1500", bucket="purchased")
    proposal = Proposal.objects.get()
    assert (proposal.state, balance(wallet)) == (Proposal.State.OPEN, 3200)
    assert finance.approve(proposal) == 403
    assert balance(wallet) == 3200
    assert other_finance.approve(proposal) == 302
    assert balance(wallet) == 4700


def test_a_changed_proposal_has_to_be_looked_at_again(wallet: Wallet, support: Desk, finance: Desk) -> None:
    address = f"wallet/{wallet.pk}/adjust/"
    support.confirm(address, direction="credit", tokens="5", bucket="purchased")
    proposal = Proposal.objects.get()
    page: Any = finance.client.get(f"{ACTIONS}/{proposal.pk}/change/")
    seen = dict(HIDDEN.findall(page.content.decode()))
    support.confirm(
        address, direction="credit", tokens="700", bucket="purchased", proposal=str(proposal.pk), version="1"
    )
    finance.client.post(f"{ACTIONS}/{proposal.pk}/approve/", seen)
    proposal.refresh_from_db()
    assert (proposal.version, proposal.state, balance(wallet)) == (2, Proposal.State.OPEN, 3200)


def test_a_form_sent_twice_is_done_once(wallet: Wallet, finance: Desk) -> None:
    address = f"{ACTIONS}/wallet/{wallet.pk}/adjust/"
    typed = {"direction": "take", "tokens": "500", "bucket": "purchased", "reason": "Counted twice"}
    shown = dict(HIDDEN.findall(finance.look(f"wallet/{wallet.pk}/adjust/", **typed)))
    for _ in range(2):
        assert finance.client.post(address, {**typed, **shown, "step": "confirm"}).status_code == 302
    assert (Proposal.objects.count(), balance(wallet)) == (1, 2700)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"tokens": "-5"}, "Write a number of tokens"),
        ({"tokens": "0"}, "Write a number above zero"),
        ({"tokens": "9000"}, "can be taken from there"),
        ({"tokens": "5", "reason": ""}, "This field is required"),
        ({"tokens": "5", "bucket": "allocated"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    wallet: Wallet, finance: Desk, typed: dict[str, str], said: str
) -> None:
    page = finance.look(
        f"wallet/{wallet.pk}/adjust/", **{"direction": "take", "bucket": "purchased", **typed}
    )
    assert said in page
    assert not Proposal.objects.exists()


def test_a_wallet_is_frozen_and_can_be_used_again(wallet: Wallet, finance: Desk) -> None:
    address = f"wallet/{wallet.pk}/freeze/"
    finance.confirm(address)
    assert Wallet.objects.get(pk=wallet.pk).frozen
    finance.confirm(address)
    assert not Wallet.objects.get(pk=wallet.pk).frozen


def test_a_charge_is_refunded_from_the_case_about_it(
    charge: ChargeState, ada: User, wallet: Wallet, support: Desk
) -> None:
    thing = Thing("Too dear", wallet.pk, charge.id)
    case = open_case(thing=thing, category="cost", text="Too dear", form_key=uuid4(), by=ada, at=AT)
    page: Any = support.client.get(f"/admin/support/case/{case.pk}/change/")
    assert "Too dear" in page.content.decode()
    answer = support.confirm(f"charge/{charge.id}/refund/", tokens="40", case=str(case.pk))
    assert answer["Location"] == f"/admin/support/case/{case.pk}/change/"
    assert load_charge(charge.id).refunded == 40 * MICRO
    assert "40 tokens of" in support.client.get(answer["Location"]).content.decode()


def test_a_hold_is_released(ada: User, support: Desk) -> None:
    held = pages("ada", 10, capture=False)
    support.confirm(f"charge/{held.id}/release/")
    assert load_charge(held.id).status == "released"


def test_an_answer_is_mailed_once_and_the_case_waits(
    ada: User, support: Desk, django_capture_on_commit_callbacks: Any
) -> None:
    case = open_case(thing=Thing(), category="other", text="Hello", form_key=uuid4(), by=ada, at=AT)
    form = {"text": "We look into it.", "then": "waiting", "form_key": str(uuid4())}
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            support.client.post(f"/admin/support/case/{case.pk}/answer/", form)
    assert [sent.to for sent in mail.outbox] == [["ada@lovelace.example"]]
    assert f"/problems/{case.pk}/" in mail.outbox[0].body
    found = Case.objects.get()
    assert (found.state, str(found.owner)) == ("waiting", "Sam")


def test_a_note_is_kept_once_on_the_wallets_page(wallet: Wallet, support: Desk) -> None:
    form = {"text": "Pays by invoice", "form_key": str(uuid4())}
    for _ in range(2):
        support.client.post(f"{ACTIONS}/wallet/{wallet.pk}/note/", form)
    assert WalletNote.objects.count() == 1
    page: Any = support.client.get(f"/admin/wallets/wallet/{wallet.pk}/change/")
    assert "Pays by invoice" in page.content.decode()


def test_the_start_page_counts_what_waits(wallet: Wallet, ada: User, support: Desk) -> None:
    support.confirm(f"wallet/{wallet.pk}/adjust/", direction="credit", tokens="5", bucket="earned")
    case = open_case(thing=Thing(), category="other", text="Hello", form_key=uuid4(), by=ada, at=AT)
    page: Any = support.client.get("/admin/")
    text = page.content.decode()
    assert "1 approval is waiting" in text
    assert "1 case is open" in text
    found: Any = support.client.get(f"/admin/search/?q={case.number}")
    assert found["Location"] == f"/admin/support/case/{case.pk}/change/"
