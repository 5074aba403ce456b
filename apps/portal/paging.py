"""Which page of a list is asked for."""

from __future__ import annotations

from collections.abc import Mapping


def page_number(query: Mapping[str, str]) -> int:
    """The page that a query asks for, the first where it makes no sense; at most 999,999."""
    typed = query.get("page", "1")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 7 and int(typed) else 1
