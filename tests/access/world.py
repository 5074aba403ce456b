"""Everybody who may come to an address, and the things that addresses name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.test import Client

from apps.allocations.inviting import Guest, invite, link_of
from apps.allocations.leaving import remove_member
from apps.allocations.recurring import repeat_allocation
from apps.allocations.requests import LimitName, ask_for_more
from apps.allocations.rules import LimitChange, SubjectRef, set_limits
from apps.allocations.services import Item, allocate
from apps.core.errors import InsufficientTokens
from apps.core.units import MICRO
from apps.hosting.models import Bill
from apps.hosting.reporting import Reported, report_resource
from apps.hosting.running import start_billing
from apps.identity.models import ApiKey, User
from apps.identity.scopes import SCOPES
from apps.identity.services import (
    Author,
    create_api_client,
    create_api_key,
    create_organisation_key,
    revoke_api_key,
)
from apps.jobs.working import carry_out
from apps.ledger.checking import check_ledger
from apps.organisations.models import CostCentre, Organisation
from apps.plans.models import Plan
from apps.plans.services import PlanTerms, assign_plan, define_plan
from apps.pricing.models import ProviderModel
from apps.pricing.presets import save_preset
from apps.staff.listing import save_filter
from apps.support.cases import Thing, open_case
from apps.support.proposals import Wish, foresee, request
from apps.usage.denials import as_asked, record_denials
from apps.usage.models import Charge, UsageStatement
from apps.usage.selectors import get_charge
from apps.usage.state import ChargeState
from apps.wallets.models import Wallet
from tests.portal.world import NOW, PASSWORD, add_organisation, add_person, build_campus, person, spend

PEOPLE = {
    "member": "jonas",
    "teacher": "lotte",
    "billing": "bruno",
    "admin": "anna",
    "owner": "mira",
    "other": "ines",  # admin of another organisation
    "former": "felix",  # has left
    "support": "support",
    "finance": "finance",
    "operations": "operations",
    "boss": "boss",  # a superuser
    "unproven": "unproven",  # a superuser without a second factor
}
BY = Author("tests")
STAFF = ("support", "finance", "operations", "boss", "unproven")


def build_world() -> dict[str, str]:
    """The campus of the portal's tests with more people, staff of every role, and one of everything.

    Gives what addresses name: texts by the names in braces.
    """
    campus = build_campus()
    add_person("anna", "Anna Lind", campus=campus, role="admin")
    add_person("felix", "Felix Roth", campus=campus)
    remove_member(organisation=campus, user=person("felix"), actor="tests", at=NOW)
    harbour = add_organisation("harbour", "Harbour School")
    add_person("ines", "Ines Prado", campus=harbour, role="admin")
    for key in STAFF:
        _add_staff(key)
    return {**_things(), **_staff_things(), **_support_things(), **_hosting_things(), **_work_things(campus)}


def visitors() -> dict[str, Client]:
    """A browser of everybody: nobody's, and those of people who are logged in."""
    return {"anon": Client(), **{name: _browser(key) for name, key in PEOPLE.items()}}


def programs() -> dict[str, Client]:
    """A caller of the API for every scope, without and with a useless key, and a person's browser."""
    client = create_api_client(name="scopes", at=NOW, by=BY)
    revoked, secret = create_api_key(client=client, scopes=SCOPES, at=NOW, by=BY)
    revoke_api_key(key_id=revoked.pk, at=NOW, by=BY)
    keys = {scope: create_api_key(client=client, scopes=(scope,), at=NOW, by=BY)[1] for scope in SCOPES}
    found = {"none": Client(), "session": _browser("boss"), "revoked": _caller(secret)}
    found["campus"] = _caller(_a_key_of("lindenhof")[1])
    return found | {scope: _caller(key) for scope, key in keys.items()}


def _a_key_of(organisation: str) -> tuple[ApiKey, str]:
    return create_organisation_key(
        organisation=organisation, label="Export", at=NOW, by=BY, expires_at=None, form_key=uuid4()
    )


def _browser(key: str) -> Client:
    client = Client()
    client.force_login(person(key))
    return client


def _caller(secret: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {secret}"})


def _add_staff(key: str) -> None:
    """Somebody of the staff in the group of their name, with a second factor if they are to have one."""
    email = f"{key}@scrip.example"
    user = User.objects.create_user(key, email=email, name=key.title(), is_staff=True)
    user.set_password(PASSWORD)
    user.is_superuser = key in ("boss", "unproven")
    user.save()
    user.groups.set(Group.objects.filter(name=key))
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    if key != "unproven":
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})


def _things() -> dict[str, str]:
    """A charge that the campus helped to pay, two that it did not, a preset, and forms."""
    alone = spend("ines", "search", 5, NOW, organisation=None)
    shared = _charge_of("jonas", cost_centre__isnull=False)
    preset = save_preset(
        user=person("jonas"),
        name="Monday",
        price_book="campus",
        operation="search",
        model="",
        quantities={"request": "1"},
        options={},
        at=NOW,
    )
    return {
        "charge": f"ch_{shared.id}",
        "own_charge": f"ch_{_charge_of('jonas').id}",
        "others_charge": f"ch_{alone.id}",
        "preset": str(preset.pk),
        "use": "name=Tuesday&query=book%3Dcampus%26operation%3Dsearch",
        "wallet": str(Wallet.objects.get(user__platform_id="jonas").pk),
    }


def _hosting_things() -> dict[str, str]:
    """A campus that the organisation pays for, and a course of the member's, each with a bill of October."""
    since = datetime(2026, 10, 1, tzinfo=UTC)
    campus, jonas = ("organisation", "lindenhof"), ("user", "jonas")
    for kind, key, owner in (("campus", "south", campus), ("course", "poems", jonas)):
        reported = Reported(owner, 20, 3 * 10**9, name=key.title(), since=since)
        report_resource(kind=kind, key=key, reported=reported, actor="tests", at=NOW)
    run = carry_out(start_billing(month="2026-10", actor="tests", at=NOW), clock=lambda: NOW)
    bills = dict(Bill.objects.values_list("resource__platform_id", "pk"))
    return {"bill": str(bills["south"]), "own_bill": str(bills["poems"]), "run": str(run.pk)}


def _staff_things() -> dict[str, str]:
    platform = create_api_client(name="platform", at=NOW, by=BY)
    working, _ = create_api_key(client=platform, at=NOW, by=BY)
    denied = InsufficientTokens("5 tokens are missing.")
    record_denials([(as_asked(_charge_of("jonas")), denied)], client_name="platform", at=NOW)
    check_ledger(actor="clock", at=NOW)
    ProviderModel.objects.create(
        name="maker/model-1", mode="chat", provider="maker", prices={}, changed_at=NOW
    )
    saved = save_filter(user=person("support"), label="wallets.wallet", name="Frozen", query="status=frozen")
    return {
        "filter": str(saved.pk),
        "client": str(platform.pk),
        "working_key": str(working.pk),
        "frozen_wallets": "list=wallets.wallet&name=Mine&query=status%3Dfrozen",
        "old_keys": "list=identity.apikey&name=Mine&query=q%3D1",
    }


def _support_things() -> dict[str, str]:
    """A problem of the member's about the shared charge, and a proposal of support's."""
    charge = _charge_of("jonas", cost_centre__isnull=False)
    wallet = Wallet.objects.get(user__platform_id="jonas")
    others = _charge_of("ines")
    case = open_case(
        thing=Thing("Too dear", wallet.pk, charge.id),
        category="cost",
        text="Too dear",
        form_key=uuid4(),
        by=person("jonas"),
        at=NOW,
    )
    by, payload = person("support"), {"wallet": wallet.pk, "bucket": "purchased", "tokens": 50 * MICRO}
    effect, _second = foresee("adjust_wallet", payload, by=by, at=NOW)
    wish = Wish("adjust_wallet", payload, "Counted twice", effect.seen, uuid4())
    proposal = request(wish=wish, by=by, at=NOW)
    return {
        "case": str(case.pk),
        "proposal": str(proposal.pk),
        "charge_number": str(charge.id),
        "charge_c": charge.number,
        "report_others": f"about={others.number}&text=Hm&category=cost&form_key={uuid4()}",
        "key": str(uuid4()),
    }


def _work_things(campus: Organisation) -> dict[str, str]:
    """A request of the member's, an invitation, something that repeats, an allocation, plans."""
    member = SubjectRef("member", "jonas")
    change = LimitChange(member, "week", 10**9)
    set_limits(organisation=campus, changes=[change], actor="tests", at=NOW)
    asked = ask_for_more(
        organisation=campus,
        user=person("jonas"),
        name=LimitName(member, "week"),
        tokens=MICRO,
        reason="Exams",
        at=NOW,
    )
    (guest,) = invite(organisation=campus, guests=[Guest("guest@lindenhof.example")], actor="tests", at=NOW)
    repeating = repeat_allocation(
        organisation=campus,
        subject=SubjectRef("members"),
        mode="add",
        tokens=MICRO,
        every="month",
        day=1,
        note="",
        actor="tests",
        at=NOW,
    )
    items = [Item("jonas", MICRO)]
    run = allocate(organisation=campus, items=items, note="", actor="tests", at=NOW)
    for code, quota in (("team", 500), ("big", 900)):
        terms = PlanTerms(code.title(), 4900, "month", quota)
        define_plan(code=code, price_book="campus", terms=terms, actor="tests", at=NOW)
    assign_plan(organisation=campus, code="team", actor="tests", at=NOW)
    statement = UsageStatement.objects.create(
        wallet=Wallet.objects.get(organisation=campus),
        month=date(2026, 10, 1),
        lines=[["operation", "search", MICRO], ["kind", "bill", MICRO], ["at_hand", "", -MICRO]],
        tokens_micro=MICRO,
        money_minor=1,
        currency="EUR",
        issued_at=NOW,
    )
    return {
        "api_key": str(_a_key_of("lindenhof")[0].pk),
        "others_key": str(_a_key_of("harbour")[0].pk),
        "new_key": f"label=Export&lasts=90&form_key={uuid4()}",
        "form": f"form_key={uuid4()}",
        "statement": str(statement.pk),
        "request": str(asked.pk),
        "decide": f"request={asked.pk}&answer=granted",
        "guest": str(guest.pk),
        "invitation": link_of(guest),
        "repeating": str(repeating.pk),
        "allocation": str(run.number),
        "plan": str(Plan.objects.get(code="team").pk),
        "centre": CostCentre.objects.filter(organisation=campus).order_by("pk")[0].platform_id,
        "give": f"step=confirm&to=all&how=each&tokens=1&form_key={uuid4()}",
        "back": f"step=confirm&to=all&how=all&form_key={uuid4()}",
        "swap": f"step=confirm&giver=jonas&taker=lotte&tokens=1&form_key={uuid4()}",
        "cap": "step=confirm&whom=members&period=week&what=cap&tokens=900",
        "cover": "step=confirm&whom=organisation&mode=member_wallets&percent=10",
        "ask": "organisation=lindenhof&period=week",
    }


def _charge_of(key: str, **conditions: object) -> ChargeState:
    captured = Charge.objects.filter(wallet__user__platform_id=key, status="captured")
    return get_charge(captured.filter(**conditions).earliest("id").pk, at=NOW)
