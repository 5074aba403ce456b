"""Where staff can go, by work: what somebody may not see is not offered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.identity.models import User
from apps.staff.access import may_view
from apps.support.roles import roles_of

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the navigation.

    `model` is its label where looking at the model is what it takes, `under` are the beginnings of the
    addresses, below the staff's own, at which it is the present place.
    """

    title: Words
    symbol: str
    name: str
    model: str = ""
    under: tuple[str, ...] = ()
    query: str = ""
    only_superusers: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Places that belong to one kind of work; the first group needs no title."""

    title: Words
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A place as it is offered on one page."""

    title: Words
    symbol: str
    url: str
    current: bool


GROUPS = (
    Group(
        "",
        (
            Place(_("Start"), "start", "index"),
            Place(_("Search"), "search", "staff_search"),
            Place(_("Cases"), "problem", "support_case_changelist", "support.case"),
            Place(_("Approvals"), "approve", "support_proposal_changelist", "support.proposal"),
        ),
    ),
    Group(
        _("Books"),
        (
            Place(
                _("Wallets"),
                "wallet",
                "wallets_wallet_changelist",
                "wallets.wallet",
                ("wallets/", "support/proposal/wallet/"),
            ),
            Place(
                _("Charges"),
                "charge",
                "usage_charge_changelist",
                "usage.charge",
                ("support/proposal/charge/",),
            ),
            Place(_("Ledger"), "list", "ledger_transfer_changelist", "ledger.transfer", ("ledger/",)),
            Place(_("Proof"), "ledger", "staff_proof", "ledger.transfer"),
            Place(_("Bills"), "calculator", "hosting_bill_changelist", "hosting.bill", ("hosting/",)),
            Place(_("Denied attempts"), "denied", "usage_deniedattempt_changelist", "usage.deniedattempt"),
        ),
    ),
    Group(
        _("People and prices"),
        (
            Place(
                _("Organisations"),
                "organisation",
                "organisations_organisation_changelist",
                "organisations.organisation",
                ("organisations/",),
            ),
            Place(_("People"), "people", "identity_user_changelist", "identity.user"),
            Place(_("Account types"), "person", "identity_accounttype_changelist", "identity.accounttype"),
            Place(_("Plans"), "plan", "plans_plan_changelist", "plans.plan", ("plans/",)),
            Place(_("Prices"), "price", "pricing_pricebook_changelist", "pricing.pricebook", ("pricing/",)),
        ),
    ),
    Group(
        _("Machine"),
        (
            Place(_("Jobs"), "clock", "staff_jobs", "ledger.transfer"),
            Place(
                _("API clients"),
                "key",
                "identity_apiclient_changelist",
                "identity.apiclient",
                ("identity/apiclient/", "identity/apikey/"),
            ),
            Place(_("Staff actions"), "list", "identity_auditrecord_changelist", "identity.auditrecord"),
            Place(
                _("Staff"),
                "staff",
                "identity_user_changelist",
                "identity.user",
                ("auth/",),
                query="is_staff__exact=1",
                only_superusers=True,
            ),
        ),
    ),
)


def links_for(request: HttpRequest, site: AdminSite) -> list[tuple[Words, list[Link]]]:
    """The groups of links for this person, the present page marked."""
    offered = [(group.title, _offered(group.places, request, site)) for group in GROUPS]
    current = _longest_match(request, [pair for _, pairs in offered for pair in pairs])
    return [
        (title, [Link(place.title, place.symbol, url, place is current) for place, url in pairs])
        for title, pairs in offered
        if pairs
    ]


def _offered(places: Iterable[Place], request: HttpRequest, site: AdminSite) -> list[tuple[Place, str]]:
    found = []
    for place in places:
        url = _url(place, site) if _may_see(place, request, site) else None
        if url is not None:
            found.append((place, url))
    return found


def _may_see(place: Place, request: HttpRequest, site: AdminSite) -> bool:
    if place.only_superusers and not getattr(request.user, "is_superuser", False):
        return False
    return not place.model or may_view(request, place.model)


def _url(place: Place, site: AdminSite) -> str | None:
    try:
        url = reverse(place.name if place.name.startswith("staff_") else f"{site.name}:{place.name}")
    except NoReverseMatch:
        return None
    return f"{url}?{place.query}" if place.query else url


def _longest_match(request: HttpRequest, pairs: Sequence[tuple[Place, str]]) -> Place | None:
    """The place whose address the present one begins with; the start page only itself."""
    root, best, length = reverse("admin:index"), None, 0
    for place, url in pairs:
        address, _, query = url.partition("?")
        if place.name == "index":
            starts = [address] if request.path == address else []
        else:
            starts = [address, *(root + part for part in place.under)]
        for start in starts:
            fits = request.path.startswith(start) and query in request.META.get("QUERY_STRING", "")
            if fits and len(start) + len(query) > length:
                best, length = place, len(start) + len(query)
    return best


def role_of(request: HttpRequest) -> str:
    """The person's roles in words, for the top bar."""
    user = request.user
    if getattr(user, "is_superuser", False):
        return gettext("superuser")
    return ", ".join(sorted(roles_of(user))) if isinstance(user, User) else ""
