"""What to buy for a plan: for a month, a quarter and a year, with what it saves and how long it lasts."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.core import figures
from apps.core.units import MICRO
from apps.pricing.models import PriceBook
from apps.pricing.planning import Plan, Purchase, purchase_for
from apps.pricing.schemes import Quote, Scheme, quote_money
from apps.pricing.selectors import find_scheme

SPANS = (
    (1, gettext_noop("One month, %(tokens)s tokens")),
    (3, gettext_noop("Three months, %(tokens)s tokens")),
    (12, gettext_noop("One year, %(tokens)s tokens")),
)


@dataclass(frozen=True, slots=True)
class Buying:
    """One offer: `pay` is empty where no single purchase is large enough."""

    label: str
    pay: str
    whys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offers:
    """The offers, a sentence about the next step of volume, and one for those who buy very much."""

    offers: tuple[Buying, ...] = ()
    hint: str = ""
    talk: str = ""


def load_buying(plan: Plan, book: PriceBook) -> Offers:
    """What to buy for the plan by the price book's scheme; nothing for a plan that costs nothing."""
    if not plan.tokens:
        return Offers()
    scheme = find_scheme(price_book=book.code)
    needs = [(months, text, plan.tokens * months) for months, text in SPANS]
    found = [(months, text, need, purchase_for(scheme, need)) for months, text, need in needs]
    offers = tuple(_offer(plan, book, *each) for each in found)
    return Offers(offers, _hint(scheme, found[0][3], book), _talk(book, [each[3] for each in found]))


def _offer(
    plan: Plan, book: PriceBook, months: int, text: str, need: int, purchase: Purchase | None
) -> Buying:
    label = _(text) % {"tokens": figures.figure(need * MICRO)}
    if purchase is None:
        return Buying(label, "", (_("More than one purchase can be. Talk to us."),))
    whys = [*_origin(purchase, book)]
    if purchase.tokens_micro > need * MICRO:
        whys.append(
            _("You get %(tokens)s tokens, enough for %(months)s months")
            % {
                "tokens": figures.figure(purchase.tokens_micro),
                "months": _tenths(purchase.tokens_micro, plan.tokens * MICRO),
            }
        )
    return Buying(label, _money(purchase.pay_minor, book), tuple(whys))


def _origin(purchase: Purchase, book: PriceBook) -> list[str]:
    """How the price comes about: the packages, or the volume with its discount or bonus."""
    quote, _number, code = purchase.quotes[0]
    if code:
        parts = [
            _("%(count)s × %(package)s (%(tokens)s tokens)")
            % {"count": number, "package": package, "tokens": figures.figure(each.tokens_micro)}
            for each, number, package in purchase.quotes
        ]
        return parts + ([_saves(purchase, book)] if purchase.saved_minor > 0 else [])
    if quote.bonus_micro_percent:
        return [
            _("%(base)s tokens and %(percent)s %% more as a bonus")
            % {
                "base": figures.figure(quote.base_tokens_micro),
                "percent": figures.figure(quote.bonus_micro_percent),
            }
        ]
    if not quote.discount_micro_percent:
        return []
    return [
        _("%(value)s less %(percent)s %%, saves %(saved)s")
        % {
            "value": _money(purchase.value_minor, book),
            "percent": figures.figure(quote.discount_micro_percent),
            "saved": _money(purchase.saved_minor, book),
        }
    ]


def _saves(purchase: Purchase, book: PriceBook) -> str:
    return _("Saves %(saved)s") % {"saved": _money(purchase.saved_minor, book)}


def _hint(scheme: Scheme, purchase: Purchase | None, book: PriceBook) -> str:
    """What the next step of volume would take and give."""
    quote = purchase.quotes[0][0] if purchase else None
    if quote is None or quote.next_tier is None:
        return ""
    start = quote.next_tier.from_minor
    better = quote_money(scheme, start)
    parts = {
        "more": _money(start - _base_minor(quote, scheme), book),
        "percent": figures.figure(better.discount_micro_percent or better.bonus_micro_percent),
        "tokens": figures.figure(better.tokens_micro),
        "pay": _money(better.pay_minor, book),
    }
    if scheme.kind == "bonus":
        text = _(
            "Buy for %(more)s more at once and the bonus is %(percent)s %%: %(tokens)s tokens for %(pay)s."
        )
    else:
        text = _("Buy for %(more)s more at once and you save %(percent)s %%: %(tokens)s tokens for %(pay)s.")
    return text % parts


def _base_minor(quote: Quote, scheme: Scheme) -> int:
    return quote.base_tokens_micro * scheme.token_price_minor // MICRO


def _talk(book: PriceBook, purchases: list[Purchase | None]) -> str:
    above = book.talk_above_minor
    if above is None or all(each and each.value_minor <= above for each in purchases):
        return ""
    return _("Above %(amount)s, talk to us before you buy.") % {"amount": _money(above, book)}


def _money(minor: int, book: PriceBook) -> str:
    return figures.money(minor * MICRO, 1, book.currency)


def _tenths(part: int, whole: int) -> str:
    """``1.3``: rounded down, so that nothing is promised too long."""
    whole_part, tenth = divmod(10 * part // whole, 10)
    point = formats.get_format("DECIMAL_SEPARATOR")
    return f"{figures.figure(whole_part * MICRO)}{point}{tenth}"
