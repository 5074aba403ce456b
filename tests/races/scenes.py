"""What is raced for: each scene sets itself up, runs, and says whether the books came out right."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from apps.allocations.earmarks import set_earmark
from apps.allocations.rules import LimitChange, SubjectRef, set_limits
from apps.allocations.services import Item, allocate, reclaim
from apps.core.proof import verify_ledger
from apps.core.units import MICRO
from apps.organisations.models import Organisation
from apps.organisations.services import set_cost_centre
from apps.plans.services import PlanTerms, assign_plan, define_plan
from apps.usage.changing import capture_charge, extend_charge, refund_charge
from apps.usage.models import Charge
from apps.usage.rows import load_charge
from apps.usage.services import create_charge
from apps.usage.settling import expire_holds
from apps.usage.state import ChargeRequest, ChargeState
from apps.wallets.books import project, settle_wallets
from apps.wallets.models import Grant, Wallet
from apps.wallets.services import credit_wallet
from tests.cast import AT, a_member, a_user, an_organisation, give, load_prices, pays
from tests.races import running
from tests.support.staff import a_clerk, adjustment, ask, nod

Scene = Callable[[int], None]
LATER = AT + timedelta(seconds=901)


def page(user: str, tokens: int, *, organisation: str | None = None, capture: bool = True) -> ChargeState:
    """Charge so many whole tokens at AT."""
    request = ChargeRequest(
        user=user,
        operation="page",
        quantities={"page": tokens * MICRO},
        organisation=organisation,
        capture=capture,
    )
    return create_charge(request, client_id=None, at=AT)


def wallet_of(key: str) -> int:
    return Wallet.objects.get(owner_key=key).pk


def balance(key: str) -> int:
    """Micro-tokens in all buckets as stored."""
    number = wallet_of(key)
    return project([number], at=AT).wallets[number].balance


def prove() -> None:
    """The books themselves."""
    assert verify_ledger().differences == ()


def the_last_tokens(people: int) -> None:
    """So many ask for 8 tokens each of a wallet that has enough for a quarter of them."""
    load_prices()
    a_user("ada")
    page("ada", 200)
    affordable = max(people // 4, 1)
    credit_wallet(
        owner_type="user",
        key="ada",
        tokens=(affordable * 8 + 7) * MICRO,
        kind="migration",
        reason="",
        actor="tests",
        at=AT,
    )
    outcomes = running.race([partial(page, "ada", 8)] * people)
    assert outcomes == {"done": affordable, "insufficient_tokens": people - affordable}
    assert balance("ada") == 7 * MICRO
    prove()


def refunds_at_once(people: int) -> None:
    """All ask for the whole refund of one charge: one gets it."""
    load_prices()
    a_user("ada")
    charge = page("ada", 50)
    refund = partial(refund_charge, charge.id, tokens=None, reason="", actor="tests", at=AT)
    outcomes = running.race([refund] * people)
    assert outcomes == {"done": 1, "invalid_state": people - 1}
    assert (balance("ada"), load_charge(charge.id).refunded) == (200 * MICRO, 50 * MICRO)
    prove()


def capture_against_expiry(people: int) -> None:
    """A capture just in time and the sweep just after the deadline: one of them ends the hold."""
    load_prices()
    a_user("ada")
    charges = [page("ada", 10, capture=False) for _ in range(people // 2)]
    captures = [
        partial(capture_charge, charge.id, quantities=None, options=None, at=AT) for charge in charges
    ]
    sweeps = [partial(expire_holds, at=LATER)] * (people - len(captures))
    outcomes = running.race([*captures, *sweeps])
    captured = [charge for charge in charges if load_charge(charge.id).status == "captured"]
    expired = len(charges) - len(captured)
    assert outcomes == {"done": people - expired} | ({"invalid_state": expired} if expired else {})
    assert balance("ada") == (200 - 10 * len(captured)) * MICRO
    prove()


def reset_against_charge(people: int) -> None:
    """The new month's grant comes once, whoever carries it out."""
    load_prices()
    a_user("ada")
    page("ada", 150)
    month = AT + timedelta(days=29)
    number = wallet_of("ada")
    request = ChargeRequest(user="ada", operation="page", quantities={"page": 20 * MICRO}, capture=True)
    charge = partial(create_charge, request, client_id=None, at=month)
    reset = partial(settle_wallets, [number], at=month)
    outcomes = running.race([reset, charge] * (people // 2))
    assert outcomes == {"done": 2 * (people // 2)}
    assert Grant.objects.filter(wallet=number).count() == 2
    assert balance("ada") == (200 - 20 * (people // 2)) * MICRO
    prove()


def the_edge_of_a_limit(people: int) -> None:
    """Members with allocated tokens of their own meet under the organisation's limit of one charge."""
    load_prices()
    school = an_organisation("school", credit="1000")
    names = [f"member-{number}" for number in range(people)]
    for name in names:
        a_member(school, name)
        page(name, 200)
        give(school, name, "10")
    change = LimitChange(SubjectRef("organisation"), "day", 10 * MICRO)
    set_limits(organisation=school, changes=[change], actor="tests", at=AT)
    outcomes = running.race([partial(page, name, 10, organisation="school") for name in names])
    assert outcomes == {"done": 1, "limit_reached": people - 1}
    assert sum(balance(name) for name in names) == (people - 1) * 10 * MICRO
    prove()


def credits_at_once(people: int) -> None:
    """No credit is lost."""
    load_prices()
    a_user("ada")
    credit = partial(
        credit_wallet,
        owner_type="user",
        key="ada",
        tokens=3 * MICRO,
        kind="promotion",
        reason="",
        actor="tests",
        at=AT,
    )
    outcomes = running.race([credit] * people)
    assert outcomes == {"done": people}
    assert balance("ada") == (200 + 3 * people) * MICRO
    prove()


def capture_against_extend(people: int) -> None:
    """A hold is lowered while it is captured for more: the wallet can pay, so everything is collected."""
    load_prices()
    a_user("ada")
    charge = page("ada", 100, capture=False)
    used = {"page": 50 * MICRO}
    capture = partial(capture_charge, charge.id, quantities=used, options=None, at=AT)
    lower = partial(extend_charge, charge.id, used=None, reserve={"page": MICRO}, hold_seconds=None, at=AT)
    outcomes = running.race([capture, *[lower] * (people - 1)])
    assert outcomes["done"] + outcomes["invalid_state"] == people
    after = load_charge(charge.id)
    assert (after.status, after.uncollected, balance("ada")) == ("captured", 0, 150 * MICRO)
    prove()


def shared_pool_at_once(people: int) -> None:
    """Different people on one organisation's pool: it never goes below zero."""
    load_prices()
    school = an_organisation("school", credit="25")
    pays(school, "shared_pool")
    names = [f"member-{number}" for number in range(people)]
    for name in names:
        a_member(school, name)
    outcomes = running.race([partial(page, name, 10, organisation="school") for name in names])
    assert outcomes == {"done": 2, "insufficient_tokens": people - 2}
    assert balance("school") == 5 * MICRO
    prove()


def allocations_in_opposite_order(people: int) -> None:
    """Two organisations give to and take from the same members, who are named in opposite orders."""
    load_prices()
    names = [f"member-{number}" for number in range(12)]
    schools = [an_organisation(key, credit="10000") for key in ("north", "south")]
    for school in schools:
        for name in names:
            a_member(school, name)
    calls = [partial(_give_and_take, schools[n % 2], names[:: 1 if n % 4 < 2 else -1]) for n in range(people)]
    outcomes = running.race(calls)
    assert outcomes == {"done": people}
    assert [balance(key) for key in ("north", "south")] == [
        10_000 * MICRO - _given(people, n) for n in (0, 1)
    ]
    prove()


def one_form_sent_many_times(people: int) -> None:
    """A form that is sent many times at once gives once, and the others are told so."""
    load_prices()
    school = an_organisation("school", credit="100")
    a_member(school, "ada")
    give(school, "ada", "10")
    send = partial(
        allocate,
        organisation=school,
        items=[Item("ada", 10 * MICRO)],
        note="",
        actor="tests",
        at=AT,
        form_key=uuid.uuid4(),
    )
    outcomes = running.race([send] * people)
    assert outcomes == {"done": 1, "done_already": people - 1}
    assert balance("school") == 80 * MICRO
    prove()


def _given(people: int, place: int) -> int:
    return len(range(place, people, 2)) * 12 * MICRO


def _give_and_take(school: Organisation, names: list[str]) -> None:
    for move, tokens in ((allocate, 3), (reclaim, 2)):
        items = [Item(name, tokens * MICRO) for name in names]
        move(organisation=school, items=items, note="", actor="tests", at=AT)


def approvals_at_once(people: int) -> None:
    """So many others approve the same proposal: it is carried out once."""
    load_prices()
    a_user("ada")
    proposal = ask("adjust_wallet", adjustment(wallet_of("ada"), 1500), a_clerk("fay", "finance"))
    clerks = [a_clerk(f"finn{number}", "finance") for number in range(people)]
    outcomes = running.race([partial(nod, proposal, clerk) for clerk in clerks])
    assert outcomes == {"done": 1, "invalid_state": people - 1}
    assert balance("ada") == 1700 * MICRO
    prove()


def the_last_generations(people: int) -> None:
    """Members whose wallets never meet ask for generations; the plan has them for half."""
    load_prices()
    school = an_organisation("school")
    names = [f"member-{number}" for number in range(people)]
    for name in names:
        a_member(school, name)
    quota = people // 2
    terms = PlanTerms("Team", 0, "month", quota)
    define_plan(code="team", price_book="campus", terms=terms, actor="tests", at=AT)
    assign_plan(organisation=school, code="team", actor="tests", at=AT)
    requests = [
        ChargeRequest(
            user=name, operation="draft", quantities={"draft": MICRO}, organisation="school", capture=True
        )
        for name in names
    ]
    outcomes = running.race([partial(create_charge, r, client_id=None, at=AT) for r in requests])
    assert outcomes == {"done": people}
    assert Charge.objects.filter(billing_source="plan").count() == quota
    prove()


def the_reserved_tokens(people: int) -> None:
    """All ask for 30 of 100 tokens of which 60 are reserved for a cost centre: one gets them."""
    load_prices()
    school = an_organisation("school", credit="100")
    for number in range(people):
        a_member(school, f"member-{number}")
    pays(school, "shared_pool")
    set_cost_centre(organisation=school, key="lab", name="Lab", kind="project", parent=None, actor="t", at=AT)
    set_earmark(organisation=school, centre="lab", tokens=60 * MICRO, actor="tests", at=AT)
    calls = [partial(page, f"member-{number}", 30, organisation="school") for number in range(people)]
    outcomes = running.race(calls)
    assert outcomes == {"done": 1, "insufficient_tokens": people - 1}
    assert balance("school") == 70 * MICRO
    prove()
