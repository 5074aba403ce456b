"""How amounts, money and instants are written on pages: by the reader's locale, with a real minus.

Pure but for the active language. Amounts are micro-tokens, money is in minor units of two decimals.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.units import MICRO

CENT = MICRO // 100
MINUS = "\N{MINUS SIGN}"
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£"}


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount in the parts that pages set differently: ``−``, ``1,234``, ``.50``, ``1700``."""

    sign: str
    whole: str
    fraction: str
    trail: str

    def __str__(self) -> str:
        return f"{self.sign}{self.whole}{self.fraction}{self.trail}"


def places_for(amounts: Iterable[int]) -> int:
    """So many decimals show all the amounts exactly: 0, 2 or 6."""
    listed = list(amounts)
    if any(amount % CENT for amount in listed):
        return 6
    return 2 if any(amount % MICRO for amount in listed) else 0


def column_places(amounts: Iterable[int]) -> int:
    """Decimals of a column that is no sum: two where some amount has any, else none."""
    return min(places_for(amounts), 2)


def sum_places(amounts: Iterable[int], total: int) -> int:
    """Decimals of a column that ends with its sum: two where what is shown then adds up, else all six.

    A reader who adds the lines must come to the sum below them, to the last digit.
    """
    listed = list(amounts)
    places = places_for([*listed, total])
    if places < 6:
        return places
    shown = [_rounded(amount, 2) * (-1 if amount < 0 else 1) for amount in (*listed, total)]
    nothing_lost = all(rounded or not amount for rounded, amount in zip(shown, (*listed, total), strict=True))
    return 2 if nothing_lost and sum(shown[:-1]) == shown[-1] else 6


def figure(micro: int, places: int | None = None, *, plus: bool = False) -> Figure:
    """An amount with 0, 2 or 6 decimals; without `places` two where there are some.

    What is too small for two decimals keeps all its own: nothing is shown as zero that is not.
    """
    places = column_places([micro]) if places is None else places
    if places < 6 and micro and not _rounded(micro, places):
        places = 6
    scaled = _rounded(micro, places)
    whole, rest = divmod(scaled, 10**places)
    digits = f"{rest:0{places}d}" if places else ""
    point = formats.get_format("DECIMAL_SEPARATOR") if digits else ""
    sign = MINUS if micro < 0 else "+" if plus and micro > 0 else ""
    return Figure(sign, _grouped(whole), f"{point}{digits[:2]}", digits[2:])


def _rounded(micro: int, places: int) -> int:
    """The size in units of the last place, half away from zero."""
    unit = MICRO // 10**places
    return int((abs(micro) + unit // 2) // unit)


def _grouped(whole: int) -> str:
    separator = formats.get_format("THOUSAND_SEPARATOR")
    return f"{whole:,}".replace(",", str(separator))


def count(number: int) -> str:
    """A whole number of things: ``1,650``."""
    return f"{MINUS if number < 0 else ''}{_grouped(abs(number))}"


def money(micro: int, token_price_minor: int, currency: str) -> str:
    """What tokens are worth at their price, rounded to the minor unit: ``€45.68``."""
    minor = (abs(micro) * token_price_minor + MICRO // 2) // MICRO
    whole, rest = divmod(minor, 100)
    amount = f"{_grouped(whole)}{formats.get_format('DECIMAL_SEPARATOR')}{rest:02d}"
    sign = MINUS if micro < 0 and minor else ""
    symbol = SYMBOLS.get(currency)
    if symbol is None:
        return f"{sign}{amount} {currency}"
    # Translators: an amount of money with the currency's sign, such as €45.68
    return sign + _("%(symbol)s%(amount)s") % {"symbol": symbol, "amount": amount}


def percent(part: int, whole: int) -> str:
    """`part` of `whole` in percent for SVG geometry, such as ``33.97%``; from 0 to 100."""
    if whole <= 0:
        return "0%"
    hundredths = min(max(part, 0) * 10_000 // whole, 10_000)
    return f"{hundredths // 100}.{hundredths % 100:02d}%"


def filled(used: int, whole: int | None) -> str:
    """How full a bar is; one of nothing at all is full."""
    return percent(used, whole) if whole else "100%"


def share(part: int, whole: int) -> str:
    """`part` of `whole` to read: ``62 %``, ``under 1 %``; a dash where there is no whole."""
    if whole <= 0:
        return "\N{EN DASH}"
    percents = (max(part, 0) * 100 + whole // 2) // whole
    if percents == 0 and part > 0:
        return _("under 1 %%") % {}
    return _("%(percent)d %%") % {"percent": percents}


def day_name(day: date) -> str:
    """``1 Dec``."""
    # Translators: Django date format of a day in the present year: 1 Dec
    return formats.date_format(day, _("j M"))


def month_name(day: date) -> str:
    """``November``."""
    return formats.date_format(day, "F")


def month_short(day: date) -> str:
    """``Nov``."""
    return formats.date_format(day, "M")


def month_and_year(day: date) -> str:
    """``November 2026``."""
    return formats.date_format(day, "F Y")


def clock_time(local: datetime) -> str:
    """``17:20``."""
    return f"{local:%H:%M}"


def days_span(first: date, last: date) -> str:
    """``1 to 21 Oct``, or ``1 Oct`` for one day."""
    if first == last:
        return day_name(last)
    # Translators: days of one month: 1 to 21 Oct
    return _("%(first)d to %(last)s") % {"first": first.day, "last": day_name(last)}


def days_between(first: date, last: date) -> str:
    """``1 Nov``, ``26 Oct to 24 Nov``, ``1 Dec 2025 to 24 Nov 2026`` where the years differ."""
    if first == last:
        return day_name(first)
    write = day_name if first.year == last.year else day_and_year
    # Translators: the first and the last of some days: 26 Oct to 24 Nov
    return _("%(first)s to %(last)s") % {"first": write(first), "last": write(last)}


def day_and_year(day: date) -> str:
    """``1 Dec 2025``."""
    # Translators: Django date format of a day in any year: 1 Dec 2025
    return formats.date_format(day, _("j M Y"))


def time_left(instant: datetime, at: datetime, zone: ZoneInfo) -> str:
    """``in 9 days``, ``in 3 hours``, ``in 12 minutes``: whole local days from tomorrow on."""
    local, today = instant.astimezone(zone), at.astimezone(zone)
    days = (local.date() - today.date()).days
    left = instant - at
    if days >= 1 and left >= timedelta(hours=12):
        return ngettext("in %(count)d day", "in %(count)d days", days) % {"count": days}
    hours = int(left / timedelta(hours=1))
    if hours >= 1:
        return ngettext("in %(count)d hour", "in %(count)d hours", hours) % {"count": hours}
    minutes = max(int(left / timedelta(minutes=1)), 1)
    return ngettext("in %(count)d minute", "in %(count)d minutes", minutes) % {"count": minutes}


def deadline(instant: datetime, at: datetime, zone: ZoneInfo) -> str:
    """``in 9 days (1 Dec, 00:00 Europe/Brussels)``."""
    local = instant.astimezone(zone)
    return _("%(left)s (%(day)s, %(time)s %(zone)s)") % {
        "left": time_left(instant, at, zone),
        "day": day_name(local.date()),
        "time": clock_time(local),
        "zone": zone.key,
    }
