"""charging.md, "Who pays": each rule by an example worked by hand. A learner has 200 free tokens."""

from __future__ import annotations

from functools import partial

import pytest

from apps.allocations.rules import SubjectRef, set_funding
from apps.core.errors import LimitReached
from apps.core.units import MICRO
from apps.identity.models import User
from apps.organisations.models import Organisation
from apps.organisations.services import set_cost_centre
from apps.wallets.models import Wallet
from apps.wallets.services import credit_wallet, set_frozen
from tests.cast import AT, a_member, an_organisation, give, load_prices, pays
from tests.usage.charging import budget, charge, denied, extend, later, left, limit, paid

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> Organisation:
    load_prices()
    organisation = an_organisation("school", credit="1000")
    a_member(organisation, "ada")
    return organisation


def earn(key: str, tokens: int, owner_type: str = "user", kind: str = "promotion") -> None:
    credit_wallet(
        owner_type=owner_type, key=key, tokens=tokens * MICRO, kind=kind, reason="", actor="t", at=AT
    )


def buy(key: str, tokens: int) -> None:
    earn(key, tokens, kind="migration")


def cover(school: Organisation, subject: SubjectRef, micro_percent: int) -> None:
    mode = "member_wallets"
    set_funding(
        organisation=school, subject=subject, mode=mode, micro_percent=micro_percent, actor="t", at=AT
    )


def add_centre(school: Organisation, key: str, parent: str | None) -> None:
    set_cost_centre(organisation=school, key=key, name=key, kind="course", parent=parent, actor="t", at=AT)


def test_without_an_organisation_free_then_allocated_then_earned_then_purchased(school: Organisation) -> None:
    buy("ada", 10)
    earn("ada", 10)
    give(school, "ada", "10")
    assert paid(charge("ada", "225", organisation=None)) == [
        ("ada", "free", "200"),
        ("ada", "allocated", "10"),
        ("ada", "earned", "10"),
        ("ada", "purchased", "5"),
    ]


def test_coverage_is_a_share_of_what_the_free_tokens_leave(school: Organisation) -> None:
    pays(school, "member_wallets", 50)
    buy("ada", 100)
    assert paid(charge("ada", "230")) == [
        ("ada", "free", "200"),
        ("school", "purchased", "15"),
        ("ada", "purchased", "15"),
    ]


def test_coverage_is_rounded_down_to_the_millionth(school: Organisation) -> None:
    cover(school, SubjectRef("member", "ada"), 33_333_333)
    buy("ada", 100)
    charge("ada", "200")
    assert paid(charge("ada", "0.00001")) == [
        ("school", "purchased", "0.000003"),
        ("ada", "purchased", "0.000007"),
    ]


def test_the_members_own_percent_goes_before_the_roles_and_the_organisations(school: Organisation) -> None:
    buy("ada", 300)
    charge("ada", "200")
    for kind, key, percent in (("organisation", "", 10), ("role", "member", 20), ("member", "ada", 30)):
        cover(school, SubjectRef(kind, key), percent * MICRO)
        assert paid(charge("ada", "100"))[0] == ("school", "purchased", str(percent))


def test_an_organisation_pays_free_earned_purchased_in_this_order(school: Organisation) -> None:
    pays(school, "shared_pool")
    earn("school", 5, "organisation")
    assert paid(charge("ada", "12")) == [("school", "earned", "5"), ("school", "purchased", "7")]


def test_in_a_shared_pool_the_organisation_pays_all_or_nothing(school: Organisation) -> None:
    pays(school, "shared_pool")
    assert denied(partial(charge, "ada", "1000.000001")) == ("insufficient_tokens",)
    assert paid(charge("ada", "1000")) == [("school", "purchased", "1000")]
    assert left("ada") == {"free": "200"}


def test_coverage_stops_where_the_organisations_tokens_end(school: Organisation) -> None:
    pays(school, "member_wallets", 100)
    buy("ada", 50)
    assert paid(charge("ada", "1230"))[1:] == [("school", "purchased", "1000"), ("ada", "purchased", "30")]


def test_coverage_stops_at_a_limit_and_the_person_pays_the_rest(school: Organisation) -> None:
    pays(school, "member_wallets", 100)
    limit(school, "members", "month", "12")
    buy("ada", 50)
    assert paid(charge("ada", "230"))[1:] == [("school", "purchased", "12"), ("ada", "purchased", "18")]


def test_allocated_tokens_take_the_room_that_coverage_leaves(school: Organisation) -> None:
    pays(school, "member_wallets", 50)
    give(school, "ada", "40")
    buy("ada", 50)
    limit(school, "organisation", "day", "25")
    assert paid(charge("ada", "240"))[1:] == [
        ("school", "purchased", "20"),
        ("ada", "allocated", "5"),
        ("ada", "purchased", "15"),
    ]


def test_the_organisations_own_bucket_goes_first_then_the_one_filled_from_empty_the_longest_ago() -> None:
    load_prices()
    for place, key in enumerate(("north", "south", "west")):
        organisation = an_organisation(key, credit="100")
        a_member(organisation, "ada")
        give(organisation, "ada", "10", at=later(minutes=place))
    give(Organisation.objects.get(platform_id="north"), "ada", "1", at=later(minutes=9))
    charge("ada", "200", organisation=None, at=later(hours=1))
    drawn = charge("ada", "31", organisation="west", at=later(hours=1))
    sources = [Wallet.objects.get(pk=each.source_id).owner_key for each in drawn.draws]
    assert sources == ["west", "north", "south"]
    assert [tokens for _, _, tokens in paid(drawn)] == ["10", "11", "10"]


def test_another_organisations_limit_holds_for_its_allocated_tokens_everywhere(school: Organisation) -> None:
    give(school, "ada", "50")
    limit(school, "member ada", "day", "20")
    charge("ada", "200", organisation=None)
    assert denied(partial(charge, "ada", "21", organisation=None)) == ("limit_reached", "member", "day")
    assert paid(charge("ada", "20", organisation=None)) == [("ada", "allocated", "20")]


def test_too_little_is_insufficient_and_changes_nothing(school: Organisation) -> None:
    assert denied(partial(charge, "ada", "200.000001")) == ("insufficient_tokens",)
    assert left("ada") == {"free": "200"}


def test_a_limit_is_named_only_if_without_limits_it_would_have_been_paid(school: Organisation) -> None:
    pays(school, "shared_pool")
    limit(school, "members", "day", "10")
    assert denied(partial(charge, "ada", "11")) == ("limit_reached", "members", "day")
    assert denied(partial(charge, "ada", "1001")) == ("insufficient_tokens",)


def test_the_limit_with_the_least_room_is_named(school: Organisation) -> None:
    pays(school, "shared_pool")
    limit(school, "members", "day", "50")
    limit(school, "organisation", "total", "40")
    assert denied(partial(charge, "ada", "60")) == ("limit_reached", "organisation", "total")


def test_on_a_tie_the_shorter_period_then_the_more_specific_subject_is_named(school: Organisation) -> None:
    pays(school, "shared_pool")
    add_centre(school, "maths", None)
    for subject, period in (("organisation", "week"), ("members", "month"), ("cost_centre maths", "week")):
        limit(school, subject, period, "10")
    call = partial(charge, "ada", "11", centre="maths")
    assert denied(call) == ("limit_reached", "cost_centre", "week")
    limit(school, "members", "week", "10")
    assert denied(call) == ("limit_reached", "members", "week")
    limit(school, "member ada", "week", "10")
    assert denied(call) == ("limit_reached", "member", "week")


def test_of_two_cost_centres_equally_tight_the_nearer_one_is_named(school: Organisation) -> None:
    pays(school, "shared_pool")
    for key, parent in (("campus", None), ("maths", "campus")):
        add_centre(school, key, parent)
        limit(school, f"cost_centre {key}", "week", "10")
    with pytest.raises(LimitReached) as refusal:
        charge("ada", "11", centre="maths")
    assert refusal.value.extra["limit"]["subject"] == {"type": "cost_centre", "id": "maths"}


def test_null_lifts_a_less_specific_limit_and_zero_allows_nothing(school: Organisation) -> None:
    pays(school, "shared_pool")
    limit(school, "members", "day", "0")
    assert denied(partial(charge, "ada", "1")) == ("limit_reached", "members", "day")
    limit(school, "member ada", "day", None)
    assert paid(charge("ada", "1")) == [("school", "purchased", "1")]


def test_a_roles_limit_is_per_person(school: Organisation) -> None:
    pays(school, "shared_pool")
    a_member(school, "bob")
    limit(school, "role member", "day", "10")
    charge("ada", "10")
    assert paid(charge("bob", "10")) == [("school", "purchased", "10")]
    assert denied(partial(charge, "bob", "1")) == ("limit_reached", "role", "day")


def test_spending_counts_for_a_cost_centre_and_its_parents(school: Organisation) -> None:
    pays(school, "shared_pool")
    for key, parent in (("campus", None), ("maths", "campus"), ("art", "campus")):
        add_centre(school, key, parent)
    limit(school, "cost_centre campus", "total", "10")
    charge("ada", "6", centre="maths")
    charge("ada", "4", centre=None)
    assert denied(partial(charge, "ada", "5", centre="art")) == ("limit_reached", "cost_centre", "total")
    assert paid(charge("ada", "4", centre="art")) == [("school", "purchased", "4")]


def test_a_limit_made_today_knows_this_months_spending(school: Organisation) -> None:
    pays(school, "shared_pool")
    charge("ada", "30")
    limit(school, "members", "month", "40", at=later(days=3))
    assert denied(partial(charge, "ada", "11", at=later(days=3))) == ("limit_reached", "members", "month")


@pytest.mark.parametrize(
    ("period", "before", "after"),
    [
        ("day", {"hours": 11}, {"hours": 12}),
        ("week", {"days": 6}, {"days": 7}),
        ("month", {"days": 28}, {"days": 29}),
    ],
)
def test_a_limit_has_room_again_when_its_period_begins(
    school: Organisation, period: str, before: dict[str, int], after: dict[str, int]
) -> None:
    pays(school, "shared_pool")
    limit(school, "members", period, "10")
    charge("ada", "10")
    assert denied(partial(charge, "ada", "1", at=later(**before)))[0] == "limit_reached"
    assert paid(charge("ada", "1", at=later(**after))) == [("school", "purchased", "1")]


def test_holds_count_for_limits_from_the_moment_they_are_made(school: Organisation) -> None:
    pays(school, "shared_pool")
    limit(school, "members", "day", "10")
    charge("ada", "10", capture=False)
    assert denied(partial(charge, "ada", "1")) == ("limit_reached", "members", "day")


def test_a_personal_budget_counts_free_earned_and_purchased_and_not_allocated(school: Organisation) -> None:
    budget(User.objects.get(platform_id="ada"), "220")
    give(school, "ada", "50")
    buy("ada", 100)
    assert paid(charge("ada", "270"))[1:] == [("ada", "allocated", "50"), ("ada", "purchased", "20")]
    assert denied(partial(charge, "ada", "1")) == ("limit_reached", "personal", "month")


def test_a_budget_that_only_warns_stops_nothing(school: Organisation) -> None:
    budget(User.objects.get(platform_id="ada"), "1", blocks=False)
    assert paid(charge("ada", "100")) == [("ada", "free", "100")]


def test_across_price_books_the_organisation_pays_all_or_nobody_does() -> None:
    load_prices()
    studio = an_organisation("studio-team", credit="100", price_book="studio")
    a_member(studio, "ada")
    call = partial(charge, "ada", "10", organisation="studio-team")
    pays(studio, "member_wallets", 99)
    assert denied(call) == ("price_book_mismatch",)
    pays(studio, "member_wallets", 100)
    assert paid(call()) == [("studio-team", "purchased", "10")]
    assert denied(partial(charge, "ada", "91", organisation="studio-team")) == ("insufficient_tokens",)
    pays(studio, "shared_pool")
    assert paid(call()) == [("studio-team", "purchased", "10")]


def test_an_organisation_that_pays_all_and_is_frozen_meanwhile_is_no_matter_of_price_books() -> None:
    load_prices()
    studio = an_organisation("studio-team", credit="100", price_book="studio")
    a_member(studio, "ada")
    pays(studio, "shared_pool")
    held = charge("ada", "10", organisation="studio-team", capture=False)
    wallet = Wallet.objects.get(owner_key="studio-team")
    set_frozen(wallet=wallet, frozen=True, actor="tests", reason="", at=AT)
    assert denied(partial(extend, held, reserve="20")) == ("insufficient_tokens",)


def test_an_unlimited_organisation_pays_below_zero_and_its_limits_still_hold() -> None:
    load_prices()
    team = an_organisation("team", credit="5", unlimited=True)
    a_member(team, "ada")
    pays(team, "shared_pool")
    assert paid(charge("ada", "30", organisation="team")) == [("team", "purchased", "30")]
    assert left("team") == {"purchased": "-25"}
    limit(team, "members", "total", "40")
    assert denied(partial(charge, "ada", "11", organisation="team")) == ("limit_reached", "members", "total")


def test_a_minimum_balance_compares_with_the_largest_charge_possible(school: Organisation) -> None:
    pays(school, "member_wallets", 50)
    charge("ada", "175")
    call = partial(charge, "ada", "1", operation="session")
    assert denied(call) == ("minimum_balance",)
    buy("ada", 2)
    assert denied(call) == ("minimum_balance",)
    buy("ada", 1)
    assert paid(call()) == [("ada", "free", "3")]
