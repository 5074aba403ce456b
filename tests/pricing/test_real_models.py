"""Ten real models, worked by hand: base cost × 1.2 ÷ 0.01 = × 120 tokens a dollar; in euro ÷ 1.15 too."""

from __future__ import annotations

import pytest

from apps.core.units import format_tokens, parse_quantity
from apps.pricing.selectors import find_rate
from tests.pricing.conftest import AT

pytestmark = pytest.mark.usefixtures("catalogue")

CASES = [
    # 1000 × 0.00000015 = 0.00015 $ → 0.018; 500 × 0.0000006 = 0.0003 $ → 0.036
    ("school", "gpt-4o-mini", {"input_token": 1000, "output_token": 500}, ["0.018", "0.036"]),
    # The same in euro: 0.018 ÷ 1.15 = 0.0156521…; 0.036 ÷ 1.15 = 0.0313043…
    ("campus", "gpt-4o-mini", {"input_token": 1000, "output_token": 500}, ["0.015652", "0.031304"]),
    # Cached: 10000 × 0.0000001 = 0.001 $ → 0.12; written: 2000 × 0.00000125 = 0.0025 $ → 0.3
    (
        "school",
        "claude-haiku-4-5",
        {"cached_input_token": 10_000, "cache_write_token": 2000},
        ["0.12", "0.3"],
    ),
    # At 200,000 the usual price: 200000 × 0.00000125 = 0.25 $ → 30; 1000 × 0.00001 = 0.01 $ → 1.2
    ("studio", "gemini-2.5-pro", {"input_token": 200_000, "output_token": 1000}, ["30", "1.2"]),
    # Above it: 200001 × 0.0000025 = 0.5000025 $ → 60.0003; 1000 × 0.000015 = 0.015 $ → 1.8
    ("studio", "gemini-2.5-pro", {"input_token": 200_001, "output_token": 1000}, ["60.0003", "1.8"]),
    # No cache-write price: the input's, 1000 × 0.00000125 = 0.00125 $ → 0.15
    ("studio", "gemini-2.5-pro", {"cache_write_token": 1000}, ["0.15"]),
    # Context 100000 + 150000 + 30000 > 272000: 0.000008, 0.0000008 and 0.00001 $
    # 0.8 $ → 96; 0.12 $ → 14.4; 0.3 $ → 36
    (
        "school",
        "gpt-5.6",
        {"input_token": 100_000, "cached_input_token": 150_000, "cache_write_token": 30_000},
        ["96", "14.4", "36"],
    ),
    # Output does not count as context: 100 × 0.000004 = 0.0004 $ → 0.048; 300000 × 0.00002 = 6 $ → 720
    ("school", "gpt-5.6", {"input_token": 100, "output_token": 300_000}, ["0.048", "720"]),
    # Bedrock above 200,000, in euro: 300000 × 0.000006 = 1.8 $ → 216 ÷ 1.15 = 187.8260869…
    ("campus", "anthropic.claude-sonnet-4-5-20250929-v1:0", {"input_token": 300_000}, ["187.826087"]),
    # Two sizes, above 32,000: 40000 × 0.000000135 = 0.0054 $ → 0.648; cached has no price of its own
    # there and keeps its base price: 1000 × 0.0000000081 = 0.0000081 $ → 0.000972
    (
        "school",
        "kyma/qwen3.7-flash",
        {"input_token": 40_000, "cached_input_token": 1000},
        ["0.648", "0.000972"],
    ),
    # … and above 256,000: 256001 × 0.00000027 = 0.06912027 $ → 8.2944324 → 8.294432
    ("school", "kyma/qwen3.7-flash", {"input_token": 256_001}, ["8.294432"]),
    # A model of mode responses, above 272,000: 300000 × 0.00006 = 18 $ → 2160; 10 × 0.00027 = 0.0027 → 0.324
    ("studio", "gpt-5.5-pro", {"input_token": 300_000, "output_token": 10}, ["2160", "0.324"]),
    # A model of mode completion: 7 × 0.0000015 = 0.0000105 $ → 0.00126; 3 × 0.000002 = 0.000006 → 0.00072
    ("school", "gpt-3.5-turbo-instruct", {"input_token": 7, "output_token": 3}, ["0.00126", "0.00072"]),
    # An explicit price of 0 for cached tokens is 0
    ("school", "coralbricks/glm-5.3", {"cached_input_token": 5000}, ["0"]),
    # Float noise: 0.0000029999900000000002 is kept to 18 decimals: 10^9 × 0.00000299999 = 2999.99 → 359998.8
    (
        "school",
        "databricks/databricks-claude-sonnet-4-1",
        {"input_token": 1_000_000_000},
        ["359998.8"],
    ),
]


@pytest.mark.parametrize(("book", "model", "quantities", "tokens"), CASES)
def test_real_prices(book: str, model: str, quantities: dict[str, int], tokens: list[str]) -> None:
    rate = find_rate(price_book=book, operation="chat", model=model, at=AT)
    micro = {unit: parse_quantity(number) for unit, number in quantities.items()}
    price = rate.price(micro, rate.clean(micro, {}))
    assert [format_tokens(line.micro) for line in price.lines] == tokens


def test_an_embedding_model_has_input_only() -> None:
    rate = find_rate(price_book="school", operation="embedding", model="text-embedding-3-small", at=AT)
    # 1000000 × 0.00000002 = 0.02 $ → 2.4
    assert rate.units == ("input_token",)
    assert format_tokens(rate.price({"input_token": 10**12}, {}).micro) == "2.4"
