"""Tokens from an organisation to its members and back: what moves, in which order, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from apps.allocations.models import Allocation
from apps.allocations.services import Item, allocate, reclaim
from apps.core.errors import (
    InsufficientTokens,
    InvalidState,
    NotAMember,
    NotFound,
    PriceBookMismatch,
    ValidationError,
    WalletFrozen,
)
from apps.core.units import MICRO
from apps.identity.models import AccountType, FreeGrant
from apps.organisations.models import Organisation
from apps.usage.services import create_charge
from apps.usage.state import ChargeRequest
from apps.wallets.books import open_desk, write
from apps.wallets.models import Wallet
from apps.wallets.selectors import WalletView, find_wallet, view_wallet
from apps.wallets.services import set_frozen
from tests.cast import AT, a_member, a_user, an_organisation, units


def give(school: Organisation, *items: tuple[str, int], at: datetime = AT) -> int:
    wanted = [Item(user, tokens * MICRO) for user, tokens in items]
    return allocate(organisation=school, items=wanted, note="term", actor="tests", at=at).number


def take(school: Organisation, *items: tuple[str, int], at: datetime = AT) -> int:
    wanted = [Item(user, tokens * MICRO) for user, tokens in items]
    return reclaim(organisation=school, items=wanted, note="", actor="tests", at=at).number


def buckets(key: str = "school", owner_type: str = "organisation", at: datetime = AT) -> tuple[int, ...]:
    """Free, allocated, earned, purchased in whole tokens."""
    view = view_wallet(owner_type, key, at=at)
    return tuple(micro // MICRO for micro in (view.free, view.allocated, view.earned, view.purchased))


def ada() -> WalletView:
    return view_wallet("user", "ada", at=AT)


def test_earned_tokens_go_first_then_purchased_ones(school: Organisation) -> None:
    give(school, ("ada", 30), ("bob", 30))
    assert buckets() == (0, 0, 0, 80)
    assert buckets("ada", "user") == (200, 30, 0, 0)


def test_free_tokens_are_never_allocated(school: Organisation) -> None:
    wallet = Wallet.objects.get(organisation=school)
    desk = open_desk([wallet.pk], at=AT)
    desk.grant(desk.wallets[wallet.pk], 500 * MICRO, AT)
    write(desk, at=AT)
    with pytest.raises(InsufficientTokens):
        give(school, ("ada", 141))
    give(school, ("ada", 140))
    assert buckets() == (500, 0, 0, 0)


def test_held_tokens_stay_where_they_are_held(school: Organisation) -> None:
    give(school, ("ada", 50))
    create_charge(ChargeRequest("ada", "page", units(page=220)), client_id=None, at=AT)
    with pytest.raises(InsufficientTokens) as refused:
        take(school, ("ada", 31))
    assert refused.value.extra == {"missing": "1", "wallet": {"type": "user", "id": "ada"}}
    take(school, ("ada", 30))
    assert buckets() == (0, 0, 0, 120)


def test_a_hold_past_its_deadline_stands_in_nobodys_way(school: Organisation) -> None:
    give(school, ("ada", 50))
    request = ChargeRequest("ada", "page", units(page=250), hold_seconds=60)
    create_charge(request, client_id=None, at=AT)
    take(school, ("ada", 50), at=AT + timedelta(seconds=60))
    assert ada().allocated == 0


def test_what_comes_back_is_purchased(school: Organisation) -> None:
    give(school, ("ada", 40))
    take(school, ("ada", 15))
    assert buckets() == (0, 0, 0, 115)


def test_an_unlimited_organisation_gives_below_zero(db: None, school: Organisation) -> None:
    studio = an_organisation("open", unlimited=True)
    a_member(studio, "ada")
    give(studio, ("ada", 25))
    assert buckets("open") == (0, 0, 0, -25)


@pytest.mark.parametrize(
    ("user", "problem"),
    [("nobody", NotFound), ("eve", NotAMember), ("uma", PriceBookMismatch), ("ice", WalletFrozen)],
)
def test_one_that_cannot_receive_stops_all(school: Organisation, user: str, problem: type[Exception]) -> None:
    a_user("eve")
    a_user("uma", price_book="studio")
    for key in ("uma", "ice"):
        a_member(school, key)
    frozen = find_wallet("user", "ice")
    set_frozen(wallet=frozen, frozen=True, actor="tests", reason="odd", at=AT)
    with pytest.raises(problem):
        give(school, ("ada", 1), (user, 1))
    assert not Allocation.objects.exists()
    assert buckets() == (0, 0, 40, 100)


def test_a_person_is_named_once(school: Organisation) -> None:
    with pytest.raises(ValidationError):
        give(school, ("ada", 1), ("ada", 2))


def test_the_last_item_that_cannot_be_paid_stops_all(school: Organisation) -> None:
    with pytest.raises(InsufficientTokens):
        give(school, ("ada", 70), ("bob", 70), ("cem", 1))
    assert ada().allocated == 0


def test_every_allocation_says_who_when_and_why(school: Organisation) -> None:
    number = give(school, ("ada", 3), ("bob", 4))
    rows = Allocation.objects.filter(number=number).order_by("pk")
    assert [(r.user.platform_id, r.tokens_micro, r.actor, r.note, r.at) for r in rows] == [
        ("ada", 3 * MICRO, "tests", "term", AT),
        ("bob", 4 * MICRO, "tests", "term", AT),
    ]


def test_the_month_begins_before_tokens_arrive(school: Organisation) -> None:
    FreeGrant.objects.create(
        account_type=AccountType.objects.get(code="learner"),
        from_at=AT + timedelta(days=1),
        tokens_micro=90 * MICRO,
    )
    december = datetime(2026, 12, 1, tzinfo=UTC)
    give(school, ("ada", 5), at=december)
    assert buckets("ada", "user", at=december) == (90, 5, 0, 0)


def test_topping_up_gives_what_is_missing_when_it_comes_to_it(school: Organisation) -> None:
    give(school, ("ada", 4))
    items = [Item("ada", 10 * MICRO), Item("bob", 10 * MICRO)]
    top_up = partial(allocate, organisation=school, items=items, note="", actor="tests", at=AT, top_up=True)
    give(school, ("bob", 10))  # somebody else, between the preview and the confirmation
    run = top_up()
    assert [(item.user, item.tokens // MICRO) for item in run.items] == [("ada", 6)]
    with pytest.raises(InvalidState, match="nothing would move"):
        top_up()
