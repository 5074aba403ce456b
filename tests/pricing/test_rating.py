from __future__ import annotations

from decimal import Decimal

import pytest

from apps.core.errors import ValidationError
from apps.pricing.compiling import Exchange
from apps.pricing.rating import round_half_away
from tests.pricing.building import MILLION, a_rate, an_option, price_of

DURATION = an_option("duration", "multiply", {"0": "1", "5": "1.5", "10": "2"}, "bands")
QUALITY = an_option("quality", "multiply", {"standard": "1", "fast": "0.8", "high": "1.5"})


def test_cost_becomes_tokens_with_margin_and_token_price() -> None:
    rate = a_rate([{"unit": "request", "base_cost": "0.002"}], margin="20")
    # 3 × 0.002 $ × 1.2 ÷ 0.01 $ = 0.72 tokens
    price = price_of(rate, {"request": 3})
    assert price.micro == 720_000
    line = price.lines[0]
    assert (line.label, line.quantity, line.unit, line.base_cost, line.margin) == (
        "Request",
        "3",
        "request",
        "0.002",
        "20",
    )


def test_a_price_in_tokens_carries_no_margin() -> None:
    price = price_of(a_rate([{"unit": "image", "tokens": "25"}], margin="20"), {"image": 2})
    assert price.micro == 50 * MILLION
    assert price.lines[0].margin is None
    assert price.lines[0].base_cost is None


def test_dollars_are_divided_by_the_exchange_rate_without_rounding() -> None:
    rate = a_rate(
        [{"unit": "request", "base_cost": "1"}], exchange=Exchange(7, "EUR", "USD", "1.15"), margin="15"
    )
    # 1 $ ÷ 1.15 × 1.15 ÷ 0.01 € = 100 tokens exactly
    price = price_of(rate, {"request": 1})
    assert price.micro == 100 * MILLION
    assert price.lines[0].label == "Request (1 EUR = 1.15 USD)"
    assert rate.exchange_rate_id == 7


def test_a_quantity_of_zero_writes_no_line() -> None:
    rate = a_rate([{"unit": "image", "tokens": "10"}, {"unit": "minute", "tokens": "1"}])
    assert [line.unit for line in price_of(rate, {"image": 0, "minute": 1}).lines] == ["minute"]
    assert price_of(rate, {"image": 0}).lines == ()


@pytest.mark.parametrize(
    ("context", "cost"),
    [(200_000, "0.000001"), (200_001, "0.000002")],
    ids=["at the size", "above the size"],
)
def test_a_long_context_prices_the_whole_request(context: int, cost: str) -> None:
    rate = a_rate(
        [
            {
                "unit": "input_token",
                "base_cost": "0.000001",
                "tiers": [{"above": "200000", "base_cost": "0.000002"}],
            },
            {"unit": "output_token", "base_cost": "0.00001"},
        ]
    )
    lines = price_of(rate, {"input_token": context, "output_token": 1}).lines
    assert [line.base_cost for line in lines] == [cost, "0.00001"]


def test_the_highest_size_that_is_exceeded_counts() -> None:
    tiers = [{"above": "100", "base_cost": "2"}, {"above": "200", "base_cost": "3"}]
    rate = a_rate([{"unit": "row", "base_cost": "1", "tiers": tiers}])
    costs = [price_of(rate, {"row": rows}).lines[0].base_cost for rows in (100, 101, 200, 201)]
    assert costs == ["1", "2", "2", "3"]


def test_factors_work_in_declared_order_on_exact_values() -> None:
    rate = a_rate(
        [{"unit": "image", "tokens": "0.0000005"}],
        options=[
            an_option("size", "add", {"large": "0.0000003"}),
            an_option("quality", "multiply", {"high": "3"}),
        ],
    )
    # exact lines 0.5, 0.3 and 1.6 micro-tokens, each rounded when it is written
    assert [line.micro for line in price_of(rate, {"image": 1}).lines] == [1, 0, 2]


def test_a_surcharge_is_per_first_unit() -> None:
    rate = a_rate([{"unit": "image", "tokens": "10"}], options=[an_option("size", "add", {"large": "5"})])
    assert price_of(rate, {"image": 3}).micro == 45 * MILLION


def test_neutral_factors_write_no_line() -> None:
    options = [QUALITY, an_option("resolution", "add", {"512x512": "0"})]
    assert (
        len(price_of(a_rate([{"unit": "image", "tokens": "10"}], options=options), {"image": 1}).lines) == 1
    )


def test_a_discount_factor_is_a_negative_line() -> None:
    price = price_of(
        a_rate([{"unit": "image", "tokens": "10"}], options=[QUALITY]), {"image": 1}, quality="fast"
    )
    assert [line.micro for line in price.lines] == [10 * MILLION, -2 * MILLION]
    assert price.lines[1].label == "quality fast (×0.8)"


@pytest.mark.parametrize(
    ("duration", "tokens"),
    [
        (0, 40),
        ("4.999999", 40),
        (5, 60),
        ("7", 60),
        (Decimal("9.5"), 60),
        (10, 80),
        ("10.000", 80),
        (500, 80),
    ],
)
def test_bands_include_their_lower_bound(duration: object, tokens: int) -> None:
    rate = a_rate([{"unit": "video", "tokens": "40"}], options=[DURATION])
    assert price_of(rate, {"video": 1}, duration=duration).micro == tokens * MILLION


def test_a_small_charge_is_raised_to_the_minimum() -> None:
    rate = a_rate([{"unit": "request", "tokens": "0.4"}], minimum_charge="1")
    price = price_of(rate, {"request": 1})
    assert [line.micro for line in price.lines] == [400_000, 600_000]
    assert price_of(rate, {"request": 3}).micro == 1_200_000
    assert price_of(rate, {"request": 0}).micro == 0


def test_the_minimum_is_met_exactly_whatever_was_rounded() -> None:
    units = [{"unit": unit, "tokens": "0.3333333"} for unit in ("a", "b")]
    assert price_of(a_rate(units, minimum_charge="1"), {"a": 1, "b": 1}).micro == MILLION


@pytest.mark.parametrize(("amount", "whole"), [(5, 1), (4, 0), (15, 2), (-5, -1), (-4, 0), (-15, -2)])
def test_halves_are_rounded_away_from_zero(amount: int, whole: int) -> None:
    assert round_half_away(amount, 10) == whole


def test_options_left_out_take_their_default_and_values_are_canonical() -> None:
    rate = a_rate([{"unit": "video", "tokens": "40"}], options=[DURATION, QUALITY])
    assert rate.clean({}, {}) == {"duration": "0", "quality": "standard"}
    assert rate.clean({}, {"quality": "high", "duration": "07.50"}) == {"duration": "7.5", "quality": "high"}


@pytest.mark.parametrize(
    "value", [True, None, 1.5, "-1", "1e3", "", "7,5", "٧", Decimal("NaN"), 10**13, [], {}]
)
def test_a_band_takes_plain_numbers_only(value: object) -> None:
    rate = a_rate([{"unit": "video", "tokens": "40"}], options=[DURATION])
    with pytest.raises(ValidationError) as raised:
        rate.clean({}, {"duration": value})
    assert list(raised.value.errors) == ["options.duration"]


@pytest.mark.parametrize("value", [True, None, 1, "High", "high ", [], {}])
def test_a_list_takes_its_exact_texts_only(value: object) -> None:
    with pytest.raises(ValidationError) as raised:
        a_rate([{"unit": "image", "tokens": "1"}], options=[QUALITY]).clean({}, {"quality": value})
    assert list(raised.value.errors) == ["options.quality"]


def test_every_unknown_name_is_reported_by_its_field() -> None:
    with pytest.raises(ValidationError) as raised:
        a_rate([{"unit": "image", "tokens": "1"}]).clean({"page": 1, "image": 1}, {"colour": "red"})
    assert set(raised.value.errors) == {"quantities.page", "options.colour"}
