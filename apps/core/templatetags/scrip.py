"""Amounts and icons in templates: `{{ micro|tokens }}`, `{{ micro|figure }}`, `{% icon "wallet" %}`."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core import figures

register = template.Library()


@register.filter
def tokens(micro: int, places: int | None = None) -> str:
    """An amount as text: ``1,650`` or ``1,650.50``; all decimals with `places` 6."""
    return str(figures.figure(micro, places))


@register.filter
def figure(micro: int) -> SafeString:
    """An amount set large, its fraction dimmed; what rounding leaves out is told on pointing at it."""
    parts = figures.figure(micro)
    rest = parts.fraction + parts.trail
    title = format_html(' title="{}"', figures.figure(micro, 6)) if micro % figures.CENT else ""
    fraction = format_html('<span class="fraction"{}>{}</span>', title, rest) if rest else ""
    return format_html("{}{}{}", parts.sign, parts.whole, fraction)


@register.filter
def column(micro: int, places: int) -> SafeString:
    """An amount in a column of so many decimals, those after the second dimmed."""
    return _set(figures.figure(micro, places))


@register.filter
def signed(micro: int, places: int) -> SafeString:
    """The same with a plus on what comes in."""
    return _set(figures.figure(micro, places, plus=True))


@register.filter
def count(number: int) -> str:
    """A whole number that is no amount: ``1,650``."""
    return figures.count(number)


@register.filter
def holds(place: str, path: str) -> bool:
    """Whether a path lies inside a place of the navigation; a wallet's own page holds none of the others."""
    is_root = place == "/wallet/" or (place.startswith("/orgs/") and place.count("/") == 3)
    return path == place or (path.startswith(place) and not is_root)


def _set(parts: figures.Figure) -> SafeString:
    trail = format_html('<span class="trail">{}</span>', parts.trail) if parts.trail else ""
    return format_html("{}{}{}{}", parts.sign, parts.whole, parts.fraction, trail)


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """A picture of the sprite (components/sprite.html); `size` may be ``tiny``."""
    classes = f"icon {size}".strip()
    return format_html('<svg class="{}" aria-hidden="true"><use href="#icon-{}"/></svg>', classes, name)


@register.simple_tag
def deadline(instant: datetime, at: datetime, zone: ZoneInfo) -> str:
    """When something ends, seen from `at`: ``in 9 days (1 Dec, 00:00 Europe/Brussels)``."""
    return figures.deadline(instant, at, zone)
