"""Allocating on the page: the effect and what is to be said about it stand there before anything moves."""

from __future__ import annotations

import re
from uuid import uuid4

from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.allocations.earmarks import set_earmark
from apps.core.units import MICRO
from apps.organisations.models import Organisation
from apps.organisations.services import set_cost_centre
from apps.wallets.selectors import view_wallet
from apps.wallets.services import sync_organisation
from tests.portal.world import BEFORE, NOW, person
from tests.usage.charging import limit

ALLOCATE = "/orgs/lindenhof/allocations/new/"
EACH = {
    "to": "people",
    "people": "bruno",
    "how": "each",
    "tokens": "100",
    "step": "preview",
    "form_key": str(uuid4()),
}
TOGETHER = "lets everybody together spend"


def _preview(client: Client) -> str:
    client.force_login(person("mira"))
    return client.post(ALLOCATE, EACH).content.decode()


def test_an_allocation_warns_where_the_organisations_limit_keeps_it_from_being_spent(
    client: Client, campus: Organisation
) -> None:
    limit(campus, "organisation", "day", None, at=BEFORE)
    limit(campus, "organisation", "total", "100000", at=BEFORE)
    assert "Allocate 100 tokens" in _preview(client)
    assert TOGETHER not in _preview(client)
    limit(campus, "organisation", "month", "5", at=BEFORE)
    assert f"{TOGETHER} 0 this month" in _preview(client)


def test_the_effect_takes_at_most_fifteen_queries(
    client: Client, campus: Organisation, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(person("mira"))
    with django_assert_max_num_queries(15):
        assert "Allocate 100 tokens" in client.post(ALLOCATE, EACH).content.decode()


def test_the_effect_leaves_reserved_tokens_alone(client: Client, campus: Organisation) -> None:
    set_cost_centre(
        organisation=campus, key="lab", name="Lab", kind="project", parent=None, actor="t", at=BEFORE
    )
    wallet = view_wallet("organisation", "lindenhof", at=NOW)
    lasting = wallet.available
    set_earmark(organisation=campus, centre="lab", tokens=lasting - 50 * MICRO, actor="t", at=NOW)
    page = _preview(client)
    assert "more are reserved for cost centres" in page
    assert "50 tokens are missing: nothing can move" in page


def test_the_effect_on_a_wallet_that_pays_afterwards_begins_with_what_it_owes(
    client: Client, campus: Organisation
) -> None:
    sync_organisation(key="lindenhof", fields={"unlimited": True}, at=NOW)
    wallet = view_wallet("organisation", "lindenhof", at=NOW)
    lasting = wallet.available // MICRO
    client.force_login(person("mira"))
    page = client.post(ALLOCATE, {**EACH, "tokens": str(lasting + 30)}).content.decode()
    assert "below zero is what has to be paid" in page
    assert re.search("<dt>After</dt><dd>\N{MINUS SIGN}2[0-9]", page)


def test_a_number_beside_all_that_is_left_is_asked_about(client: Client, campus: Organisation) -> None:
    client.force_login(person("mira"))
    form = {**EACH, "to": "all", "people": "", "how": "all", "tokens": "10"}
    answer = client.post("/orgs/lindenhof/allocations/reclaim/", form)
    assert answer.status_code == 422
    assert "You wrote how many" in answer.content.decode()
