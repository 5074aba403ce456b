"""Moving tokens between members on the page: what it would do first, or why it cannot be done."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.allocations.models import AllocationRun
from apps.organisations.models import Organisation
from tests.portal.world import person

PAGE = "/orgs/lindenhof/allocations/move/"


@pytest.fixture
def owner(campus: Organisation, client: Client) -> Client:
    client.force_login(person("mira"))
    return client


def a_move(**typed: object) -> dict[str, Any]:
    form = {"giver": "jonas", "taker": "lotte", "tokens": "10", "form_key": uuid4(), "step": "preview"}
    return form | typed


def test_more_than_is_unspent_shows_the_problem_instead_of_an_effect(owner: Client) -> None:
    answer = owner.post(PAGE, a_move(tokens="9999"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "unspent tokens that are not held" in page
    assert 'value="confirm"' not in page
    assert 'value="confirm"' in owner.post(PAGE, a_move()).content.decode()


def test_a_move_sent_twice_is_told_to_be_done_though_nothing_is_left(owner: Client) -> None:
    left = str(owner.post(PAGE, a_move()).context["effect"][0][1] / 1_000_000)
    form = a_move(step="confirm", tokens=left)
    for _time in range(2):
        assert owner.post(PAGE, form).status_code == 302
    assert AllocationRun.objects.filter(direction="reclaim").count() == 1
