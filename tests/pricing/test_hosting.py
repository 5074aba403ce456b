from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.pricing.hosting import (
    GIGABYTE,
    Hosted,
    HostingRates,
    KindRate,
    cost_hosting,
    cost_storage,
    round_half_up,
    share_of,
    share_out,
    time_weighted,
)

START = datetime(2026, 11, 1, tzinfo=UTC)
END = datetime(2026, 12, 1, tzinfo=UTC)
MIDDLE = datetime(2026, 11, 16, tzinfo=UTC)
RATES = HostingRates(
    version_id=1,
    effective_from=START,
    kinds={"campus": KindRate(10_000_000, 1), "course": KindRate(10_000_000, 3)},
    micro_per_gigabyte=3_990_000,
    free_bytes={"organisation": GIGABYTE, "user": GIGABYTE},
    grace_days=7,
)
resources = st.lists(
    st.builds(
        Hosted,
        kind=st.sampled_from(["campus", "course", "session"]),
        members=st.fractions(0, 500, max_denominator=3000),
        stored_bytes=st.fractions(0, 10**12, max_denominator=3000),
    ),
    max_size=12,
)


def campus_of_the_seed(share: Fraction = Fraction(1)) -> list[Hosted]:
    """Two campuses of 75 members and six courses of 30, with 120 GB in all."""
    stored = 15 * GIGABYTE * share
    return [Hosted("campus", 75 * share, stored)] * 2 + [Hosted("course", 30 * share, stored)] * 6


def test_a_full_month_of_the_seeds_campus() -> None:
    hosting = cost_hosting(campus_of_the_seed(), RATES)
    storage = cost_storage(campus_of_the_seed(), RATES, "organisation")
    assert (hosting.tokens, storage.tokens) == (1650, 475)
    assert [line.tokens for line in hosting.lines] == [0, 750, 0, 0, 0, 300, 300, 300]
    assert storage.billable == 119 * GIGABYTE
    assert sum(storage.shares) == 475
    assert set(storage.shares) == {59, 60}


def test_half_a_month_of_it() -> None:
    half = time_weighted([(MIDDLE, 1)], START, END)
    assert half == Fraction(1, 2)
    assert cost_hosting(campus_of_the_seed(half), RATES).tokens == 825
    assert cost_storage(campus_of_the_seed(half), RATES, "organisation").tokens == 235


def test_many_alike_cost_what_each_costs() -> None:
    together = [Hosted("campus", Fraction(75), count=2), Hosted("course", Fraction(30), count=6)]
    cost = cost_hosting(together, RATES)
    assert [(line.free, line.billable, line.tokens) for line in cost.lines] == [(1, 1, 750), (3, 3, 900)]


def test_the_first_of_a_kind_are_free_whatever_their_size() -> None:
    cost = cost_hosting([Hosted("campus", Fraction(1)), Hosted("campus", Fraction(900))], RATES)
    assert [line.tokens for line in cost.lines] == [0, 9000]


def test_a_kind_without_a_rate_costs_nothing() -> None:
    assert cost_hosting([Hosted("task", Fraction(10_000))], RATES).tokens == 0


def test_storage_within_the_free_pool_costs_nothing() -> None:
    cost = cost_storage([Hosted("course", Fraction(0), Fraction(GIGABYTE))], RATES, "user")
    assert not cost.billable
    assert not cost.tokens
    assert cost.shares == (0,)


def test_an_average_weighs_each_quantity_by_its_time() -> None:
    changes = [
        (START + timedelta(days=10), 40),
        (START - timedelta(days=3), 10),
        (START + timedelta(days=20), 0),
    ]
    assert time_weighted(changes, START, END) == Fraction(10 * 10 + 40 * 10, 30)


def test_what_begins_at_the_end_does_not_count() -> None:
    assert time_weighted([(END, 500)], START, END) == 0


def test_of_two_changes_at_one_instant_the_last_counts() -> None:
    assert time_weighted([(START, 5), (START, 7)], START, END) == 7


def test_payers_parts_follow_their_weights() -> None:
    parts = [share_of(Fraction(100), weight, (1, 2, 4)) for weight in (1, 2, 4)]
    assert sum(parts) == 100
    assert parts[2] == 4 * parts[0]


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [(10, [1, 1, 1], [4, 3, 3]), (1, [1, 3], [0, 1]), (0, [5, 5], [0, 0]), (7, [0, 7], [0, 7]), (0, [], [])],
)
def test_the_largest_remainder_gains(total: int, weights: list[int], parts: list[int]) -> None:
    assert share_out(total, [Fraction(weight) for weight in weights]) == parts


def test_something_cannot_be_shared_out_over_nothing() -> None:
    with pytest.raises(ValueError, match="nothing to share"):
        share_out(1, [Fraction(0)])


@given(
    st.integers(0, 10**9), st.lists(st.fractions(0, 10**6, max_denominator=10**4), min_size=1, max_size=20)
)
def test_parts_add_up_and_none_is_a_token_off(total: int, weights: list[Fraction]) -> None:
    whole = sum(weights)
    if not whole:
        return
    parts = share_out(total, weights)
    assert sum(parts) == total
    assert all(abs(part - total * weight / whole) < 1 for part, weight in zip(parts, weights, strict=True))


@given(resources)
def test_lines_add_up_to_the_rounded_whole(hosted: list[Hosted]) -> None:
    hosting = cost_hosting(hosted, RATES)
    storage = cost_storage(hosted, RATES, "organisation")
    assert sum(line.tokens for line in hosting.lines) == hosting.tokens == round_half_up(hosting.exact)
    assert sum(storage.shares) == storage.tokens
    assert abs(storage.tokens - storage.exact) <= Fraction(1, 2)
    assert all(line.tokens == 0 for line in hosting.lines if not line.exact)


@given(resources, st.integers(1, 50))
def test_a_lot_costs_what_its_resources_cost_one_by_one(hosted: list[Hosted], count: int) -> None:
    lots = [Hosted(each.kind, each.members, each.stored_bytes, count) for each in hosted]
    singles = [each for each in hosted for _ in range(count)]
    assert cost_hosting(lots, RATES).exact == cost_hosting(singles, RATES).exact
    assert cost_storage(lots, RATES, "user").tokens == cost_storage(singles, RATES, "user").tokens


@given(
    st.lists(st.tuples(st.integers(-40, 40), st.integers(0, 10**6)), max_size=8),
    st.integers(1, 29),
)
def test_the_parts_of_a_month_make_up_the_month(changes: list[tuple[int, int]], day: int) -> None:
    dated = [(START + timedelta(days=days, hours=7), quantity) for days, quantity in changes]
    cut = START + timedelta(days=day)
    parts = day * time_weighted(dated, START, cut) + (30 - day) * time_weighted(dated, cut, END)
    assert parts == 30 * time_weighted(dated, START, END)


@given(st.fractions(0, 10**9))
def test_halves_go_up(exact: Fraction) -> None:
    assert Fraction(-1, 2) < round_half_up(exact) - exact <= Fraction(1, 2)
