"""What the admin's tables need on phones and in few words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from apps.staff.actions.fields import typed
from apps.support.roles import may

register = template.Library()
register.filter("typed", typed)
register.filter("may", may)


@register.filter
def labelled(cells: Iterable[SafeString], headers: list[Mapping[str, Any]]) -> list[SafeString]:
    """A row's cells, each with its column's title for narrow screens."""
    return [
        _with_label(cell, capfirst(str(header["text"]))) for cell, header in zip(cells, headers, strict=False)
    ]


def _with_label(cell: SafeString, label: str) -> SafeString:
    """The cell of a list as Django wrote it (escaped already), with one attribute more."""
    opening, rest = cell[:3], cell[3:]
    return SafeString(opening + format_html(' data-label="{}"', label) + rest)


@register.filter
def chosen(specs: Iterable[Any], changes: Any) -> list[str]:
    """What is chosen in the filters of a list, in words."""
    found = []
    for spec in specs:
        for place, choice in enumerate(spec.choices(changes)):
            if place and choice.get("selected"):
                found.append(f"{capfirst(spec.title)}: {choice['display']}")
    return found
