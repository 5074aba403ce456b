"""What somebody sends twice, by a double click or by going back, is done once and said to be done already."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.allocations.models import RecurringAllocation
from apps.organisations.models import Organisation
from tests.portal.world import person

HOME = "/orgs/lindenhof"


@pytest.fixture
def owner(campus: Organisation, client: Client) -> Client:
    client.force_login(person("mira"))
    return client


def send_twice(owner: Client, page: str, form: dict[str, Any]) -> str:
    """What is said after the second time; both are answered with a redirect."""
    form = {"form_key": str(uuid4()), "step": "confirm", **form}
    for _time in range(2):
        answer = owner.post(f"{HOME}/{page}", form, follow=True)
        assert answer.redirect_chain
    return answer.content.decode()


def test_what_repeats_is_made_once(owner: Client) -> None:
    form = {"to": "all", "how": "each", "tokens": "5", "repeat": "month", "month_day": "1"}
    assert "not done twice" in send_twice(owner, "allocations/new/", form)
    assert RecurringAllocation.objects.count() == 1
