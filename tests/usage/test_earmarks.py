"""Cost centres: an earmark reserves tokens of the wallet, so that nobody else spends them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial

import pytest

from apps.allocations.earmarks import place_cost_centre, reserved_now, set_earmark
from apps.allocations.services import Item, allocate
from apps.core.errors import InsufficientTokens, InvalidState, NotFound, ValidationError
from apps.core.proof import verify_ledger
from apps.core.units import MICRO
from apps.organisations.models import Organisation
from apps.organisations.services import set_cost_centre
from apps.wallets.granting import set_monthly_grant
from apps.wallets.models import Wallet
from tests.cast import AT, a_member, an_organisation, give, load_prices, pays
from tests.usage.charging import charge, denied, left, refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> Organisation:
    load_prices()
    school = an_organisation("school", credit="100")
    a_member(school, "ada")
    pays(school, "shared_pool")
    for key, parent in (("sciences", None), ("lab", "sciences"), ("club", None)):
        set_cost_centre(
            organisation=school, key=key, name=key, kind="project", parent=parent, actor="t", at=AT
        )
    return school


def mark(school: Organisation, centre: str, tokens: int | None, *, at: datetime = AT) -> None:
    micro = None if tokens is None else tokens * MICRO
    set_earmark(organisation=school, centre=centre, tokens=micro, actor="tests", at=at)


def held_back(school: Organisation) -> int:
    return reserved_now(school.pk, Wallet.objects.get(organisation=school).pk) // MICRO


def test_nobody_else_can_spend_what_is_reserved(school: Organisation) -> None:
    mark(school, "lab", 60)
    assert denied(partial(charge, "ada", "41")) == ("insufficient_tokens",)
    assert denied(partial(charge, "ada", "41", centre="club")) == ("insufficient_tokens",)
    charge("ada", "40", centre="club")
    charge("ada", "60", centre="lab")
    assert left("school") == {}
    assert verify_ledger().differences == ()


def test_what_is_spent_for_the_centre_uses_it_up_and_a_refund_fills_it_again(school: Organisation) -> None:
    mark(school, "lab", 60)
    made = charge("ada", "50", centre="lab")
    assert held_back(school) == 10
    refund(made, "20")
    assert held_back(school) == 30
    assert denied(partial(charge, "ada", "41")) == ("insufficient_tokens",)
    assert verify_ledger().differences == ()


def test_a_centre_below_spends_what_is_reserved_above(school: Organisation) -> None:
    mark(school, "sciences", 60)
    charge("ada", "100", centre="lab")
    assert held_back(school) == 0


def test_a_hold_counts_from_the_moment_it_is_made(school: Organisation) -> None:
    mark(school, "lab", 60)
    charge("ada", "60", centre="lab", capture=False)
    assert held_back(school) == 0
    charge("ada", "40")


def test_what_was_spent_before_it_was_set_does_not_use_it_up(school: Organisation) -> None:
    charge("ada", "30", centre="lab")
    mark(school, "lab", 60)
    assert held_back(school) == 60
    charge("ada", "10", centre="lab")
    assert held_back(school) == 50


def test_allocated_tokens_do_not_use_it_up_and_allocations_leave_it_alone(school: Organisation) -> None:
    pays(school, "member_wallets")
    give(school, "ada", "20")
    mark(school, "lab", 60)
    charge("ada", "210", centre="lab")  # 200 of her own, 10 of the allocated
    assert held_back(school) == 60
    items = [Item("ada", 21 * MICRO)]
    with pytest.raises(InsufficientTokens):
        allocate(organisation=school, items=items, note="", actor="t", at=AT)
    give(school, "ada", "20")


def test_it_does_not_end_with_the_month(school: Organisation) -> None:
    mark(school, "lab", 60)
    charge("ada", "10", centre="lab")
    december = datetime(2026, 12, 5, tzinfo=UTC)
    assert denied(partial(charge, "ada", "41", at=december)) == ("insufficient_tokens",)
    mark(school, "lab", None, at=december)
    charge("ada", "90", at=december)


def test_tokens_are_reserved_once_only(school: Organisation) -> None:
    mark(school, "lab", 60)
    with pytest.raises(InsufficientTokens):
        mark(school, "club", 41)
    mark(school, "club", 40)
    with pytest.raises(InvalidState):
        mark(school, "sciences", 1)
    with pytest.raises(NotFound):
        mark(school, "none", 1)
    with pytest.raises(ValidationError):
        mark(school, "lab", 0)
    assert held_back(school) == 100


def test_a_refund_of_what_was_spent_before_reserves_no_more_than_was_set(school: Organisation) -> None:
    made = charge("ada", "50", centre="lab")
    mark(school, "lab", 20)
    refund(made)
    assert held_back(school) == 20


def test_no_centre_with_an_earmark_is_moved_below_another(school: Organisation) -> None:
    mark(school, "lab", 20)
    mark(school, "club", 20)
    place = partial(
        place_cost_centre, organisation=school, key="club", name="Club", kind="project", actor="t", at=AT
    )
    with pytest.raises(InvalidState, match="reserved once only"):
        place(parent="lab")
    centre, _made = place(parent="sciences")
    assert (centre.name, centre.parent and centre.parent.platform_id) == ("Club", "sciences")


def test_free_tokens_that_lapse_back_no_earmark(school: Organisation) -> None:
    wallet = Wallet.objects.get(organisation=school).pk
    set_monthly_grant(wallet_id=wallet, tokens=50 * MICRO, from_on=date(2026, 12, 1), at=AT)
    december = datetime(2026, 12, 2, tzinfo=UTC)
    mark(school, "lab", 100, at=december)
    with pytest.raises(InsufficientTokens):
        allocate(organisation=school, items=[Item("ada", MICRO)], note="", actor="tests", at=december)
