"""The table of cost centres: caps beside the wallet, and how each stands."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from django.test import Client

from apps.allocations.models import LimitRaise, SpendingLimit
from apps.core.units import MICRO
from apps.organisations.models import CostCentre, Organisation
from apps.organisations.services import set_cost_centre
from apps.portal.centres_page.page import MOST
from apps.wallets.models import Wallet
from tests.portal.world import BEFORE, person
from tests.usage.charging import limit

CENTRES = "/orgs/lindenhof/cost-centres/"
TOO_MUCH = "The caps add up to"


def _centre(campus: Organisation, key: str, parent: str | None = None, cap: str = "") -> None:
    set_cost_centre(
        organisation=campus,
        key=key,
        name=key.title(),
        kind="course",
        parent=parent,
        actor="tests",
        at=BEFORE,
    )
    if cap:
        limit(campus, f"cost_centre {key}", "month", cap, at=BEFORE)


def _page(client: Client) -> str:
    client.force_login(person("mira"))
    return client.get(CENTRES).content.decode()


def test_caps_inside_a_centre_without_one_add_up(client: Client, campus: Organisation) -> None:
    _centre(campus, "north")
    _centre(campus, "algebra", "north", "30000")
    assert TOO_MUCH not in _page(client)
    _centre(campus, "poetry", "north", "30000")
    assert f"{TOO_MUCH} <b>60,400" in _page(client)


def test_a_cap_inside_another_is_not_counted_twice(client: Client, campus: Organisation) -> None:
    _centre(campus, "north", None, "30000")
    _centre(campus, "letters", "north")
    _centre(campus, "poetry", "letters", "30000")
    assert TOO_MUCH not in _page(client)


def test_caps_of_a_wallet_that_is_paid_for_afterwards_are_never_too_much(
    client: Client, campus: Organisation
) -> None:
    _centre(campus, "north", None, "90000")
    assert TOO_MUCH in _page(client)
    Wallet.objects.filter(organisation=campus).update(unlimited=True)
    assert TOO_MUCH not in _page(client)


def test_a_centre_stands_as_its_cap_that_is_used_up_most(client: Client, campus: Organisation) -> None:
    limit(campus, "cost_centre statistics", "month", "9000", at=BEFORE)
    limit(campus, "cost_centre statistics", "day", "5", at=BEFORE)
    assert "9,000</a>" in _page(client)
    limit(campus, "cost_centre statistics", "day", "0", at=BEFORE)
    text = _page(client)
    assert "per day; also 9,000 per month" in text
    assert "Reached" in text


def test_what_was_granted_on_top_of_a_cap_cannot_be_moved(client: Client, campus: Organisation) -> None:
    _centre(campus, "poetry", None, "100")
    client.force_login(person("mira"))
    raised = LimitRaise(
        organisation=campus,
        subject_type="cost_centre",
        subject_key="poetry",
        period="month",
        tokens_micro=50 * MICRO,
        first_on=date(2026, 11, 1),
        until_on=date(2026, 12, 1),
        at=BEFORE,
        actor="tests",
    )
    raised.save()
    asked = {
        "giver": "poetry",
        "taker": "statistics",
        "tokens": "130",
        "step": "preview",
        "form_key": str(uuid4()),
    }
    assert client.post(f"{CENTRES}move/", asked).status_code == 422
    text = client.post(f"{CENTRES}move/", {**asked, "tokens": "100"}).content.decode()
    assert '<span class="before">100</span>' in text


def test_a_table_full_of_centres_is_added_up_at_once(client: Client, campus: Organisation) -> None:
    CostCentre.objects.bulk_create(
        CostCentre(organisation=campus, platform_id=f"c-{n}", name=f"Course {n}", kind="course")
        for n in range(MOST)
    )
    limit(campus, "cost_centre c-0", "day", "5", at=BEFORE)
    limit(campus, "cost_centre c-0", "month", "50", at=BEFORE)
    assert "Course 0" in _page(client)


def test_without_any_cap_no_column_speaks_of_one(client: Client, campus: Organisation) -> None:
    assert "Spent of it" in _page(client)
    SpendingLimit.objects.filter(organisation=campus, subject_type="cost_centre").delete()
    page = _page(client)
    assert "No cap" in page
    assert "Spent of it" not in page
    assert ">State<" not in page
