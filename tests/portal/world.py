"""A campus as people of it see it: Jonas learns, Lotte teaches, Mira owns it; last month lies behind.

Made by the services at fixed instants, so that every figure on a page can be worked out by hand.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from apps.allocations.rules import LimitChange, SubjectRef, set_funding, set_limits, set_personal_budget
from apps.allocations.services import Item, allocate
from apps.core.units import MICRO
from apps.identity.models import User
from apps.organisations.models import Organisation
from apps.organisations.services import set_cost_centre, set_member
from apps.pricing.price_book_file import read_price_book, shipped_path
from apps.pricing.services import load_price_book
from apps.usage.changing import refund_charge
from apps.usage.services import create_charge
from apps.usage.state import Activity, ChargeRequest, ChargeState
from apps.wallets.services import credit_wallet, sync_organisation, sync_user

BEFORE = datetime(2026, 10, 6, 8, tzinfo=UTC)
THIS = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 21, 14, 20, tzinfo=UTC)
ZONE = "Europe/Brussels"
PASSWORD = "a-long-password"
PEOPLE = {
    "jonas": ("Jonas Vermeulen", "creator", "member"),
    "lotte": ("Lotte Maes", "teacher", "teacher"),
    "mira": ("Mira Okafor", "teacher", "owner"),
    "bruno": ("Bruno Keller", "learner", "billing"),
}


def build_campus() -> Organisation:
    """The campus with its people, prices, limits and two months of use."""
    for code in ("campus", "studio"):
        load_price_book(book=read_price_book(shipped_path(code)), at=BEFORE, actor="tests")
    campus = add_organisation("lindenhof", "Campus Lindenhof")
    for key, (name, account_type, role) in PEOPLE.items():
        add_person(key, name, account_type, campus, role)
    _rules(campus)
    _october()
    _november(campus)
    return campus


def add_organisation(key: str, name: str) -> Organisation:
    fields = {"name": name, "time_zone": ZONE}
    found = sync_organisation(key=key, fields=fields, at=BEFORE).wallet.organisation
    assert found is not None
    return found


def add_person(
    key: str,
    name: str,
    account_type: str = "learner",
    campus: Organisation | None = None,
    role: str = "member",
) -> User:
    fields = {
        "name": name,
        "email": f"{key}@lindenhof.example",
        "account_type": account_type,
        "time_zone": ZONE,
    }
    user = sync_user(key=key, fields=fields, at=BEFORE).wallet.user
    assert user is not None
    user.set_password(PASSWORD)
    user.save()
    if campus is not None:
        set_member(organisation=campus, user=user, role=role, actor="tests", at=BEFORE)
    return user


def person(key: str) -> User:
    return User.objects.get(platform_id=key)


def spend(
    key: str,
    operation: str,
    quantity: int,
    at: datetime,
    label: str = "",
    *,
    organisation: str | None = "lindenhof",
    hold_seconds: int = 0,
    cost_centre: str | None = None,
) -> ChargeState:
    """A charge of so many units; captured at once unless it is to be held."""
    unit = {"live_session": "participant_minute", "query": "row"}.get(operation, "request")
    activity = Activity("session", f"{key}-{operation}-{at:%m%d%H%M}", label) if label else None
    request = ChargeRequest(
        user=key,
        operation=operation,
        quantities={unit: quantity * MICRO},
        organisation=organisation,
        cost_centre=cost_centre,
        activity=activity,
        capture=not hold_seconds,
        hold_seconds=hold_seconds or 900,
    )
    return create_charge(request, client_id=None, at=at)


def _rules(campus: Organisation) -> None:
    whole = SubjectRef("organisation")
    set_funding(
        organisation=campus,
        subject=whole,
        mode="member_wallets",
        micro_percent=60 * MICRO,
        actor="tests",
        at=BEFORE,
    )
    set_funding(
        organisation=campus,
        subject=SubjectRef("role", "teacher"),
        mode="shared_pool",
        micro_percent=0,
        actor="tests",
        at=BEFORE,
    )
    set_cost_centre(
        organisation=campus,
        key="statistics",
        name="Statistics I",
        kind="course",
        parent=None,
        actor="tests",
        at=BEFORE,
    )
    limits = [
        LimitChange(SubjectRef("members"), "month", 1000 * MICRO),
        LimitChange(SubjectRef("member", "jonas"), "day", 600 * MICRO),
        LimitChange(SubjectRef("role", "teacher"), "week", 300 * MICRO),
        LimitChange(whole, "day", 2000 * MICRO),
        LimitChange(SubjectRef("cost_centre", "statistics"), "month", 400 * MICRO),
    ]
    set_limits(organisation=campus, changes=limits, actor="tests", at=BEFORE)
    set_personal_budget(user=person("jonas"), tokens=1500 * MICRO, blocks=False, actor="tests", at=BEFORE)


def _october() -> None:
    _credit("organisation", "lindenhof", 60_000, "migration", BEFORE)
    _credit("user", "jonas", 2_877, "migration", BEFORE)
    spend("jonas", "live_session", 2400, BEFORE + timedelta(days=2), "Statistics tutorial")
    spend("jonas", "integration", 900, BEFORE + timedelta(days=4), "Reference import")
    spend("jonas", "search", 700, BEFORE + timedelta(days=20))


def _november(campus: Organisation) -> None:
    items = [Item("jonas", 1_602 * MICRO + MICRO // 2)]
    allocate(organisation=campus, items=items, note="Autumn term", actor="tests", at=THIS)
    _credit("user", "jonas", 143, "promotion", THIS)
    spend("jonas", "live_session", 8600, _on(5), "Statistics tutorial", cost_centre="statistics")
    spend("jonas", "integration", 430, _on(8), "Reference import")
    exam = spend("jonas", "live_session", 1800, _on(11), "Exam preparation, two people")
    refund_charge(exam.id, tokens=36 * MICRO, reason="Cut off", actor="tests", at=_on(12))
    spend("jonas", "query", 4_000, _on(14))
    spend("lotte", "live_session", 2700, _on(18), "Lecture 7, live")
    spend("jonas", "search", 320, _on(20))
    spend("lotte", "integration", 60, _on(21))
    spend("jonas", "live_session", 240, NOW - timedelta(minutes=12), "Thesis consultation", hold_seconds=3600)


def _on(day: int) -> datetime:
    return THIS.replace(day=day)


def _credit(owner_type: str, key: str, tokens: int, kind: str, at: datetime) -> None:
    credit_wallet(
        owner_type=owner_type, key=key, tokens=tokens * MICRO, kind=kind, reason="", actor="tests", at=at
    )
