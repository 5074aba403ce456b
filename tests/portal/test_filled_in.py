"""Forms that are filled in say exactly what is stored: confirmed as they are, they change nothing."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import translation

from apps.allocations.earmarks import set_earmark
from apps.allocations.models import LimitRequest
from apps.allocations.requests import LimitName, ask_for_more
from apps.allocations.rules import LimitChange, SubjectRef, set_limits
from apps.organisations.models import Organisation
from apps.portal.amounts import read_amount, typed_amount
from tests.portal.world import NOW, person

HOME = "/orgs/lindenhof"


@pytest.fixture
def owner(campus: Organisation, client: Client) -> Client:
    client.force_login(person("mira"))
    return client


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("micro", [0, 1, 125_001, 10_000, 1_650_000_000, 1_234_567_123_456, 10**18])
def test_an_amount_is_read_as_it_was_filled_in(language: str, micro: int) -> None:
    with translation.override(language):
        assert read_amount(typed_amount(micro)) == micro


def test_a_grant_is_no_more_than_was_asked_for(owner: Client, campus: Organisation) -> None:
    asked = LimitName(SubjectRef("member"), "day")
    ask_for_more(organisation=campus, user=person("jonas"), name=asked, tokens=125_001, reason="More", at=NOW)
    page = owner.get(f"{HOME}/requests/")
    (waiting,) = page.context["page"].waiting
    form = {"request": waiting.row.pk, "answer": "granted", "tokens": waiting.asked}
    assert owner.post(f"{HOME}/requests/", form).status_code == 302
    assert LimitRequest.objects.get().granted_micro == 125_001


def test_limits_and_earmarks_are_filled_in_to_the_last_decimal(owner: Client, campus: Organisation) -> None:
    own = SubjectRef("cost_centre", "statistics")
    set_limits(organisation=campus, changes=[LimitChange(own, "month", 100_123_456)], actor="t", at=NOW)
    set_earmark(organisation=campus, centre="statistics", tokens=7_000_001, actor="t", at=NOW)
    page = owner.get(f"{HOME}/limits/set/?whom=cost_centre&centre=statistics")
    assert page.context["form"].initial["tokens"] == "100.123456"
    page = owner.get(f"{HOME}/cost-centres/is/statistics/change/")
    assert page.context["form"].initial["earmark"] == "7.000001"
