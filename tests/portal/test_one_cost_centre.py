"""The page of one cost centre: what is left, where its month leads, who belongs to it."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.allocations.earmarks import set_earmark
from apps.allocations.models import LimitRaise, SpendingTotal
from apps.core.units import MICRO
from apps.organisations.models import CostCentre, Organisation
from apps.organisations.services import end_membership, set_cost_centre, set_people
from tests.portal.world import BEFORE, NOW, person, spend
from tests.usage.charging import limit

HOME = "/orgs/lindenhof/cost-centres/is"


@pytest.fixture
def owner(campus: Organisation, client: Client) -> Client:
    client.force_login(person("mira"))
    return client


def _words(client: Client, key: str = "statistics") -> str:
    text = client.get(f"{HOME}/{key}/").content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def _below(campus: Organisation, key: str, parent: str | None) -> None:
    set_cost_centre(
        organisation=campus, key=key, name=key.title(), kind="course", parent=parent, actor="t", at=BEFORE
    )


def test_it_says_what_was_spent_and_what_is_left(owner: Client) -> None:
    page = owner.get(f"{HOME}/statistics/").context["page"]
    (cap,) = page.caps
    assert page.spent == cap.spent > 0
    assert cap.left == 400 * MICRO - cap.spent
    assert "tokens spent this month" in _words(owner)


def test_every_cap_stands_there_the_months_first(owner: Client, campus: Organisation) -> None:
    for period in ("day", "total", "week"):
        limit(campus, "cost_centre statistics", period, "1000", at=BEFORE)
    page = owner.get(f"{HOME}/statistics/").context["page"]
    assert [cap.period for cap in page.caps] == ["month", "total", "week", "day"]
    assert page.tightest.period == "month"


def test_what_was_granted_on_top_is_part_of_the_cap_and_of_the_chart(
    owner: Client, campus: Organisation
) -> None:
    LimitRaise.objects.create(
        organisation=campus,
        subject_type="cost_centre",
        subject_key="statistics",
        period="month",
        tokens_micro=50 * MICRO,
        first_on=date(2026, 11, 1),
        until_on=date(2026, 12, 1),
        at=BEFORE,
        actor="t",
    )
    text = _words(owner)
    assert "of 450" in text
    assert "50 of it granted on top." in text
    assert "Limit 450" in text


def test_spending_below_it_counts(owner: Client, campus: Organisation) -> None:
    _below(campus, "north", None)
    _below(campus, "algebra", "north")
    spend("lotte", "integration", 5, NOW, cost_centre="algebra")
    north, algebra = (owner.get(f"{HOME}/{key}/").context["page"] for key in ("north", "algebra"))
    assert north.spent == algebra.spent > 0
    assert [(one.key, one.spent) for one in north.below] == [("algebra", algebra.spent)]
    assert algebra.parent.platform_id == "north"


def test_those_who_belong_to_it_are_there_by_spending(owner: Client, campus: Organisation) -> None:
    own = CostCentre.objects.get(platform_id="statistics")
    set_people(centre=own, users=["mira", "lotte", "jonas", "bruno"], actor="t", at=NOW)
    end_membership(organisation=campus, user=person("bruno"), actor="t", at=NOW)
    page = owner.get(f"{HOME}/statistics/").context["page"]
    assert [one.key for one in page.people] == ["jonas", "lotte", "mira"]
    assert page.people_count == 3
    assert "/allocations/new/?centre=statistics" in owner.get(f"{HOME}/statistics/").content.decode()


def test_its_link_fills_in_the_form_that_allocates(owner: Client) -> None:
    begun = owner.get("/orgs/lindenhof/allocations/new/?centre=statistics").context["form"].initial
    assert begun == {"to": "cost_centre", "centre": "statistics"}


def test_without_members_it_says_how_to_name_them(owner: Client) -> None:
    text = _words(owner)
    assert "Nobody belongs to it yet" in text
    assert "Allocate" not in text.partition("What may be spent")[0].partition("Statistics I")[2]


def test_what_is_left_of_its_reserved_tokens_is_told(owner: Client, campus: Organisation) -> None:
    assert "Reserved, left" not in _words(owner)
    set_earmark(organisation=campus, centre="statistics", tokens=70 * MICRO, actor="t", at=NOW)
    assert owner.get(f"{HOME}/statistics/").context["page"].reserved == 70 * MICRO
    assert "Reserved, left" in _words(owner)


def test_it_says_what_the_month_went_on(owner: Client, campus: Organisation) -> None:
    _below(campus, "algebra", "statistics")
    spend("lotte", "integration", 5, NOW, cost_centre="algebra")
    page = owner.get(f"{HOME}/statistics/").context["page"]
    assert page.went.total == page.spent
    assert [bar.name for bar in page.went.bars] == ["Live session", "Integration"]
    usage = owner.get(page.usage_url).context["page"]
    assert (usage.centre, usage.total.amount) == ("Statistics I", page.spent)


def test_table_and_page_say_the_same_of_where_it_leads(owner: Client, campus: Organisation) -> None:
    SpendingTotal.objects.filter(subject_key="statistics").delete()
    SpendingTotal.objects.bulk_create(
        SpendingTotal(
            scope=campus.wallet,
            subject_type="cost_centre",
            subject_key="statistics",
            day=NOW.date() - timedelta(days=ago),
            spent_micro=(5 + 10 * (ago % 7 < 2)) * MICRO,
        )
        for ago in range(100)
    )
    page = owner.get(f"{HOME}/statistics/").context["page"]
    (line,) = owner.get("/orgs/lindenhof/cost-centres/").context["page"].centres
    assert line.likely == page.caps[0].likely == page.month.rows[-1].likely
    assert line.likely != line.spent * 30 // 21


def test_a_cap_that_is_likely_to_be_passed_says_by_how_much(owner: Client, campus: Organisation) -> None:
    tokens = owner.get(f"{HOME}/statistics/").context["page"].spent // MICRO + 1
    limit(campus, "cost_centre statistics", "month", str(tokens), at=BEFORE)
    (cap,) = owner.get(f"{HOME}/statistics/").context["page"].caps
    assert cap.over == cap.likely - tokens * MICRO > 0
    assert "over the cap." in _words(owner)


def test_a_new_centre_has_nothing_to_draw(owner: Client, campus: Organisation) -> None:
    _below(campus, "north", None)
    text = _words(owner, "north")
    assert "It has no cap" in text
    assert "Nothing was spent for it this month or last" in text


def test_whoever_saves_it_comes_back_to_it(owner: Client) -> None:
    form = {"name": "Statistics II", "kind": "course", "people": ""}
    assert owner.post(f"{HOME}/statistics/change/", form)["Location"] == f"{HOME}/statistics/"


def test_it_needs_fourteen_queries(
    owner: Client, campus: Organisation, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    _below(campus, "north", None)
    _below(campus, "statistics", "north")
    _below(campus, "algebra", "statistics")
    set_earmark(organisation=campus, centre="statistics", tokens=70 * MICRO, actor="t", at=NOW)
    set_people(centre=CostCentre.objects.get(platform_id="statistics"), users=["jonas"], actor="t", at=NOW)
    with django_assert_max_num_queries(14):
        owner.get(f"{HOME}/statistics/")


def test_a_members_page_leads_to_their_centres(owner: Client) -> None:
    centre = CostCentre.objects.get(platform_id="statistics")
    set_people(centre=centre, users=["jonas"], actor="t", at=NOW)
    page = owner.get("/orgs/lindenhof/members/jonas/").content.decode()
    assert f'<a href="{HOME}/statistics/">{centre.name}</a>' in page
