from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from apps.pricing.compiling import Exchange
from apps.pricing.exact import decimal_text
from tests.pricing import plain_model
from tests.pricing.building import a_rate

UNITS = ("input_token", "output_token", "request")


def numbers(top: int, places: int) -> st.SearchStrategy[str]:
    return st.decimals(0, top, places=places, allow_nan=False).map(decimal_text)


costs = numbers(2, 18)
tiers = st.lists(
    st.fixed_dictionaries({"above": st.integers(1, 1000).map(str), "base_cost": costs}),
    max_size=3,
    unique_by=lambda tier: tier["above"],
).map(lambda found: sorted(found, key=lambda tier: int(tier["above"])))
prices = st.one_of(
    st.fixed_dictionaries({"base_cost": costs, "tiers": tiers}),
    st.fixed_dictionaries({"tokens": numbers(50, 6)}),
)
factors = st.tuples(st.sampled_from(["multiply", "add"]), numbers(4, 2))


@given(
    components=st.lists(prices, min_size=1, max_size=3),
    chosen=st.lists(factors, max_size=3),
    amounts=st.lists(st.integers(0, 2_000_000_000), min_size=3, max_size=3),
    margin=numbers(100, 2),
    minimum=numbers(5, 6),
    euro=st.booleans(),
)
def test_a_price_is_the_sum_of_its_lines_and_what_the_plain_model_says(
    components: list[dict[str, Any]],
    chosen: list[tuple[str, str]],
    amounts: list[int],
    margin: str,
    minimum: str,
    euro: bool,
) -> None:
    named = [{"unit": unit, **price} for unit, price in zip(UNITS, components, strict=False)]
    options = [
        {"name": f"o{number}", "effect": effect, "kind": "list", "default": "x", "values": [["x", factor]]}
        for number, (effect, factor) in enumerate(chosen)
    ]
    context = [component["unit"] for component in named][:2]
    parts = {"margin": margin, "minimum_charge": minimum, "options": options, "context_units": context}
    exchange = Exchange(1, "EUR", "USD", "1.15") if euro else None
    rate = a_rate(named, exchange, **parts)
    quantities = dict(zip([component["unit"] for component in named], amounts, strict=False))
    price = rate.price(quantities, rate.clean(quantities, {}))
    spec = {"components": named, "units": [component["unit"] for component in named], **parts}
    expected = plain_model.plain_price(
        spec,
        {unit: Fraction(micro, 1_000_000) for unit, micro in quantities.items()},
        {f"o{number}": Fraction(factor) for number, (_, factor) in enumerate(chosen)},
        100 / Fraction("1.15") if euro else Fraction(100),
    )
    assert price.micro == sum(line.micro for line in price.lines)
    assert Fraction(price.micro, 1_000_000) == expected


@given(st.decimals(0, 10**9, allow_nan=False, allow_infinity=False))
def test_decimal_text_is_plain_and_within_half_a_step(value: Decimal) -> None:
    text = decimal_text(value)
    assert "e" not in text.lower()
    assert abs(Fraction(text) - Fraction(value)) <= Fraction(1, 2 * 10**18)


def test_the_plain_model_imports_nothing_from_the_apps() -> None:
    assert "apps" not in {
        line.split()[1].partition(".")[0]
        for line in Path(plain_model.__file__).read_text().splitlines()
        if line.startswith(("import ", "from "))
    }
