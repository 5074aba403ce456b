"""What a purchase costs and gives: volume discounts, bonus tokens, packages. Pure integers.

Money is in minor units, tokens in micro-tokens, percent in millionths.
Source of the rules: pricing.md, "Price books and volume schemes".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from apps.core.errors import ValidationError
from apps.core.units import MICRO, format_tokens, parse_plain

SchemeKind = Literal["discount", "bonus", "packages"]
_WHOLE = 100 * MICRO


@dataclass(frozen=True, slots=True)
class VolumeStep:
    """From `from_minor` on, included, `micro_percent` applies."""

    from_minor: int
    micro_percent: int


@dataclass(frozen=True, slots=True)
class PackageOffer:
    """So many tokens for so much money."""

    code: str
    tokens_micro: int
    price_minor: int


@dataclass(frozen=True, slots=True)
class Scheme:
    """How tokens of a price book are bought; `tiers` rise strictly."""

    price_book: str
    currency: str
    token_price_minor: int
    minimum_minor: int
    maximum_minor: int
    kind: SchemeKind
    tiers: tuple[VolumeStep, ...]
    packages: tuple[PackageOffer, ...]


@dataclass(frozen=True, slots=True)
class NextTier:
    """Buying from `from_minor` on would gain `gain_micro_percent` more than now."""

    from_minor: int
    gain_micro_percent: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What is paid and what one gets; `tokens_per_unit_micro` is per whole unit of the currency paid."""

    price_book: str
    currency: str
    pay_minor: int
    tokens_micro: int
    base_tokens_micro: int
    discount_micro_percent: int
    bonus_micro_percent: int
    tokens_per_unit_micro: int
    next_tier: NextTier | None


def parse_money(text: str) -> int:
    """Plain decimal text of at most two decimals as minor units; ValidationError (field ``money``)."""
    try:
        micro = parse_plain(text)
    except ValueError as error:
        raise ValidationError({"money": [str(error)]}) from None
    if micro % (MICRO // 100):
        raise ValidationError({"money": ["At most 2 decimals are possible."]})
    return micro * 100 // MICRO


def quote_money(scheme: Scheme, money_minor: int) -> Quote:
    """Quote a purchase of so much money before any discount; ValidationError (field ``money``)."""
    if scheme.kind == "packages":
        found = [offer for offer in scheme.packages if offer.price_minor == money_minor]
        return _quote_offer(scheme, found, "money")
    return _quote_volume(scheme, money_minor, "money")


def quote_tokens(scheme: Scheme, tokens_micro: int) -> Quote:
    """Quote a purchase of so many base tokens, before any bonus; ValidationError (field ``tokens``)."""
    if scheme.kind == "packages":
        found = [offer for offer in scheme.packages if offer.tokens_micro == tokens_micro]
        return _quote_offer(scheme, found, "tokens")
    money_minor, rest = divmod(tokens_micro * scheme.token_price_minor, MICRO)
    if rest:
        raise ValidationError({"tokens": ["Tokens are sold for whole minor units of money."]})
    return _quote_volume(scheme, money_minor, "tokens")


def quote_package(scheme: Scheme, code: str) -> Quote:
    """Quote a package; ValidationError (field ``package``)."""
    return _quote_offer(scheme, [offer for offer in scheme.packages if offer.code == code], "package")


def _quote_offer(scheme: Scheme, found: list[PackageOffer], field: str) -> Quote:
    if not found:
        offers = ", ".join(offer.code for offer in scheme.packages) or "none"
        raise ValidationError({field: [f"This fits no package. Packages: {offers}."]})
    offer = found[0]
    _check_range(scheme, offer.price_minor, field)
    return Quote(
        price_book=scheme.price_book,
        currency=scheme.currency,
        pay_minor=offer.price_minor,
        tokens_micro=offer.tokens_micro,
        base_tokens_micro=offer.tokens_micro,
        discount_micro_percent=0,
        bonus_micro_percent=0,
        tokens_per_unit_micro=_per_unit(offer.tokens_micro, offer.price_minor),
        next_tier=None,
    )


def _quote_volume(scheme: Scheme, money_minor: int, field: str) -> Quote:
    _check_range(scheme, money_minor, field)
    percent = max((tier.micro_percent for tier in scheme.tiers if tier.from_minor <= money_minor), default=0)
    discount, bonus = (percent, 0) if scheme.kind == "discount" else (0, percent)
    base = money_minor * MICRO // scheme.token_price_minor
    pay = _half_up(money_minor * (_WHOLE - discount), _WHOLE)
    tokens = _half_up(base * (_WHOLE + bonus), _WHOLE)
    following = next((tier for tier in scheme.tiers if tier.from_minor > money_minor), None)
    return Quote(
        price_book=scheme.price_book,
        currency=scheme.currency,
        pay_minor=pay,
        tokens_micro=tokens,
        base_tokens_micro=base,
        discount_micro_percent=discount,
        bonus_micro_percent=bonus,
        tokens_per_unit_micro=_per_unit(tokens, pay),
        next_tier=NextTier(following.from_minor, following.micro_percent - percent) if following else None,
    )


def _check_range(scheme: Scheme, money_minor: int, field: str) -> None:
    if scheme.minimum_minor <= money_minor <= scheme.maximum_minor:
        return
    least, most = (
        format_tokens(minor * MICRO // 100) for minor in (scheme.minimum_minor, scheme.maximum_minor)
    )
    raise ValidationError({field: [f"A purchase is from {least} to {most} {scheme.currency}."]})


def _per_unit(tokens_micro: int, pay_minor: int) -> int:
    return _half_up(tokens_micro * 100, pay_minor)


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
