from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.units import MICRO
from apps.pricing.hosting import GIGABYTE
from apps.pricing.planning import (
    Plan,
    Scenario,
    plan_organisation,
    purchase_for,
    uses_for,
    with_budget,
)
from apps.pricing.schemes import PackageOffer, Scheme, VolumeStep, quote_money
from apps.pricing.selectors import example_price, find_hosting_rates, find_scheme
from tests.pricing.conftest import AT
from tests.pricing.test_hosting import RATES

SEED = Scenario(2, Fraction(75), 6, Fraction(30), 150, 120 * GIGABYTE, 500)
EMPTY = Scenario(0, Fraction(0), 0, Fraction(0), 0, 0, 0)
CAMPUS = Scheme(
    "campus",
    "EUR",
    1,
    200,
    100_000_000,
    "discount",
    tuple(
        VolumeStep(start, percent * MICRO)
        for start, percent in [
            (1000, 5),
            (5000, 10),
            (10_000, 15),
            (50_000, 20),
            (100_000, 25),
            (500_000, 30),
        ]
    ),
    (),
)
SCHOOL = Scheme(
    "school",
    "USD",
    1,
    500,
    100_000_000,
    "bonus",
    (VolumeStep(5000, 5 * MICRO), VolumeStep(10_000, 7_500_000), VolumeStep(20_000, 10 * MICRO)),
    (),
)
STUDIO = Scheme(
    "studio",
    "USD",
    1,
    500,
    100_000_000,
    "packages",
    (),
    tuple(
        PackageOffer(code, tokens * MICRO, price)
        for code, tokens, price in [
            ("starter", 500, 500),
            ("maker", 2000, 1900),
            ("team", 5000, 4500),
            ("studio", 20_000, 16_000),
        ]
    ),
)


def plan(scenario: Scenario) -> Plan:
    return plan_organisation(scenario, RATES, 1)


@pytest.mark.usefixtures("catalogue")
def test_the_seeds_scenario_comes_out_exactly() -> None:
    found = plan_organisation(SEED, find_hosting_rates(price_book="campus", at=AT), 1)
    assert (found.hosting.tokens, found.storage.tokens, found.member_tokens) == (1650, 475, 75_000)
    assert (found.tokens, found.month_minor, found.year_minor) == (77_125, 77_125, 925_500)
    each = example_price(price_book="campus", operation="chat", code="average_conversation", at=AT)
    assert each is not None
    assert uses_for(SEED.budget_minor, 1, each.micro) == 26


def test_nothing_costs_nothing() -> None:
    assert plan(EMPTY).tokens == 0
    assert purchase_for(CAMPUS, 0) is None


def test_within_the_free_tier_hosting_costs_nothing() -> None:
    small = replace(
        EMPTY, campuses=1, members_per_campus=Fraction(500), courses=3, members_per_course=Fraction(9)
    )
    assert plan(small).tokens == 0


def test_another_budget_changes_the_members_part_only() -> None:
    dearer = with_budget(plan(SEED), 800)
    assert (dearer.hosting.tokens, dearer.storage.tokens, dearer.tokens) == (1650, 475, 122_125)
    assert dearer == plan(replace(SEED, budget_minor=800))


def test_uses_that_cost_nothing_have_no_number() -> None:
    assert uses_for(500, 1, 0) is None


@pytest.mark.parametrize(
    ("tokens", "pay", "got"),
    [(77_125, 61_700, 77_125), (231_375, 173_531, 231_375), (925_500, 647_850, 925_500), (1, 200, 200)],
)
def test_a_discount_lets_the_price_fall(tokens: int, pay: int, got: int) -> None:
    found = purchase_for(CAMPUS, tokens)
    assert found is not None
    assert (found.pay_minor, found.tokens_micro) == (pay, got * MICRO)


def test_a_larger_volume_is_taken_where_it_costs_less() -> None:
    found = purchase_for(CAMPUS, 4_950)
    assert found is not None
    assert (found.pay_minor, found.tokens_micro, found.saved_minor) == (4500, 5000 * MICRO, 500)


def test_a_bonus_lets_one_pay_for_less_than_one_needs() -> None:
    found = purchase_for(SCHOOL, 10_750)
    assert found is not None
    assert (found.pay_minor, found.tokens_micro) == (10_000, 10_750 * MICRO)


def test_packages_are_combined() -> None:
    found = purchase_for(STUDIO, 26_000)
    assert found is not None
    assert [(code, number) for _, number, code in found.quotes] == [
        ("studio", 1),
        ("team", 1),
        ("starter", 2),
    ]
    assert found.pay_minor == 16_000 + 4_500 + 1_000


def test_what_no_purchase_reaches_has_no_answer() -> None:
    assert purchase_for(CAMPUS, 10**12) is None


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize("scheme", [CAMPUS, SCHOOL, STUDIO])
def test_these_are_the_shipped_schemes(scheme: Scheme) -> None:
    assert find_scheme(price_book=scheme.price_book) == scheme


@given(st.integers(1, 600_000), st.sampled_from([CAMPUS, SCHOOL]))
def test_no_other_amount_of_money_buys_it_for_less(tokens: int, scheme: Scheme) -> None:
    found = purchase_for(scheme, tokens)
    assert found is not None
    assert found.tokens_micro >= tokens * MICRO
    steps = {step.from_minor for step in scheme.tiers}
    around = {tokens + distance for distance in range(-3, 4)} | {found.pay_minor - 1, scheme.minimum_minor}
    for money in steps | around:
        if money >= scheme.minimum_minor:
            other = quote_money(scheme, money)
            assert other.tokens_micro < tokens * MICRO or other.pay_minor >= found.pay_minor


@given(st.integers(1, 25_000))
def test_no_other_packages_hold_it_for_less(tokens: int) -> None:
    found = purchase_for(STUDIO, tokens)
    assert found is not None
    assert found.tokens_micro >= tokens * MICRO
    offers = [(offer.tokens_micro // MICRO, offer.price_minor) for offer in STUDIO.packages]
    for counts in product(range(5), range(5), range(6), range(3)):
        held = sum(number * size for number, (size, _) in zip(counts, offers, strict=True))
        pay = sum(number * price for number, (_, price) in zip(counts, offers, strict=True))
        assert held < tokens or pay >= found.pay_minor
