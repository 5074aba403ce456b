from __future__ import annotations

import pytest

from apps.core.errors import NotFound, ValidationError
from apps.core.units import format_tokens, parse_tokens
from apps.pricing.schemes import NextTier, parse_money, quote_money, quote_package, quote_tokens
from apps.pricing.selectors import find_scheme

pytestmark = pytest.mark.usefixtures("catalogue")


@pytest.mark.parametrize(
    ("book", "buy", "pay", "get"),
    [
        ("campus", "2", 200, "200"),
        ("campus", "9.99", 999, "999"),
        ("campus", "10", 950, "1000"),
        ("campus", "49.99", 4749, "4999"),
        ("campus", "100", 8500, "10000"),
        ("campus", "500", 40000, "50000"),
        ("campus", "1000", 75000, "100000"),
        ("campus", "5000", 350000, "500000"),
        ("school", "49.99", 4999, "4999"),
        ("school", "50", 5000, "5250"),
        ("school", "99.99", 9999, "10498.95"),
        ("school", "100", 10000, "10750"),
        ("school", "200", 20000, "22000"),
        ("studio", "19", 1900, "2000"),
    ],
)
def test_buy_pay_get(book: str, buy: str, pay: int, get: str) -> None:
    quote = quote_money(find_scheme(price_book=book), parse_money(buy))
    assert (quote.pay_minor, format_tokens(quote.tokens_micro)) == (pay, get)


@pytest.mark.parametrize(
    ("book", "buy"),
    [
        ("campus", "1.99"),
        ("school", "4.99"),
        ("campus", "0"),
        ("campus", "-5"),
        ("campus", "abc"),
        ("campus", "NaN"),
        ("campus", "10.001"),
        ("campus", "1000000000000000"),
        ("campus", "1000000.01"),
        ("studio", "20"),
    ],
)
def test_impossible_purchases_are_refused(book: str, buy: str) -> None:
    with pytest.raises(ValidationError) as raised:
        quote_money(find_scheme(price_book=book), parse_money(buy))
    assert list(raised.value.errors) == ["money"]


def test_tokens_ask_for_base_tokens_before_any_bonus() -> None:
    quote = quote_tokens(find_scheme(price_book="school"), parse_tokens("10000"))
    assert (quote.pay_minor, quote.base_tokens_micro, quote.tokens_micro) == (10_000, 10**10, 10_750 * 10**6)
    assert format_tokens(quote.tokens_per_unit_micro) == "107.5"
    with pytest.raises(ValidationError):
        quote_tokens(find_scheme(price_book="school"), parse_tokens("1000.5"))


def test_the_next_tier_says_what_more_it_gains() -> None:
    scheme = find_scheme(price_book="campus")
    assert quote_money(scheme, 200).next_tier == NextTier(1_000, 5_000_000)
    assert quote_money(scheme, 1_000).next_tier == NextTier(5_000, 5_000_000)
    assert quote_money(scheme, 500_000).next_tier is None


def test_a_package_is_quoted_by_its_code() -> None:
    scheme = find_scheme(price_book="studio")
    assert quote_package(scheme, "studio").pay_minor == 16_000
    assert quote_tokens(scheme, parse_tokens("500")).pay_minor == 500
    with pytest.raises(ValidationError):
        quote_package(scheme, "giant")
    with pytest.raises(NotFound):
        find_scheme(price_book="nowhere")
