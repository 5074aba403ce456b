"""What somebody sends twice, by a double click or by going back, is done once and said to be done already."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.allocations.models import RecurringAllocation, SpendingLimit
from apps.allocations.rules import LimitChange, SubjectRef, set_limits
from apps.core.units import MICRO
from apps.organisations.models import CostCentre, Organisation
from apps.organisations.services import set_cost_centre
from tests.portal.world import NOW, person

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


def test_cap_is_moved_once(owner: Client, campus: Organisation) -> None:
    a_capped_centre(campus, "laboratory", 100)
    form = {"giver": "statistics", "taker": "laboratory", "tokens": "30"}
    assert "not done twice" in send_twice(owner, "cost-centres/move/", form)
    assert caps(campus) == {"statistics": 370, "laboratory": 130}


def test_a_cost_centre_is_made_once(owner: Client) -> None:
    assert "not done twice" in send_twice(owner, "cost-centres/new/", {"name": "Lab", "kind": "group"})
    send_twice(owner, "cost-centres/new/", {"name": "Lab", "kind": "group"})
    keys = CostCentre.objects.filter(name="Lab").order_by("pk").values_list("platform_id", flat=True)
    assert len(keys) == 2
    assert keys[0] == "lab"


def a_capped_centre(campus: Organisation, key: str, tokens: int) -> None:
    set_cost_centre(organisation=campus, key=key, name=key, kind="group", parent=None, actor="t", at=NOW)
    cap = LimitChange(SubjectRef("cost_centre", key), "month", tokens * MICRO)
    set_limits(organisation=campus, changes=[cap], actor="t", at=NOW)


def caps(campus: Organisation) -> dict[str, int]:
    rows = SpendingLimit.objects.filter(organisation=campus, subject_type="cost_centre")
    return {row.subject_key: (row.tokens_micro or 0) // MICRO for row in rows}
