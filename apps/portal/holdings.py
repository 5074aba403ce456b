"""The wallets a person has to do with: their own, and those of the organisations they belong to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Count, Exists, F, FilteredRelation, Min, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse

from apps.allocations.models import LimitRequest
from apps.core.periods import Calendar
from apps.hosting.entitlements import Overdue, late_bills
from apps.hosting.models import Payer
from apps.identity.models import FreeGrant, User
from apps.notifications.models import Notice
from apps.organisations.models import Role
from apps.wallets.books import project
from apps.wallets.models import MonthlyGrant, Wallet
from apps.wallets.state import Desk, WalletState

SEES_THE_WALLET = frozenset({Role.OWNER, Role.ADMIN, Role.BILLING})
"""Roles that read the organisation's money (organisations.md, members and roles)."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A wallet and what the person is to it; `role` is empty for one's own.

    `next_grant` are the micro-tokens of the cycle after the stored one; a token costs
    `token_price_minor` of `currency`. The owner wants to know when less than `alert_below` is available.
    `has_second_factor` is about the person; `has_bills` where the wallet pays for hosted resources,
    `overdue` what of their bills was not paid in time; `open_requests` wait for those who decide,
    `unread` notices for the person; the balance is `watched` for falling below, by the owner or an
    organisation.
    """

    wallet_id: int
    organisation_id: int | None
    owner_type: str
    owner_key: str
    name: str
    slug: str
    role: str
    present: bool
    price_book: str
    currency: str
    token_price_minor: int
    next_grant: int
    alert_below: int | None
    watched: int | None
    has_second_factor: bool
    has_bills: bool
    overdue: Overdue | None
    calendar: Calendar
    open_requests: int = 0
    unread: int = 0

    @property
    def is_own(self) -> bool:
        return not self.role

    @property
    def is_visible(self) -> bool:
        """Whether the person may look into this wallet."""
        return self.is_own or (self.present and self.role in SEES_THE_WALLET)

    @property
    def may_decide(self) -> bool:
        """Whether the person makes rules about this wallet: their own, or as owner or admin."""
        return self.is_own or (self.present and self.role in {Role.OWNER, Role.ADMIN})

    @property
    def wants_second_factor(self) -> bool:
        """Whether the person can spend an organisation's tokens and is guarded by a password alone."""
        return not self.is_own and self.is_visible and not self.has_second_factor

    @property
    def url(self) -> str:
        return reverse("wallet") if self.is_own else reverse("organisation", args=[self.slug])

    @property
    def transactions_url(self) -> str:
        return (
            reverse("transactions") if self.is_own else reverse("organisation_transactions", args=[self.slug])
        )

    @property
    def initials(self) -> str:
        """Two letters to tell wallets by."""
        words = [word for word in self.name.replace("@", " ").split() if word[:1].isalnum()]
        ends = [words[0], words[-1]] if len(words) > 1 else words
        return "".join(word[0] for word in ends).upper()


@dataclass(frozen=True, slots=True)
class Shell:
    """What surrounds every page: the wallets to switch between, as they are at an instant."""

    at: datetime
    holdings: tuple[Holding, ...]
    desk: Desk
    slug: str = ""
    notes: dict[str, Any] = field(default_factory=dict)
    """What was read for one part of a page, for the others."""

    @property
    def here(self) -> Holding | None:
        """The wallet the page is about: the organisation's that was asked for, else one's own."""
        return (self.organisation(self.slug) if self.slug else None) or self.own()

    @property
    def here_wallet(self) -> WalletState | None:
        here = self.here
        return None if here is None else self.desk.wallets[here.wallet_id]

    @property
    def visible(self) -> list[tuple[Holding, WalletState]]:
        """What the person may look into, with the wallets as they are."""
        seen = [holding for holding in self.holdings if holding.is_visible]
        return [(holding, self.desk.wallets[holding.wallet_id]) for holding in seen]

    @property
    def organisations(self) -> list[Holding]:
        return [holding for holding, _ in self.visible if not holding.is_own]

    @property
    def unread(self) -> int:
        """Notices that the person has not looked at."""
        return next((holding.unread for holding in self.holdings), 0)

    @property
    def open_organisation(self) -> Holding | None:
        """The organisation whose places the rail shows: the one the page is about, else the only one."""
        here, known = self.here, self.organisations
        if here is not None and not here.is_own:
            return here
        return known[0] if len(known) == 1 else None

    @property
    def other_organisations(self) -> list[Holding]:
        opened = self.open_organisation
        return [holding for holding in self.organisations if holding != opened]

    def own(self) -> Holding | None:
        return next((holding for holding in self.holdings if holding.is_own), None)

    def organisation(self, slug: str) -> Holding | None:
        """The organisation's wallet, if the person may look into it."""
        return next((holding for holding in self.organisations if holding.slug == slug), None)


def load_shell(user: User, at: datetime, slug: str = "") -> Shell:
    """The person's wallets, projected to the instant: four queries, five at the turn of a cycle.

    `slug` is the organisation the page is about, if it is about one.
    """
    holdings = load_holdings(user, at)
    visible = [holding.wallet_id for holding in holdings if holding.is_visible]
    return Shell(at, holdings, project(visible, at=at) if visible else Desk(), slug)


def load_holdings(user: User, at: datetime) -> tuple[Holding, ...]:
    """One's own wallet first, then present and former organisations by name."""
    found = {row["id"]: _holding(row, user) for row in _rows(user, at)}
    return tuple(sorted(found.values(), key=lambda h: (not h.is_own, not h.present, h.name.casefold())))


def _rows(user: User, at: datetime) -> Iterable[Any]:
    late = late_bills(at).filter(payer=OuterRef("pk")).order_by().values("payer")
    grants = FreeGrant.objects.filter(
        account_type=OuterRef("user__account_type"), from_at__lte=OuterRef("cycle_ends_at")
    )
    asked = (
        LimitRequest.objects.filter(organisation=OuterRef("organisation"), state=LimitRequest.State.OPEN)
        .order_by()
        .values("organisation")
    )
    told = Notice.objects.filter(user=user, read_at=None).order_by().values("user")
    own_grants = MonthlyGrant.objects.filter(wallet=OuterRef("pk"), from_at__lte=OuterRef("cycle_ends_at"))
    own = Wallet.objects.filter(user=user).values("pk")
    theirs = Wallet.objects.filter(organisation__memberships__user=user).values("pk")
    return (
        Wallet.objects.annotate(
            membership=FilteredRelation(
                "organisation__memberships", condition=Q(organisation__memberships__user=user)
            ),
            next_grant=Coalesce(
                Subquery(grants.order_by("-from_at").values("tokens_micro")[:1]),
                Subquery(own_grants.order_by("-from_at").values("tokens_micro")[:1]),
            ),
            has_bills=Exists(Payer.objects.filter(pk=OuterRef("pk"))),
            late_count=Subquery(late.annotate(found=Count("id")).values("found")),
            late_tokens=Subquery(late.annotate(found=Sum("tokens_micro")).values("found")),
            late_since=Subquery(late.annotate(found=Min("due_at")).values("found")),
            unread=Subquery(told.annotate(found=Count("id")).values("found")),
            has_second_factor=Exists(Authenticator.objects.filter(user=user)),
            open_requests=Subquery(asked.annotate(found=Count("id")).values("found")),
        )
        .filter(pk__in=own.union(theirs))  # each found by its index; an OR of both would read every wallet
        .order_by(F("membership__ended_at").asc(nulls_last=True), "id")  # the present membership counts
        .values(
            "id",
            "organisation_id",
            "owner_type",
            "owner_key",
            "organisation__name",
            "organisation__slug",
            "membership__role",
            "membership__ended_at",
            "price_book_id",
            "price_book__currency",
            "price_book__token_price_minor",
            "next_grant",
            "alert_below_micro",
            "watch_micro",
            "has_second_factor",
            "has_bills",
            "late_count",
            "late_tokens",
            "late_since",
            "time_zone",
            "coming_time_zone",
            "zone_changes_at",
            "open_requests",
            "unread",
        )
    )


def _holding(row: dict[str, Any], user: User) -> Holding:
    return Holding(
        wallet_id=row["id"],
        organisation_id=row["organisation_id"],
        owner_type=row["owner_type"],
        owner_key=row["owner_key"],
        name=row["organisation__name"] or str(user),
        slug=row["organisation__slug"] or "",
        role=row["membership__role"] or "",
        present=row["membership__ended_at"] is None,
        price_book=row["price_book_id"],
        currency=row["price_book__currency"],
        token_price_minor=row["price_book__token_price_minor"],
        next_grant=row["next_grant"] or 0,
        alert_below=row["alert_below_micro"],
        watched=row["watch_micro"],
        has_second_factor=row["has_second_factor"],
        has_bills=row["has_bills"],
        overdue=Overdue(row["late_count"], int(row["late_tokens"]), row["late_since"])
        if row["late_count"]
        else None,
        calendar=Calendar(row["time_zone"], row["coming_time_zone"], row["zone_changes_at"]),
        open_requests=row["open_requests"] or 0,
        unread=row["unread"] or 0,
    )
