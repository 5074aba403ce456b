"""charging.md, "Returning tokens": who keeps what when a charge costs less; numbers worked by hand."""

from __future__ import annotations

import pytest

from apps.allocations.leaving import remove_member
from apps.core.units import MICRO, format_tokens
from apps.identity.models import User
from apps.organisations.models import Organisation
from apps.usage.changing import release_charge
from apps.usage.models import Charge
from apps.wallets.services import credit_wallet
from tests.cast import AT, a_member, an_organisation, give, load_prices, pays
from tests.usage.charging import capture, charge, denied, later, left, limit, paid, refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> Organisation:
    """Half of what Ada spends beyond her free tokens; she has 20 allocated, 20 earned, 20 purchased."""
    load_prices()
    organisation = an_organisation("school", credit="1000")
    a_member(organisation, "ada")
    give(organisation, "ada", "20")
    for kind in ("promotion", "migration"):
        credit_wallet(owner_type="user", key="ada", tokens=20 * MICRO, kind=kind, reason="", actor="t", at=AT)
    pays(organisation, "member_wallets", 50)
    return organisation


def test_a_capture_below_the_hold_keeps_free_then_the_covered_share_then_in_order(
    school: Organisation,
) -> None:
    hold = charge("ada", "300", capture=False)
    assert [tokens for _, _, tokens in paid(hold)] == ["200", "50", "20", "20", "10"]
    assert paid(capture(hold, "250")) == [
        ("ada", "free", "200"),
        ("school", "purchased", "25"),
        ("ada", "allocated", "20"),
        ("ada", "earned", "5"),
    ]
    assert left("ada") == {"earned": "15", "purchased": "20"}
    assert left("school") == {"purchased": "955"}


def test_below_the_free_tokens_everybody_else_gets_everything_back(school: Organisation) -> None:
    assert paid(capture(charge("ada", "300", capture=False), "150")) == [("ada", "free", "150")]


def test_the_covered_share_is_rounded_down_when_it_returns(school: Organisation) -> None:
    hold = charge("ada", "210", capture=False)
    assert paid(capture(hold, "200.000003"))[1:] == [
        ("school", "purchased", "0.000001"),
        ("ada", "allocated", "0.000002"),
    ]


def test_the_percent_of_the_hold_counts_not_todays(school: Organisation) -> None:
    hold = charge("ada", "240", capture=False)
    pays(school, "member_wallets", 0)
    assert paid(capture(hold, "220"))[1] == ("school", "purchased", "10")
    other = charge("ada", "10", capture=False)
    pays(school, "shared_pool")
    assert paid(capture(other, "12")) == [("ada", "allocated", "10"), ("ada", "earned", "2")]


def test_in_a_shared_pool_the_purchased_tokens_return_first(school: Organisation) -> None:
    pays(school, "shared_pool")
    credit_wallet(
        owner_type="organisation",
        key="school",
        tokens=30 * MICRO,
        kind="promotion",
        reason="",
        actor="t",
        at=AT,
    )
    hold = charge("ada", "50", capture=False)
    assert paid(capture(hold, "35")) == [("school", "earned", "30"), ("school", "purchased", "5")]
    assert paid(refund(hold, "10")) == [("school", "earned", "25")]


def test_refunds_in_parts_come_out_as_one(school: Organisation) -> None:
    parts = charge("ada", "280")
    for tokens in ("0.333333", "19.666667", "20"):
        refund(parts, tokens)
    whole = refund(charge("ada", "0.000001", at=later(days=40)), None, at=later(days=40))
    assert paid(whole) == []
    assert [tokens for _, _, tokens in paid(refund(parts, "0.5"))] == ["200", "19.75", "19.75"]


def test_what_coverage_gives_up_is_asked_of_the_organisation_when_the_others_gave_too_little(
    school: Organisation,
) -> None:
    hold = charge("ada", "300", capture=False)
    limit(school, "members", "total", "1000")
    more = capture(hold, "400")
    assert format_tokens(more.uncollected) == "40"
    assert paid(more) == [
        ("ada", "free", "200"),
        ("school", "purchased", "100"),
        ("ada", "allocated", "20"),
        ("ada", "earned", "20"),
        ("ada", "purchased", "20"),
    ]
    assert paid(refund(more, "30"))[1:] == [
        ("school", "purchased", "70"),
        ("ada", "allocated", "20"),
        ("ada", "earned", "20"),
        ("ada", "purchased", "20"),
    ]
    assert paid(refund(more, "40"))[1:] == [
        ("school", "purchased", "45"),
        ("ada", "allocated", "20"),
        ("ada", "earned", "20"),
        ("ada", "purchased", "5"),
    ]


def test_only_what_was_collected_can_be_refunded(school: Organisation) -> None:
    hold = charge("ada", "300", capture=False)
    more = capture(hold, "400")
    assert denied(lambda: refund(more, "360.000001")) == ("validation_error",)
    refund(more, "360")
    assert denied(lambda: refund(more)) == ("invalid_state",)


def test_tokens_of_somebody_who_has_left_return_to_the_organisations_purchased_ones(
    school: Organisation,
) -> None:
    hold = charge("ada", "240", capture=False)
    done = charge("ada", "0.5")
    user = User.objects.get(platform_id="ada")
    remove_member(organisation=school, user=user, actor="t", at=AT)
    assert left("ada") == {"earned": "19.75", "purchased": "20"}
    release_charge(hold.id, at=AT)
    assert left("ada") == {"free": "200", "earned": "19.75", "purchased": "20"}
    assert left("school") == {"purchased": "999.75"}
    refund(done)
    assert left("school") == {"purchased": "1000"}


def test_a_return_makes_room_on_the_day_the_charge_was_made(school: Organisation) -> None:
    pays(school, "shared_pool")
    limit(school, "members", "week", "10")
    first = charge("ada", "10")
    refund(first, "4", at=later(days=7))
    assert denied(lambda: charge("ada", "10.1", at=later(days=7)))[0] == "limit_reached"
    charge("ada", "10", at=later(days=7))
    assert denied(lambda: charge("ada", "5", at=later(days=6)))[0] == "limit_reached"
    charge("ada", "4", at=later(days=6))


def test_a_refund_grows_and_the_price_stays(school: Organisation) -> None:
    done = charge("ada", "100")
    refund(done, "30")
    row = Charge.objects.get(pk=done.id)
    assert (row.status, row.price_micro, row.refunded_micro) == ("captured", 100 * MICRO, 30 * MICRO)
