"""What an organisation would pay, as a page: the lines of a month, what to buy, what the budget decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import figures
from apps.core.units import MICRO
from apps.portal.calculator.buying import Buying, load_buying
from apps.portal.calculator.scenario import AskedScenario
from apps.portal.calculator.typed import NumberField
from apps.pricing.hosting import GIGABYTE, Exact, HostingLine, HostingRates
from apps.pricing.models import Example, PriceBook
from apps.pricing.planning import Plan, plan_organisation, uses_for, with_budget
from apps.pricing.selectors import example_price, find_hosting_rates

AVERAGE = "average_conversation"
STEPS = (Fraction(2, 5), Fraction(3, 5), Fraction(1), Fraction(8, 5))
"""The amounts per member that are compared, as multiples of the one typed."""


@dataclass(frozen=True, slots=True)
class CostLine:
    """A line of the month: whole `tokens`, and the lines that show how they come about."""

    label: str
    tokens: int
    whys: tuple[str, ...]

    @property
    def micro(self) -> int:
        return self.tokens * MICRO


@dataclass(frozen=True, slots=True)
class Step:
    """The month with another amount per member; `width` is the bar's length in percent."""

    budget: str
    uses: int | None
    micro: int
    month: str
    width: str
    current: bool


@dataclass(frozen=True, slots=True)
class Result:
    """A scenario worked out; money as text, tokens in micro-tokens."""

    micro: int
    month: str
    year: str
    lines: tuple[CostLine, ...]
    uses: int | None
    buying: tuple[Buying, ...]
    hint: str
    talk: str
    finding: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class OrganisationPage:
    """The organisation calculator; `result` is None while a field is wrong. `each` costs one conversation."""

    book: PriceBook
    books: tuple[PriceBook, ...]
    fields: dict[str, NumberField]
    rates: HostingRates
    each: int
    result: Result | None
    link: str

    @property
    def symbol(self) -> str:
        """The sign of the currency, or its code."""
        return figures.SYMBOLS.get(self.book.currency, self.book.currency)

    @property
    def token_price(self) -> str:
        return money(self.book.token_price_minor, self.book)

    @property
    def free_gigabytes(self) -> str:
        return gigabytes(Fraction(self.rates.free_bytes.get("organisation", 0)))


def load_organisation_page(
    book: PriceBook, books: tuple[PriceBook, ...], asked: AskedScenario, at: datetime
) -> OrganisationPage:
    """Work out what is asked for by the price book's rates of today; NoPrice if it has none."""
    rates = find_hosting_rates(price_book=book.code, at=at)
    each = _conversation(book.code, at)
    plan = asked.scenario and plan_organisation(asked.scenario, rates, book.token_price_minor)
    return OrganisationPage(
        book=book,
        books=books,
        fields=asked.fields,
        rates=rates,
        each=each,
        result=_result(plan, book, rates, each) if plan else None,
        link=f"{reverse('calculator')}?{asked.link(book.code)}",
    )


def money(minor: int, book: PriceBook) -> str:
    """An amount of the book's money as text."""
    return figures.money(minor * MICRO, 1, book.currency)


def gigabytes(stored: Exact, places: int = 0) -> str:
    """Bytes as gigabytes with at least so many decimals, to three."""
    micro = int(Fraction(stored) * MICRO / GIGABYTE)
    shown = figures.figure(micro, 2 if micro % MICRO else 0)
    text = str(shown)
    return str(figures.figure(micro, 2))[:-1] if places == 1 and not micro % MICRO else text


def _conversation(book: str, at: datetime) -> int:
    """What an average conversation costs, in micro-tokens; 0 where no example says so."""
    codes = list(
        Example.objects.filter(operation__price_book=book, operation__code="chat")
        .order_by("position")
        .values_list("code", flat=True)
    )
    code = AVERAGE if AVERAGE in codes else next(iter(codes), None)
    price = code and example_price(price_book=book, operation="chat", code=code, at=at)
    return price.micro if price else 0


def _result(plan: Plan, book: PriceBook, rates: HostingRates, each: int) -> Result:
    buying = load_buying(plan, book)
    steps = _steps(plan, book, each)
    return Result(
        micro=plan.tokens * MICRO,
        month=money(plan.month_minor, book),
        year=money(plan.year_minor, book),
        lines=(_hosting(plan), _storage(plan), _members(plan, book)),
        uses=uses_for(plan.scenario.budget_minor, book.token_price_minor, each) if each else None,
        buying=buying.offers,
        hint=buying.hint,
        talk=buying.talk,
        finding=_finding(plan),
        steps=steps,
    )


def _hosting(plan: Plan) -> CostLine:
    whys = tuple(_kind(line) for line in plan.hosting.lines if line.hosted.count)
    return CostLine(_("Hosting"), plan.hosting.tokens, whys or (_("No campus and no course"),))


def _kind(line: HostingLine) -> str:
    if line.hosted.kind == "campus":
        billable = ngettext("%(count)s billable campus", "%(count)s billable campuses", line.billable)
    else:
        billable = ngettext("%(count)s billable course", "%(count)s billable courses", line.billable)
    billable %= {"count": figures.figure(line.billable * MICRO)}
    if not line.billable:
        return _("%(billable)s: within the free ones") % {"billable": billable}
    # Translators: 1 billable campus × 75 members × 10 = 750
    return _("%(billable)s × %(members)s members × %(rate)s = %(tokens)s") % {
        "billable": billable,
        "members": figures.figure(int(line.hosted.members * MICRO)),
        "rate": figures.figure(line.rate.micro_per_member),
        "tokens": figures.figure(int(line.exact * MICRO)),
    }


def _storage(plan: Plan) -> CostLine:
    storage = plan.storage
    pool = _("%(billable)s GB billable: %(stored)s GB hosted, %(free)s GB free pool") % {
        "billable": gigabytes(storage.billable, 1),
        "stored": gigabytes(storage.stored),
        "free": gigabytes(Fraction(storage.free)),
    }
    if not storage.exact:
        return CostLine(_("Storage"), storage.tokens, (pool,))
    parts = {
        "billable": gigabytes(storage.billable),
        "rate": figures.figure(storage.micro_per_gigabyte),
        "exact": figures.figure(int(storage.exact * MICRO)),
    }
    text = _("%(billable)s GB × %(rate)s = %(exact)s")
    if storage.exact.denominator != 1:
        text = _("%(billable)s GB × %(rate)s = %(exact)s, rounded")
    return CostLine(_("Storage"), storage.tokens, (pool, text % parts))


def _members(plan: Plan, book: PriceBook) -> CostLine:
    scenario = plan.scenario
    text = ngettext("%(count)s member × %(budget)s", "%(count)s members × %(budget)s", scenario.members)
    why = text % {
        "count": figures.figure(scenario.members * MICRO),
        "budget": money(scenario.budget_minor, book),
    }
    return CostLine(_("AI for members"), plan.member_tokens, (why,))


def _finding(plan: Plan) -> str:
    """The sentence above the comparison: what weighs most."""
    if not plan.tokens:
        return ""
    parts = {
        _("%(share)s %% of it is AI for members, so that number decides"): plan.member_tokens,
        _("%(share)s %% of it is hosting"): plan.hosting.tokens,
        _("%(share)s %% of it is storage"): plan.storage.tokens,
    }
    text, most = max(parts.items(), key=lambda part: part[1])
    return text % {"share": (100 * most + plan.tokens // 2) // plan.tokens}


def _steps(plan: Plan, book: PriceBook, each: int) -> tuple[Step, ...]:
    if not plan.member_tokens:
        return ()
    typed = plan.scenario.budget_minor
    budgets = sorted({max(int(typed * step), 1) for step in STEPS})
    plans = [with_budget(plan, budget) for budget in budgets]
    most = plans[-1].tokens
    return tuple(
        Step(
            budget=money(other.scenario.budget_minor, book),
            uses=uses_for(other.scenario.budget_minor, book.token_price_minor, each) if each else None,
            micro=other.tokens * MICRO,
            month=money(other.month_minor, book),
            width=figures.percent(other.tokens, most),
            current=other.scenario.budget_minor == typed,
        )
        for other in plans
    )
