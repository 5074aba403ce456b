"""Allocating on the page: the effect and what is to be said about it stand there before anything moves."""

from __future__ import annotations

from uuid import uuid4

from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.organisations.models import Organisation
from tests.portal.world import BEFORE, person
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
