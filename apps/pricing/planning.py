"""What an organisation would pay a month: hosting and storage as on its bills, and AI for its members.

Pure. Tokens are whole, as bills are; money is in minor units.
Source of the rules: pricing.md, "Calculators".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from apps.core.units import MICRO
from apps.pricing.hosting import (
    Hosted,
    HostingCost,
    HostingRates,
    StorageCost,
    cost_hosting,
    cost_storage,
    round_half_up,
)
from apps.pricing.schemes import Quote, Scheme, quote_money, quote_package

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Scenario:
    """An organisation as planned; members of a campus or course are averages, `budget_minor` is a month's."""

    campuses: int
    members_per_campus: Fraction
    courses: int
    members_per_course: Fraction
    members: int
    stored_bytes: int
    budget_minor: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a scenario costs a month; `tokens` is the sum of hosting, storage and `member_tokens`."""

    scenario: Scenario
    hosting: HostingCost
    storage: StorageCost
    member_tokens: int
    token_price_minor: int

    @property
    def tokens(self) -> int:
        """Whole tokens a month."""
        return self.hosting.tokens + self.storage.tokens + self.member_tokens

    @property
    def month_minor(self) -> int:
        """What they are worth, before any discount."""
        return self.tokens * self.token_price_minor

    @property
    def year_minor(self) -> int:
        """Twelve such months."""
        return MONTHS * self.month_minor


def plan_organisation(scenario: Scenario, rates: HostingRates, token_price_minor: int) -> Plan:
    """Work a scenario out with the functions of the monthly bills."""
    kinds = [
        Hosted("campus", scenario.members_per_campus, count=scenario.campuses),
        Hosted("course", scenario.members_per_course, count=scenario.courses),
    ]
    files = [Hosted("campus", Fraction(0), Fraction(scenario.stored_bytes))]
    return Plan(
        scenario=scenario,
        hosting=cost_hosting(kinds, rates),
        storage=cost_storage(files, rates, "organisation"),
        member_tokens=tokens_for(scenario.members * scenario.budget_minor, token_price_minor),
        token_price_minor=token_price_minor,
    )


def with_budget(plan: Plan, budget_minor: int) -> Plan:
    """The same plan with another amount of money per member and month."""
    scenario = replace(plan.scenario, budget_minor=budget_minor)
    tokens = tokens_for(scenario.members * budget_minor, plan.token_price_minor)
    return replace(plan, scenario=scenario, member_tokens=tokens)


def tokens_for(money_minor: int, token_price_minor: int) -> int:
    """How many whole tokens an amount of money is, a half up."""
    return round_half_up(Fraction(money_minor, token_price_minor))


def uses_for(money_minor: int, token_price_minor: int, micro_each: int) -> int | None:
    """How many uses of so many micro-tokens each an amount of money pays; None where they are free."""
    return money_minor * MICRO // (token_price_minor * micro_each) if micro_each else None


@dataclass(frozen=True, slots=True)
class Purchase:
    """What to buy: quotes, how often each, the package's code; and sums, `value_minor` undiscounted."""

    quotes: tuple[tuple[Quote, int, str], ...]
    pay_minor: int
    tokens_micro: int
    value_minor: int

    @property
    def saved_minor(self) -> int:
        """How much less is paid than the tokens are worth at the token price."""
        return self.value_minor - self.pay_minor


def purchase_for(scheme: Scheme, tokens: int) -> Purchase | None:
    """The least money that buys so many whole tokens; None for nothing, and beyond the largest purchase.

    A larger volume may cost less than a smaller one: then the larger one is the answer. Packages are
    combined, the largest first.
    """
    if tokens <= 0:
        return None
    if scheme.kind == "packages":
        return _packages_for(scheme, tokens)
    need = max(_least_money(scheme, tokens), scheme.minimum_minor)
    steps = [step.from_minor for step in scheme.tiers if step.from_minor > need]
    possible = [money for money in (need, *steps) if money <= scheme.maximum_minor]
    quotes = [(quote_money(scheme, money), money) for money in possible]
    enough = [pair for pair in quotes if pair[0].tokens_micro >= tokens * MICRO]
    if not enough:
        return None
    best, _ = min(enough, key=lambda pair: (pair[0].pay_minor, -pair[0].tokens_micro))
    return _purchase(scheme, ((best, 1, ""),))


def _least_money(scheme: Scheme, tokens: int) -> int:
    """The least amount, before a discount, whose tokens with their bonus are enough."""
    base = tokens * scheme.token_price_minor
    if scheme.kind == "discount":
        return base
    ends = [*(step.from_minor for step in scheme.tiers), None]
    starts = [(0, 0), *((step.from_minor, step.micro_percent) for step in scheme.tiers)]
    for (start, percent), end in zip(starts, ends, strict=True):
        whole = 100 * MICRO
        money = max(start, -(-base * whole // (whole + percent)))
        if end is None or money < end:
            return money
    return base


def _packages_for(scheme: Scheme, tokens: int) -> Purchase | None:
    offers = sorted(scheme.packages, key=lambda offer: -offer.tokens_micro)
    best: tuple[int, int, tuple[int, ...]] | None = None
    for counts in _fillings(tuple(offer.tokens_micro for offer in offers), tokens * MICRO):
        pay = sum(number * offer.price_minor for number, offer in zip(counts, offers, strict=True))
        got = sum(number * offer.tokens_micro for number, offer in zip(counts, offers, strict=True))
        if best is None or (pay, -got) < best[:2]:
            best = pay, -got, counts
    if best is None:
        return None
    chosen = tuple(
        (quote_package(scheme, offer.code), number, offer.code)
        for offer, number in zip(offers, best[2], strict=True)
        if number
    )
    return _purchase(scheme, chosen)


def _fillings(sizes: tuple[int, ...], need: int) -> list[tuple[int, ...]]:
    """Ways to reach a need: of each size as many as fit, then one more or the next sizes for the rest."""
    if not sizes:
        return []
    first, others = sizes[0], sizes[1:]
    fits, rest = divmod(need, first)
    nothing = (0,) * len(others)
    ways = [(fits + (1 if rest else 0), *nothing)]
    if rest:
        ways += [(fits, *way) for way in _fillings(others, rest)]
    return ways


def _purchase(scheme: Scheme, quotes: tuple[tuple[Quote, int, str], ...]) -> Purchase:
    tokens = sum(quote.tokens_micro * number for quote, number, _ in quotes)
    return Purchase(
        quotes=quotes,
        pay_minor=sum(quote.pay_minor * number for quote, number, _ in quotes),
        tokens_micro=tokens,
        value_minor=round_half_up(Fraction(tokens * scheme.token_price_minor, MICRO)),
    )
