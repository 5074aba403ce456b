"""How units are called in what people read."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

UNITS = {
    "input_token": gettext_noop("input token"),
    "cached_input_token": gettext_noop("cached input token"),
    "cache_write_token": gettext_noop("cache write token"),
    "output_token": gettext_noop("output token"),
    "request": gettext_noop("request"),
    "embedding": gettext_noop("embedding"),
    "row": gettext_noop("row"),
    "participant_minute": gettext_noop("participant and minute"),
    "image": gettext_noop("image"),
    "video": gettext_noop("video"),
    "clip": gettext_noop("clip"),
    "minute": gettext_noop("minute"),
    "submission": gettext_noop("submission"),
    "attempt": gettext_noop("attempt"),
}
PER_MILLION = {
    "input_token": gettext_noop("per million input tokens"),
    "cached_input_token": gettext_noop("per million cached input tokens"),
    "cache_write_token": gettext_noop("per million tokens written to the cache"),
    "output_token": gettext_noop("per million output tokens"),
}


def unit_name(unit: str) -> str:
    """A unit's name; a unit that nobody named is called by its code."""
    return _(UNITS.get(unit, unit.replace("_", " ")))


def per_unit(unit: str, per: int) -> str:
    """``per image``, and for small units ``per million input tokens``; `per` is 1 or a million."""
    if per == 1:
        return _("per %(unit)s") % {"unit": unit_name(unit)}
    if unit in PER_MILLION:
        return _(PER_MILLION[unit])
    return _("per million × %(unit)s") % {"unit": unit_name(unit)}
