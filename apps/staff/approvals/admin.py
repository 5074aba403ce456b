"""The list of proposals, and the addresses of everything staff can ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from apps.core.errors import NotFound
from apps.core.staff_pages import LargeTableAdmin, one_of, tokens
from apps.identity.models import User
from apps.staff.actions import views as actions
from apps.staff.approvals import views
from apps.staff.books.finding import number, wallets_of
from apps.staff.views import show
from apps.support.kinds import kind_of
from apps.support.models import Proposal
from apps.support.roles import Action, may

if TYPE_CHECKING:
    from django.contrib.admin.filters import _ListFilterChoices

ALL = "all"


class BeginsAt(admin.SimpleListFilter):
    """A filter that holds from the beginning: `first` is its value where the address has none."""

    first = ""
    values: tuple[tuple[str, Any], ...] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*self.values, (ALL, _("All"))]

    def value(self) -> str:
        return super().value() or self.first

    def choices(self, changelist: Any) -> Iterator[_ListFilterChoices]:
        for value, words in self.lookup_choices:
            yield {
                "selected": self.value() == str(value),
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": words,
            }


class StateFilter(BeginsAt):
    title = _("state")
    parameter_name = "state"
    first = Proposal.State.OPEN.value
    values = tuple(Proposal.State.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == ALL else queryset.filter(state=self.value())


KINDS = (
    "adjust_wallet",
    "book_payment",
    "freeze_wallet",
    "unfreeze_wallet",
    "mark_unlimited",
    "unmark_unlimited",
    "refund_charge",
    "release_charge",
    "publish_rate",
    "load_price_file",
    "void_bill",
    "set_free_grant",
    "add_account_type",
    "define_plan",
    "retire_plan",
    "assign_plan",
    "set_default_limit",
)


@admin.register(Proposal)
class ProposalAdmin(LargeTableAdmin):
    """What was asked for, with the pages on which staff ask."""

    shown_tokens = tokens("tokens_micro", "tokens")
    list_display = ("what", "shown_tokens", "requested_by", "requested_at", "state", "decided_by", "reason")
    list_select_related = ("requested_by", "decided_by")
    list_filter = (StateFilter, one_of("kind", "kind", KINDS))
    ordering = ("-id",)
    search_help_text = _("A charge's number, an e-mail address, a name, an id")

    def find(self, term: str) -> Q:
        found = number(term)
        if found is not None:
            return Q(charge_id=found[1]) | Q(transfer_number=found[1])
        return Q(wallet_id__in=wallets_of(term))

    @admin.display(description=_("what"))
    def what(self, row: Proposal) -> str:
        """The effect in one sentence, as it was shown."""
        return format_html("{}", row.effect.get("title") or kind_of(row.kind).name)

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return may(request.user, Action.READ)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        user = request.user
        if request.method not in ("GET", "HEAD") or not may(user, Action.READ) or not isinstance(user, User):
            return super().change_view(request, object_id, form_url, extra_context)
        try:
            page = views.load_approval_page(int(object_id), user)
        except (NotFound, ValueError) as unknown:
            raise Http404 from unknown
        return show(request, "approval", page.view.effect.title, page=page)

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        addresses = [
            ("wallet/<int:key>/adjust/", actions.adjust_wallet, "adjust_wallet"),
            ("wallet/<int:key>/payment/", actions.book_payment, "book_payment"),
            ("wallet/<int:key>/freeze/", actions.freeze_wallet, "freeze_wallet"),
            ("wallet/<int:key>/afterwards/", actions.pay_afterwards, "pay_afterwards"),
            ("wallet/<int:key>/note/", actions.note_wallet, "note_wallet"),
            ("charge/<int:key>/refund/", actions.refund_charge, "refund_charge"),
            ("charge/<int:key>/release/", actions.release_charge, "release_charge"),
            ("bill/<int:key>/void/", actions.void_bill, "void_bill"),
            ("grant/<slug:key>/", actions.set_grant, "set_grant"),
            ("account-type/", actions.add_account_type, "add_account_type"),
            ("plan/", actions.define_plan, "new_plan"),
            ("plan/<slug:key>/", actions.define_plan, "change_plan"),
            ("plan/<slug:key>/retire/", actions.retire_plan, "retire_plan"),
            ("plan-assignment/", actions.assign_plan, "assign_plan"),
            ("default-limit/<slug:key>/", actions.set_default_limit, "set_default_limit"),
        ]
        own = [path(address, guarded(view), name=name) for address, view, name in addresses]
        for decision in ("approve", "decline", "withdraw"):
            address = f"<int:proposal_id>/{decision}/"
            own.append(path(address, guarded(views.decide), {"decision": decision}, f"{decision}_proposal"))
        also = [
            path("", guarded(self.changelist_view), name="approvals"),
            path("<path:object_id>/change/", guarded(self.change_view), name="approval"),
        ]
        return [*own, *super().get_urls(), *also]
