"""What every list of staff can do besides: be exported, and keep a search with its filters under a name."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import label_for_field, lookup_field
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import strip_tags

from apps.core.csv_files import Number, plain_cell
from apps.core.errors import NotFound, ValidationError
from apps.identity.models import User
from apps.staff.models import SavedFilter

MOST_ROWS = 50_000
"""A file has at most so many rows: the first ones of the list."""
MOST_SAVED = 20
NOT_KEPT = ("p", "all", "e", "_popup", "_to_field", "_facets")
"""Parts of an address that say where in a list somebody is, not what it shows."""


@dataclass(frozen=True, slots=True)
class Saved:
    id: int
    name: str
    url: str
    is_present: bool


@dataclass(frozen=True, slots=True)
class ListTools:
    """What is offered above a list."""

    label: str
    export_url: str
    saved: tuple[Saved, ...]
    query: str


def tools_for(request: HttpRequest) -> ListTools | None:
    """The tools of the list that the request shows; None where it shows none. One query."""
    match, user = request.resolver_match, request.user
    name = match.url_name or "" if match else ""
    if not name.endswith("_changelist") or not isinstance(user, User):
        return None
    app, _, model = name.removesuffix("_changelist").partition("_")
    here, query = reverse(f"admin:{name}"), kept_query(request.META.get("QUERY_STRING", ""))
    rows = SavedFilter.objects.filter(user=user, list_label=f"{app}.{model}").order_by("name")
    export = reverse("staff_export", args=[app, model])
    return ListTools(
        label=f"{app}.{model}",
        export_url=f"{export}?{query}" if query else export,
        saved=tuple(Saved(row.pk, row.name, f"{here}?{row.query}", row.query == query) for row in rows),
        query=query,
    )


def kept_query(query: str) -> str:
    """The query in one order, without where in the list somebody is."""
    pairs = [(name, value) for name, value in parse_qsl(query) if name not in NOT_KEPT]
    return urlencode(sorted(pairs))


def save_filter(*, user: User, label: str, name: str, query: str) -> SavedFilter:
    """Keep a query under a name, instead of an earlier one of that name; ValidationError says why not."""
    name, query = " ".join(name.replace("\x00", "").split()), kept_query(query.replace("\x00", ""))
    if not name or len(name) > 60:
        raise ValidationError({"name": ["Give it a name of at most 60 letters."]})
    if not query or len(query) > 1000:
        raise ValidationError({"query": ["Search or filter first; then what you see can be saved."]})
    others = SavedFilter.objects.filter(user=user, list_label=label).exclude(name=name)
    if others.count() >= MOST_SAVED:
        raise ValidationError({"name": [f"At most {MOST_SAVED} filters are kept for a list. Remove one."]})
    row, _made = SavedFilter.objects.update_or_create(
        user=user, list_label=label, name=name, defaults={"query": query}
    )
    return row


def remove_filter(*, user: User, filter_id: int) -> str:
    """Forget one of the person's own filters; the label of its list. NotFound for anybody else's."""
    row = SavedFilter.objects.filter(user=user, pk=filter_id).first()
    if row is None:
        raise NotFound
    row.delete()
    return row.list_label


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(pages: ModelAdmin[Any], changes: ChangeList) -> Iterator[str]:
    """The list as CSV, line by line, at most `MOST_ROWS` rows; no cell becomes a formula."""
    write = csv.writer(_Echo()).writerow
    names = [str(name) for name in changes.list_display if name != "action_checkbox"]
    yield write([plain_cell(str(label_for_field(name, changes.model, pages))) for name in names])
    rows: Iterable[Model] = changes.queryset[:MOST_ROWS].iterator(chunk_size=1000)
    for row in rows:
        yield write([plain_cell(_cell(name, row, pages)) for name in names])


def _cell(name: str, row: Model, pages: ModelAdmin[Any]) -> str:
    _field, _attribute, value = lookup_field(name, row, pages)
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None:
        return ""
    text = strip_tags(str(value))
    return Number(text) if name.startswith("shown_") else text
