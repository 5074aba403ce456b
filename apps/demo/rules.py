"""What each organisation of the demo decided: who pays, which limits hold, whom it gives tokens."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from apps.allocations.rules import LimitChange, SubjectRef, set_funding, set_limits
from apps.allocations.services import Item, allocate, reclaim
from apps.core.units import MICRO
from apps.demo.houses import ALDERMOOR, LINGUA, PIXELWORKS, House
from apps.demo.people import organisation_of
from apps.organisations.services import set_cost_centre
from apps.wallets.services import credit_wallet

CENTRES = (
    (ALDERMOOR, "main-campus", "Main campus", "campus", None),
    (ALDERMOOR, "sciences", "School of Sciences", "department", "main-campus"),
    (ALDERMOOR, "biology-101", "Biology 101", "course", "sciences"),
    (ALDERMOOR, "statistics-2", "Statistics II", "course", "sciences"),
    (ALDERMOOR, "literature", "European Literature", "course", "main-campus"),
    (LINGUA, "a2-morning", "A2 in the morning", "group", None),
    (LINGUA, "b1-evening", "B1 in the evening", "group", None),
    (PIXELWORKS, "harbour-festival", "Harbour festival", "project", None),
    (PIXELWORKS, "tea-brand", "Tea brand", "project", None),
    (PIXELWORKS, "mascot", "Mascot", "project", None),
)
LIMITS = (
    (ALDERMOOR, SubjectRef("organisation"), "month", 9_000),
    (ALDERMOOR, SubjectRef("members"), "month", 600),
    (ALDERMOOR, SubjectRef("role", "teacher"), "week", 900),
    (ALDERMOOR, SubjectRef("role", "teacher"), "month", 2_500),
    (ALDERMOOR, SubjectRef("cost_centre", "biology-101"), "total", 40_000),
    (LINGUA, SubjectRef("organisation"), "month", 25_000),
    (LINGUA, SubjectRef("role", "teacher"), "week", 2_500),
    (LINGUA, SubjectRef("role", "member"), "month", 500),
    (PIXELWORKS, SubjectRef("organisation"), "day", 6_000),
    (PIXELWORKS, SubjectRef("members"), "day", 1_500),
)


def set_rules(at: datetime) -> None:
    """Cost centres, who pays, and the limits that hold from the beginning."""
    for house, key, name, kind, parent in CENTRES:
        set_cost_centre(
            organisation=organisation_of(house),
            key=key,
            name=name,
            kind=kind,
            parent=parent,
            actor=house.owner,
            at=at,
        )
    fund(ALDERMOOR, SubjectRef("organisation"), "member_wallets", 50, at)
    fund(ALDERMOOR, SubjectRef("role", "teacher"), "shared_pool", 0, at)
    fund(LINGUA, SubjectRef("organisation"), "shared_pool", 0, at)
    fund(LINGUA, SubjectRef("role", "member"), "member_wallets", 0, at)
    fund(PIXELWORKS, SubjectRef("organisation"), "shared_pool", 0, at)
    for house, subject, period, tokens in LIMITS:
        limit(house, subject, period, tokens, at)


def give(house: House, keys: Collection[str], tokens: int, note: str, at: datetime) -> None:
    """Allocate whole tokens to each of some members."""
    items = [Item(house.user(key), tokens * MICRO) for key in keys]
    allocate(organisation=organisation_of(house), items=items, note=note, actor=house.owner, at=at)


def take_back(house: House, items: Sequence[tuple[str, int]], note: str, at: datetime) -> None:
    """Reclaim micro-tokens from members."""
    reclaim(
        organisation=organisation_of(house),
        items=[Item(house.user(key), micro) for key, micro in items],
        note=note,
        actor=house.owner,
        at=at,
    )


def credit(
    house: House, tokens: int, kind: str, reason: str, at: datetime, *, user: str | None = None
) -> None:
    """Credit whole tokens to the organisation, or to one of its users."""
    credit_wallet(
        owner_type="user" if user else "organisation",
        key=house.user(user) if user else house.key,
        tokens=tokens * MICRO,
        kind=kind,
        reason=reason,
        actor="user:staff",
        at=at,
    )


def limit(house: House, subject: SubjectRef, period: str, tokens: int, at: datetime) -> None:
    """Set a limit in whole tokens."""
    change = LimitChange(subject, period, tokens * MICRO)
    set_limits(organisation=organisation_of(house), changes=[change], actor=house.owner, at=at)


def fund(house: House, subject: SubjectRef, mode: str, percent: int, at: datetime) -> None:
    """Say who pays, with a coverage in whole percent."""
    set_funding(
        organisation=organisation_of(house),
        subject=subject,
        mode=mode,
        micro_percent=percent * MICRO,
        actor=house.owner,
        at=at,
    )
