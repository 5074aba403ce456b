"""Closing an organisation: everybody leaves, tokens come back and stay, and nothing open is left behind."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from apps.allocations.alerts import set_member_alert
from apps.allocations.inviting import Guest, invite
from apps.allocations.models import Invitation, LimitRequest, RecurringAllocation
from apps.allocations.recurring import repeat_allocation
from apps.allocations.requests import LimitName, ask_for_more
from apps.allocations.rules import LimitChange, SubjectRef, set_limits
from apps.core.errors import InvalidState
from apps.core.proof import verify_ledger
from apps.core.units import MICRO
from apps.hosting.closing import close_organisation, foresee_closing
from apps.identity.models import ApiKey, AuditRecord, User
from apps.identity.services import Author, create_organisation_key
from apps.organisations.models import Membership, Organisation
from apps.plans.models import Subscription
from apps.plans.services import PlanTerms, assign_plan, define_plan
from apps.usage.services import create_charge
from apps.usage.settling import expire_holds
from apps.usage.state import ChargeRequest
from apps.wallets.models import Wallet
from apps.wallets.selectors import view_wallet
from apps.wallets.services import sync_organisation
from tests.cast import AT, a_member, an_organisation, give, pays, units
from tests.hosting.world import bill, report


@pytest.fixture
def school(prices: None) -> Organisation:
    """A school with 100 tokens, of which Ada has 30; Olga owns it."""
    school = an_organisation("school", credit="100")
    for key, role in (("ada", "member"), ("bob", "teacher"), ("olga", "owner")):
        a_member(school, key, role=role)
    give(school, "ada", "30")
    return school


def _close(school: Organisation) -> None:
    close_organisation(organisation=school, actor="user:olga", at=AT)


def _obstacle(school: Organisation) -> str:
    (text,) = foresee_closing(school, at=AT).obstacles
    with pytest.raises(InvalidState, match=text[:20]):
        _close(school)
    assert Membership.objects.filter(ended_at=None).count() == 3
    return text


def test_the_effect_is_told_first_and_comes_true(school: Organisation) -> None:
    foreseen = foresee_closing(school, at=AT)
    assert (foreseen.members, foreseen.before, foreseen.returned, foreseen.after) == (
        3,
        70 * MICRO,
        30 * MICRO,
        100 * MICRO,
    )
    _close(school)
    assert view_wallet("organisation", "school", at=AT).total == foreseen.after
    assert view_wallet("user", "ada", at=AT).allocated == 0
    assert not Membership.objects.filter(ended_at=None).exists()
    wallet, closed = Wallet.objects.get(owner_key="school"), Organisation.objects.get()
    assert (wallet.frozen, closed.closed_at) == (True, AT)
    assert AuditRecord.objects.filter(action="member.leave").count() == 3
    assert AuditRecord.objects.get(action="organisation.close").actor == "user:olga"
    assert verify_ledger().differences == ()


def test_what_goes_on_in_it_ends(school: Organisation) -> None:
    ada = User.objects.get(platform_id="ada")
    limit = LimitChange(SubjectRef("members"), "week", 5 * MICRO)
    set_limits(organisation=school, changes=[limit], actor="t", at=AT)
    asked = LimitName(SubjectRef("member", "ada"), "week")
    ask_for_more(organisation=school, user=ada, name=asked, tokens=MICRO, reason="More", at=AT)
    repeat_allocation(
        organisation=school,
        subject=SubjectRef("members"),
        mode="add",
        tokens=MICRO,
        every="week",
        day=1,
        note="",
        actor="t",
        at=AT,
    )
    invite(organisation=school, guests=[Guest("new@school.example")], actor="t", at=AT)
    create_organisation_key(
        organisation="school", label="", at=AT, by=Author("t"), expires_at=None, form_key=uuid.uuid4()
    )
    define_plan(code="team", price_book="campus", terms=PlanTerms("Team", 1, "month", 5, 0), actor="t", at=AT)
    assign_plan(organisation=school, code="team", actor="t", at=AT)
    set_member_alert(organisation=school, below=500 * MICRO, actor="t", at=AT)
    _close(school)
    assert LimitRequest.objects.get().state == "withdrawn"
    assert RecurringAllocation.objects.get().ended_at == AT
    assert Invitation.objects.get().revoked_at == AT
    assert ApiKey.objects.get().revoked_at == AT
    assert Subscription.objects.get().until_on is not None
    assert Wallet.objects.get(owner_key="ada").watch_micro is None


def test_a_plan_that_was_to_be_replaced_ends_all_the_same(school: Organisation) -> None:
    for code, quota in (("big", 50), ("little", 5)):
        terms = PlanTerms(code, 1, "month", quota, 10 * MICRO)
        define_plan(code=code, price_book="campus", terms=terms, actor="t", at=AT)
        assign_plan(organisation=school, code=code, actor="t", at=AT + timedelta(days=quota == 5))
    close_organisation(organisation=school, actor="t", at=AT + timedelta(days=1))
    assert [row.until_on is not None for row in Subscription.objects.all()] == [True]
    january = datetime(2027, 1, 15, tzinfo=UTC)
    assert view_wallet("organisation", "school", at=january).free == 0


def test_nothing_is_closed_while_tokens_are_held(school: Organisation) -> None:
    pays(school, "shared_pool")
    request = ChargeRequest(user="bob", operation="page", quantities=units(page=3), organisation="school")
    create_charge(request, client_id=None, at=AT)
    assert "3 tokens are held" in _obstacle(school)
    expire_holds(at=AT + timedelta(days=9))
    close_organisation(organisation=school, actor="t", at=AT + timedelta(days=9))


def test_held_allocated_tokens_count_too(school: Organisation) -> None:
    request = ChargeRequest(user="ada", operation="page", quantities=units(page=230), organisation="school")
    create_charge(request, client_id=None, at=AT)
    assert "tokens are held" in _obstacle(school)


def test_nothing_is_closed_while_it_pays_for_what_is_hosted(school: Organisation) -> None:
    for number in (1, 2):
        report("campus", f"c{number}", members=50, owner=("organisation", "school"))
    assert "the last bill comes on 1 Dec" in _obstacle(school)


def test_nothing_is_closed_while_a_bill_is_open(school: Organisation) -> None:
    owner = ("organisation", "school")
    for number in (1, 2):
        report("campus", f"c{number}", members=50, owner=owner, since=datetime(2026, 10, 1, tzinfo=UTC))
    later = datetime(2026, 12, 1, 9, tzinfo=UTC)
    bill("2026-11", at=later)
    obstacles = foresee_closing(school, at=later).obstacles
    assert obstacles[0] == "2 bills are not paid yet."


def test_nothing_is_closed_while_it_owes(school: Organisation) -> None:
    sync_organisation(key="school", fields={"unlimited": True}, at=AT)
    pays(school, "shared_pool")
    request = ChargeRequest(
        user="bob", operation="page", quantities=units(page=75), organisation="school", capture=True
    )
    create_charge(request, client_id=None, at=AT)
    assert "5 tokens were used and not paid yet" in _obstacle(school)


def test_a_closed_one_is_closed_for_good(school: Organisation) -> None:
    _close(school)
    with pytest.raises(InvalidState, match="closed"):
        _close(school)
    with pytest.raises(InvalidState, match="closed"):
        a_member(school, "zoe")


def test_an_owner_types_the_name_and_then_nobody_may_look(school: Organisation, client: Client) -> None:
    client.force_login(User.objects.get(platform_id="olga"))
    page = client.get("/orgs/school/close/")
    assert "3 members leave" in page.content.decode()
    assert client.post("/orgs/school/close/", {"name": "shool"}).status_code == 422
    assert client.post("/orgs/school/close/", {"name": " school "}).status_code == 302
    assert client.get("/orgs/school/").status_code == 404
    assert client.get("/wallet/").status_code == 200
