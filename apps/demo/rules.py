"""What each organisation of the demo decided: who pays, which limits hold, whom it gives tokens."""

from __future__ import annotations

from datetime import datetime

from apps.allocations.rules import LimitChange, SubjectRef, set_funding, set_limits, set_personal_budget
from apps.allocations.services import Item, allocate, reclaim
from apps.core.units import MICRO
from apps.demo.people import ALDERMOOR, LINGUA, PIXELWORKS, House
from apps.identity.models import User
from apps.organisations.models import Organisation
from apps.organisations.services import set_cost_centre
from apps.wallets.services import credit_wallet

CENTRES = (
    ("main-campus", "Main campus", "campus", None),
    ("biology-101", "Biology 101", "course", "main-campus"),
    ("statistics-2", "Statistics II", "course", "main-campus"),
)


def set_rules(at: datetime) -> None:
    """Who pays, coverage, limits, cost centres and a personal budget."""
    for key, name, kind, parent in CENTRES:
        set_cost_centre(
            organisation=organisation_of(ALDERMOOR),
            key=key,
            name=name,
            kind=kind,
            parent=parent,
            actor=ALDERMOOR.user("owner"),
            at=at,
        )
    _fund(ALDERMOOR, SubjectRef("organisation"), "member_wallets", 50, at)
    _fund(LINGUA, SubjectRef("organisation"), "shared_pool", 0, at)
    _fund(LINGUA, SubjectRef("role", "member"), "member_wallets", 0, at)
    _fund(PIXELWORKS, SubjectRef("organisation"), "shared_pool", 0, at)
    limit(ALDERMOOR, SubjectRef("organisation"), "month", 4000, at)
    limit(ALDERMOOR, SubjectRef("members"), "month", 400, at)
    limit(ALDERMOOR, SubjectRef("role", "teacher"), "week", 500, at)
    limit(ALDERMOOR, SubjectRef("cost_centre", "biology-101"), "total", 6000, at)
    limit(LINGUA, SubjectRef("role", "teacher"), "week", 800, at)
    limit(PIXELWORKS, SubjectRef("organisation"), "day", 2000, at)
    limit(PIXELWORKS, SubjectRef("members"), "day", 400, at)
    learner = User.objects.get(platform_id=ALDERMOOR.user("learner"))
    set_personal_budget(
        user=learner, tokens=600 * MICRO, blocks=False, actor=ALDERMOOR.user("learner"), at=at
    )


def open_balances(at: datetime) -> None:
    """What the organisations and some people brought along or were given."""
    for house, tokens in ((ALDERMOOR, 9_000), (LINGUA, 25_000), (PIXELWORKS, 60_000)):
        credit(house, "organisation", house.key, tokens, "migration", "Balance of the earlier system", at)
        credit(house, "organisation", house.key, 250, "promotion", "Welcome", at)
    for student, tokens in zip(LINGUA.of_role("member"), (600, 350, 15), strict=True):
        credit(LINGUA, "user", student, tokens, "migration", "Balance of the earlier system", at)
    for person in ALDERMOOR.of_role("member", "teacher"):
        credit(ALDERMOOR, "user", person, 250, "migration", "Balance of the earlier system", at)


def allocate_monthly(at: datetime) -> None:
    """Tokens for the members of the college."""
    items = [Item(user, 120 * MICRO) for user in ALDERMOOR.of_role("member")]
    allocate(
        organisation=organisation_of(ALDERMOOR),
        items=items,
        note=f"Study tokens for {at:%B}",
        actor=ALDERMOOR.user("priya"),
        at=at,
    )


def take_back(user: str, tokens: int, at: datetime) -> None:
    """Reclaim whole tokens from a member of the college."""
    reclaim(
        organisation=organisation_of(ALDERMOOR),
        items=[Item(ALDERMOOR.user(user), tokens * MICRO)],
        note="Given twice",
        actor=ALDERMOOR.user("priya"),
        at=at,
    )


def organisation_of(house: House) -> Organisation:
    return Organisation.objects.get(platform_id=house.key)


def credit(
    house: House, owner_type: str, key: str, tokens: int, kind: str, reason: str, at: datetime
) -> None:
    """Credit whole tokens."""
    credit_wallet(
        owner_type=owner_type,
        key=key,
        tokens=tokens * MICRO,
        kind=kind,
        reason=reason,
        actor=house.user("owner"),
        at=at,
    )


def limit(house: House, subject: SubjectRef, period: str, tokens: int, at: datetime) -> None:
    """Set a limit in whole tokens."""
    change = LimitChange(subject, period, tokens * MICRO)
    set_limits(organisation=organisation_of(house), changes=[change], actor=house.user("owner"), at=at)


def _fund(house: House, subject: SubjectRef, mode: str, percent: int, at: datetime) -> None:
    set_funding(
        organisation=organisation_of(house),
        subject=subject,
        mode=mode,
        micro_percent=percent * MICRO,
        actor=house.user("owner"),
        at=at,
    )
