"""A small world with a bit of everything that can stand in the books, made by the services."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from apps.allocations.rules import SubjectRef, set_funding
from apps.allocations.services import Item, allocate, reclaim
from apps.core.units import MICRO
from apps.organisations.models import Organisation
from apps.organisations.services import set_cost_centre, set_member
from apps.pricing.price_book_file import read_price_book, shipped_path
from apps.pricing.services import load_price_book
from apps.usage.changing import capture_charge, refund_charge, release_charge
from apps.usage.services import create_charge
from apps.usage.state import ChargeRequest, ChargeState
from apps.wallets.adjusting import adjust_wallet
from apps.wallets.models import Wallet
from apps.wallets.services import credit_wallet, sync_organisation, sync_user

AT = datetime(2026, 11, 2, 12, tzinfo=UTC)
PEOPLE = ("ada", "ben")


def build_books() -> dict[str, ChargeState]:
    """Two people in a school that covers half of what they spend; charges in every state, by name."""
    for code in ("campus", "studio"):
        load_price_book(book=read_price_book(shipped_path(code)), at=AT, actor="tests")
    school = _build_school()
    charges = {
        "held": _charge("ada", 40),
        "captured": _charge("ada", 1500, capture=True),
        "below": _charge("ben", 300),
        "released": _charge("ben", 20),
        "refunded": _charge("ben", 1000, capture=True),
    }
    later = AT + timedelta(minutes=5)
    charges["below"] = capture_charge(
        charges["below"].id, quantities={"request": 100 * MICRO}, options=None, at=later
    )
    charges["released"] = release_charge(charges["released"].id, reason="cancelled", at=later)
    charges["refunded"] = refund_charge(
        charges["refunded"].id, tokens=7 * MICRO, reason="poor", actor="tests", at=later
    )
    reclaim(organisation=school, items=[Item("ada", 3 * MICRO)], note="", actor="tests", at=later)
    adjust_wallet(
        wallet_id=Wallet.objects.get(owner_key="school").pk,
        bucket="earned",
        tokens=2 * MICRO,
        reason="Counted wrong",
        actor="tests",
        at=later,
    )
    return charges


def _build_school() -> Organisation:
    sync_organisation(key="school", fields={"name": "School"}, at=AT)
    school = Organisation.objects.get(platform_id="school")
    for key in PEOPLE:
        user = sync_user(key=key, fields={"name": key.title()}, at=AT).wallet.user
        assert user is not None
        set_member(organisation=school, user=user, role="member", actor="tests", at=AT)
        credit_wallet(
            owner_type="user", key=key, tokens=90 * MICRO, kind="migration", reason="", actor="tests", at=AT
        )
    set_cost_centre(
        organisation=school, key="campus", name="Campus", kind="campus", parent=None, actor="tests", at=AT
    )
    set_cost_centre(
        organisation=school, key="course", name="Course", kind="course", parent="campus", actor="tests", at=AT
    )
    set_funding(
        organisation=school,
        subject=SubjectRef("organisation"),
        mode="member_wallets",
        micro_percent=50 * MICRO,
        actor="tests",
        at=AT,
    )
    credit_wallet(
        owner_type="organisation",
        key="school",
        tokens=1000 * MICRO,
        kind="migration",
        reason="",
        actor="tests",
        at=AT,
    )
    allocate(organisation=school, items=[Item("ada", 100 * MICRO)], note="", actor="tests", at=AT)
    return school


def _charge(user: str, requests: int, *, capture: bool = False) -> ChargeState:
    request = ChargeRequest(
        user=user,
        operation="integration",
        quantities={"request": requests * MICRO},
        organisation="school",
        cost_centre="course",
        capture=capture,
    )
    return create_charge(request, client_id=None, at=AT)
