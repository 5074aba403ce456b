from __future__ import annotations

import json

import pytest

from apps.pricing.file_tables import PriceFileError
from apps.pricing.price_list import parse_price_list
from apps.pricing.provider_prices import components, has_price, split_tier
from apps.pricing.services import SHIPPED_LIST

GOOD = """{
  "sample_spec": {"mode": "one of: chat, embedding", "input_cost_per_token": "a price"},
  "small": {
    "mode": "chat",
    "litellm_provider": "somebody",
    "input_cost_per_token": 1.5e-07,
    "output_cost_per_token": 0.00000060000000000000000049,
    "output_cost_per_image": 0.04,
    "max_tokens": 128000,
    "supports_vision": true,
    "tiered_pricing": [{"range": [0, 1], "input_cost_per_token": -1}]
  }
}"""


def test_prices_are_read_as_decimal_text_to_18_decimals() -> None:
    (model,) = parse_price_list(GOOD, "list.json").models
    assert (model.name, model.mode, model.provider) == ("small", "chat", "somebody")
    assert model.prices == {
        "input_cost_per_token": "0.00000015",
        "output_cost_per_token": "0.0000006",
        "output_cost_per_image": "0.04",
    }


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0.0000000000000000005", "0"),
        ("0.0000000000000000015", "0.000000000000000002"),
        ("0.0000000000000000025", "0.000000000000000002"),
        ("0", "0"),
        ("0.0", "0"),
        ("3", "3"),
        ("1e-6", "0.000001"),
    ],
)
def test_the_nineteenth_decimal_is_rounded_half_even(number: str, text: str) -> None:
    (model,) = parse_price_list(f'{{"m": {{"input_cost_per_token": {number}}}}}', "list.json").models
    assert model.prices["input_cost_per_token"] == text


def test_the_sample_is_skipped_and_what_is_unknown_is_counted() -> None:
    found = parse_price_list(GOOD, "list.json")
    assert found.tiered == 1
    assert found.ignored == {"max_tokens": 1, "supports_vision": 1}


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "list.json, line 1, column 1"),
        ("{", "list.json, line 1, column 2"),
        ("[]", "list.json, line 1: must be an object"),
        ("[" * 100_000, "list.json"),
        ('{"m": []}', "line 1, 'm': must be an object"),
        ('{"a": {},\n"m": {"mode": 1}}', "line 2, 'm', mode"),
        (
            '{"a": {},\n"m": {\n"input_cost_per_token": -1e-9}}',
            "line 3, 'm', input_cost_per_token: -1E-9 is negative",
        ),
        ('{"m": {"input_cost_per_token": "0.1"}}', "input_cost_per_token: must be a number"),
        ('{"m": {"input_cost_per_token": true}}', "input_cost_per_token: must be a number"),
        ('{"m": {"input_cost_per_token": NaN}}', "NaN"),
        ('{"m": {"input_cost_per_token": Infinity}}', "Infinity"),
        ('{"m": {"input_cost_per_token": 1e999999999}}', "absurdly large"),
        ('{"m": {"input_cost_per_token": ' + "9" * 100_000 + "}}", "absurdly large"),
        ('{"m": {"cache_read_input_token_cost_above_200k_tokens": -1}}', "above_200k_tokens: -1 is negative"),
        ('{"m": {}, "m": {}}', "'m' appears twice"),
        ('{"": {}}', "a model's name"),
        ('{"a\\u0000": {}}', "a model's name"),
        (json.dumps({"m" * 201: {}}), "a model's name"),
    ],
)
def test_a_malformed_list_says_where(text: str, where: str) -> None:
    with pytest.raises(PriceFileError) as raised:
        parse_price_list(text, "list.json")
    assert where in str(raised.value)


def test_a_price_of_null_is_missing() -> None:
    (model,) = parse_price_list('{"m": {"input_cost_per_token": null}}', "list.json").models
    assert model.prices == {}


@pytest.mark.parametrize(
    ("field", "parts"),
    [
        ("input_cost_per_token_above_200k_tokens", ("input_cost_per_token", 200_000)),
        ("output_cost_per_token_above_1m_tokens", ("output_cost_per_token", 1_000_000)),
        (
            "input_cost_per_token_above_200k_tokens_batches",
            ("input_cost_per_token_above_200k_tokens_batches", None),
        ),
        ("cache_creation_input_token_cost_above_1hr", ("cache_creation_input_token_cost_above_1hr", None)),
    ],
)
def test_a_field_names_its_size_of_context(field: str, parts: tuple[str, int | None]) -> None:
    assert split_tier(field) == parts


@pytest.mark.parametrize(
    ("prices", "chat", "embedding"),
    [
        ({}, False, False),
        ({"input_cost_per_token": "1"}, False, True),
        ({"input_cost_per_token": "1", "output_cost_per_token": "0"}, False, True),
        ({"input_cost_per_token": "0", "output_cost_per_token": "1"}, False, False),
        ({"input_cost_per_token": "1", "output_cost_per_token": "1"}, True, True),
    ],
)
def test_a_missing_or_zero_price_is_none(prices: dict[str, str], chat: bool, embedding: bool) -> None:
    assert has_price(prices, ("input_token", "output_token")) is chat
    assert has_price(prices, ("input_token",)) is embedding


def test_a_component_without_a_price_above_a_size_keeps_its_base_price() -> None:
    prices = {"input_cost_per_token": "1", "input_cost_per_token_above_200k_tokens": "2"}
    assert components(prices, ("input_token", "cached_input_token")) == [
        {"unit": "input_token", "base_cost": "1", "tiers": [{"above": "200000", "base_cost": "2"}]},
        {"unit": "cached_input_token", "base_cost": "1"},
    ]


def test_the_shipped_list_holds_all_4552_models_and_287_with_long_contexts() -> None:
    found = parse_price_list(SHIPPED_LIST.read_text(encoding="utf-8"), SHIPPED_LIST.name)
    chats = [model for model in found.models if model.mode in {"chat", "responses", "completion"}]
    long = [model for model in chats if any(split_tier(field)[1] for field in model.prices)]
    assert (len(found.models), len(chats), len(long)) == (4552, 3500, 287)
