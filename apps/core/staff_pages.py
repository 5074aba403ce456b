"""What staff pages of the books have in common: read-only, quick, amounts as tokens, links."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy

from apps.core.errors import NotFound
from apps.core.units import format_tokens

if TYPE_CHECKING:
    AnyAdmin = admin.ModelAdmin[Any]
    AnyTable = admin.TabularInline[Any, Any]
    AnyPaginator = Paginator[Any]
else:
    AnyAdmin, AnyTable, AnyPaginator = admin.ModelAdmin, admin.TabularInline, Paginator

NOTHING = "–"


class ReadOnly:
    """May be looked at, not touched; so the page needs none of Django's scripts."""

    media = Media()

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class FirstPages(AnyPaginator):
    """Counts no further than people page: what lies deeper is found by search and filters.

    The keys of those pages are read once, and a page by its keys: where few rows match, the table is
    searched through for them once and not twice.
    """

    AT_MOST = 2_000

    @cached_property
    def keys(self) -> list[Any]:
        listed: Any = self.object_list
        return list(listed.values_list("pk", flat=True)[: self.AT_MOST])

    @cached_property
    def count(self) -> int:
        return len(self.keys)

    def page(self, number: int | str) -> Page[Any]:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        listed: Any = self.object_list
        rows = listed.model._default_manager.filter(pk__in=self.keys[first : first + self.per_page])
        rows.query.select_related = listed.query.select_related
        return Page(rows.order_by(*listed.query.order_by), number, self)

    @property
    def is_cut(self) -> bool:
        """Whether there may be more than was counted."""
        return bool(self.count >= self.AT_MOST)


class PagedList(ChangeList):
    """Takes even a list of one page by its keys, as its paginator does."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.show_all and not self.multi_page:
            self.result_list = self.paginator.page(1).object_list


class Explained(AnyAdmin):
    """A model whose page is drawn by `explain` instead of as a list of fields."""

    explain: Callable[[int], tuple[str, dict[str, Any]]]
    """Given by each page: the template's name and its context for a key; NotFound where nothing is."""

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Anything but looking is refused, as on every page of the books."""
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request):
            return super().change_view(request, object_id, form_url, extra_context)
        try:
            template, context = self.explain(int(object_id))
        except (NotFound, ValueError) as unknown:
            raise Http404 from unknown
        return render(request, template, {**self.admin_site.each_context(request), **context})


class LargeTableAdmin(ReadOnly, AnyAdmin):
    """A read-only list that stays quick at millions of rows.

    `find`, which every list has of its own, turns what was typed into the search box into a condition
    that an index answers.
    """

    find: Callable[[str], Q]
    paginator = FirstPages
    show_full_result_count = False
    list_per_page = 50
    actions = None
    sortable_by = ()
    search_fields = ("pk",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PagedList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.replace("\x00", "").strip()
        return (queryset.filter(self.find(term)) if term else queryset), False


def one_of(
    title: str, field: str, values: Iterable[str], condition: Callable[[str], Q] | None = None
) -> type[admin.SimpleListFilter]:
    """A filter over known values, which needs no look at the table; `condition` where an index needs more
    than that the field has the value.
    """
    known = list(values)

    class Known(admin.SimpleListFilter):
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return [(value, gettext(value.replace("_", " ").capitalize())) for value in known]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            chosen = self.value()
            if not chosen:
                return queryset
            return queryset.filter(condition(chosen) if condition else Q(**{field: chosen}))

    Known.title = gettext_lazy(title)
    return Known


def tokens(field: str, title: str) -> Callable[[Any, Any], str]:
    """A method that shows a model's micro-tokens as tokens, in a list or on a page."""

    @admin.display(description=title)
    def shown(_: Any, row: Any) -> str:
        return as_tokens(getattr(row, field))

    return shown


def as_tokens(micro: int | None) -> str:
    return NOTHING if micro is None else format_tokens(micro)


def link(place: str, key: object, text: object) -> SafeString | str:
    """A link to a staff page, such as ``ledger_transfer``; a dash without a key."""
    if key is None:
        return NOTHING
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{place}_change", args=[key]), text)


def links_to_list(place: str, query: str, text: str) -> SafeString:
    """A link to a filtered list; its text in the reader's language."""
    return format_html('<a href="{}?{}">{}</a>', reverse(f"admin:{place}_changelist"), query, gettext(text))


def as_lines(rows: Iterable[Sequence[object]]) -> SafeString | str:
    """Rows as lines of text, their parts separated by dots in the middle."""
    lines = [(format_html_join(" · ", "{}", ((part,) for part in row)),) for row in rows]
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", lines)) if lines else NOTHING
