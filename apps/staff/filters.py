"""Filters with fields to fill in: between two days, between two amounts. They need no look at the table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.units import parse_tokens


class Between(admin.ListFilter):
    """Two fields, `names` of the address, from which a condition follows; what cannot be read is left out."""

    template = "staff/list/between.html"
    names: tuple[str, str]
    kind: str

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.values = [self._taken(name, params) for name in self.names]

    @staticmethod
    def _taken(name: str, params: dict[str, Any]) -> str:
        value = params.pop(name, "")
        return str(value[-1] if isinstance(value, list) else value).strip()

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(self.names)

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        """What the template needs: the fields, and the other filters to keep."""
        kept = {name: value for name, value in changelist.params.items() if name not in (*self.names, "p")}
        yield {
            "fields": [
                {"name": self.names[0], "label": _("From"), "value": self.values[0], "kind": self.kind},
                {"name": self.names[1], "label": _("Until"), "value": self.values[1], "kind": self.kind},
            ],
            "kept": kept,
            "selected": False,
        }
        if any(self.values):
            yield {"selected": True, "display": " – ".join(value or "…" for value in self.values)}


class _Days(Between):
    title = gettext_lazy("days (UTC)")
    names = ("since", "until")
    kind = "date"
    field = ""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        since, until = (_day(value) for value in self.values)
        if since is not None:
            queryset = queryset.filter(**{f"{self.field}__gte": datetime.combine(since, time.min, UTC)})
        if until is not None and until < date.max:
            after = datetime.combine(until + timedelta(days=1), time.min, UTC)
            queryset = queryset.filter(**{f"{self.field}__lt": after})
        return queryset


def between_days(field: str) -> type[admin.ListFilter]:
    """A filter over the days, both included, of a field with instants."""
    return type("Days", (_Days,), {"field": field})


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class _Amounts(Between):
    title = gettext_lazy("tokens, in or out")
    names = ("least", "most")
    kind = "text"
    field = ""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        least, most = (_micro(value) for value in self.values)
        if least is not None:
            queryset = queryset.filter(
                Q(**{f"{self.field}__gte": least}) | Q(**{f"{self.field}__lte": -least})
            )
        if most is not None:
            queryset = queryset.filter(**{f"{self.field}__gte": -most, f"{self.field}__lte": most})
        return queryset


def between_amounts(field: str) -> type[admin.ListFilter]:
    """A filter over the size of an amount in tokens, whichever way it went."""
    return type("Amounts", (_Amounts,), {"field": field})


def _micro(text: str) -> int | None:
    try:
        return parse_tokens(text) if text else None
    except ValueError:
        return None
