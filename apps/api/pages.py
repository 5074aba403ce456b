"""Pages of lists: newest first, with an opaque cursor that says after which row the next page begins."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from apps.api.shapes.base import Schema, refuse
from apps.api.shapes.numbers import WholeInQuery
from apps.api.shapes.objects import Field, Fields, optional

LARGEST = 200
USUAL = 50
Row = TypeVar("Row")


class Cursor:
    """The place of a row in a list, as whole numbers; what they say is nobody's business outside."""

    def __init__(self, numbers: int) -> None:
        self.pattern = "-".join(["[0-9]{1,16}"] * numbers)

    def read(self, value: Any) -> tuple[int, ...]:
        if not re.fullmatch(self.pattern, value):
            refuse("Give the cursor of a page as it was answered.")
        return tuple(int(part) for part in value.split("-"))

    def schema(self) -> Schema:
        return {
            "type": "string",
            "pattern": f"^{self.pattern}$",
            "description": "`next` of the page before",
        }


def write_cursor(*numbers: int) -> str:
    """The numbers as a cursor."""
    return "-".join(map(str, numbers))


def page_query(name: str, fields: Mapping[str, Field], *, numbers: int = 1) -> Fields:
    """A list's parameters: its filters with `cursor` (of so many numbers) and `limit`."""
    paging = {
        "cursor": optional(Cursor(numbers)),
        "limit": optional(WholeInQuery(1, LARGEST), USUAL),
    }
    return Fields(name, {**fields, **paging})


def page(
    rows: Sequence[Row],
    limit: int,
    *,
    show: Callable[[Row], Any],
    place: Callable[[Row], tuple[int, ...]],
) -> dict[str, Any]:
    """A page of up to `limit` of the rows, which hold one more if there is a next page."""
    shown = rows[:limit]
    more = write_cursor(*place(shown[-1])) if len(rows) > limit else None
    return {"results": [show(row) for row in shown], "next": more}


def page_schema(item: Schema) -> Schema:
    """The JSON Schema of a page of such items."""
    return {
        "type": "object",
        "properties": {
            "results": {"type": "array", "items": item},
            "next": {"type": ["string", "null"], "description": "the next page's cursor"},
        },
        "required": ["results", "next"],
        "additionalProperties": False,
    }
