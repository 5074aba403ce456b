"""The generation history: what paid for each, found by source, person, operation, model and day."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client

from apps.core.clock import stopped_at
from apps.core.units import MICRO, parse_quantity
from apps.identity.models import User
from apps.organisations.models import Organisation
from apps.organisations.services import end_membership
from apps.plans.services import PlanTerms, assign_plan, define_plan
from apps.portal.holdings import Holding, load_shell
from apps.portal.plan_page import history as history_module
from apps.portal.plan_page import page as page_module
from apps.portal.plan_page.history import History, organisation_history, own_history, read_asked
from apps.usage.services import create_charge
from apps.usage.state import ChargeRequest
from tests.cast import AT, a_member, an_organisation, load_prices, pays

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def school() -> Organisation:
    """Two generations of Ada's and one of Bob's; the plan pays for two of the three."""
    load_prices()
    school = an_organisation("school", credit="1000")
    for key in ("ada", "bob"):
        a_member(school, key)
    a_member(school, "olga", role="owner")
    pays(school, "shared_pool")
    terms = PlanTerms("Small", 4900, "month", 2, 0)
    define_plan(code="small", price_book="campus", terms=terms, actor="tests", at=AT)
    assign_plan(organisation=school, code="small", actor="tests", at=AT)
    for number, user in enumerate(("ada", "bob", "ada")):
        _draft(user, number)
    _draft("ada", 3, operation="page")
    return school


def _draft(user: str, hours: int, operation: str = "draft", organisation: str | None = "school") -> None:
    request = ChargeRequest(
        user=user,
        operation=operation,
        quantities={operation: parse_quantity(1)},
        organisation=organisation,
        capture=True,
    )
    create_charge(request, client_id=None, at=AT + hours * HOUR)


def _holding(key: str, slug: str = "") -> Holding:
    shell = load_shell(User.objects.get(platform_id=key), AT + 5 * HOUR, slug)
    found = shell.organisation(slug) if slug else shell.own()
    assert found is not None
    return found


def _seen(room: int = 30, **query: str) -> History:
    return organisation_history(_holding("olga", "school"), read_asked(query), AT + 5 * HOUR, room=room)


def _who(history: History) -> list[tuple[str, bool]]:
    return [(one.charge.user_key, one.by_plan) for one in history.generations]


def test_only_generations_are_listed_the_latest_first(school: Organisation) -> None:
    assert _who(_seen()) == [("ada", False), ("bob", True), ("ada", True)]
    assert [one.paid for one in _seen().generations] == [20 * MICRO, 0, 0]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"source": "plan"}, ["bob", "ada"]),
        ({"source": "tokens"}, ["ada"]),
        ({"person": "ada"}, ["ada", "ada"]),
        ({"person": "BOB@example.com"}, ["bob"]),
        ({"person": "keller"}, ["bob"]),
        ({"operation": "draft"}, ["ada", "bob", "ada"]),
        ({"operation": "page"}, []),
        ({"model": "nothing"}, []),
        ({"from": AT.date().isoformat()}, ["ada", "bob", "ada"]),
        ({"to": (AT - timedelta(days=1)).date().isoformat()}, []),
        ({"from": "nonsense", "to": "31-31-31", "before": "x"}, ["ada", "bob", "ada"]),
    ],
)
def test_each_filter_leaves_what_it_says(
    school: Organisation, query: dict[str, Any], found: list[str]
) -> None:
    User.objects.filter(platform_id="bob").update(email="bob@example.com", name="Bob Keller")
    assert [who for who, _by_plan in _who(_seen(**query))] == found


def test_a_name_that_two_people_have_or_nobody_is_not_guessed_at(school: Organisation) -> None:
    User.objects.filter(platform_id__in=("ada", "bob")).update(name="Twin")
    for name in ("Twin", "Zoe"):
        history = _seen(person=name)
        assert (history.nobody, history.generations) == (True, ())


def test_somebody_who_has_left_is_still_found(school: Organisation) -> None:
    end_membership(
        organisation=school, user=User.objects.get(platform_id="bob"), actor="tests", at=AT + 4 * HOUR
    )
    assert _who(_seen(person="bob")) == [("bob", True)]


def test_pages_follow_each_other_without_loss(school: Organisation) -> None:
    first = _seen(room=2)
    rest = _seen(room=2, **dict(part.split("=") for part in first.next_query[1:].split("&")))
    assert _who(first) + _who(rest) == _who(_seen())
    assert rest.next_query == ""


def test_a_page_of_what_others_paid_for_leads_on_to_older_ones(
    school: Organisation, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_module, "ROUNDS", 1)
    pays(school, "member_wallets")
    for hours in (4, 5, 6):
        _draft("bob", hours)
    first = _seen(room=1)
    assert (_who(first), first.next_query != "") == ([], True)
    rest = _seen(room=1, **dict(part.split("=") for part in first.next_query[1:].split("&")))
    assert _who(rest) == [("ada", False)]
    monkeypatch.setattr(page_module, "organisation_history", partial(organisation_history, room=1))
    client.force_login(User.objects.get(platform_id="olga"))
    with stopped_at(AT + 9 * HOUR):
        page = client.get("/orgs/school/plan/").content.decode()
    assert "Look among older ones" in page
    assert first.next_query.replace("&", "&amp;") in page


def test_what_others_pay_for_an_organisation_does_not_see(school: Organisation) -> None:
    _draft("ada", 4, organisation=None)
    assert len(_seen().generations) == 3
    assert len(_mine("ada").generations) == 3


def _mine(key: str, **query: str) -> History:
    return own_history(_holding(key), {"campus"}, read_asked(query), AT + 5 * HOUR)


def test_everybody_sees_their_own_and_nobody_elses(school: Organisation) -> None:
    assert _who(_mine("bob")) == [("bob", True)]
    assert _who(_mine("bob", person="ada")) == [("bob", True)]
    assert [one.cost for one in _mine("ada").generations] == [20 * MICRO, 0]
    assert _who(_mine("ada", source="plan")) == [("ada", True)]


def test_both_histories_are_files_too(school: Organisation, client: Client) -> None:
    client.force_login(User.objects.get(platform_id="olga"))
    rows = _rows(client.get("/orgs/school/generations.csv?person=ada"))
    assert [(row["Id"], row["Paid by"], row["Tokens"]) for row in rows] == [
        ("ada", "tokens", "20"),
        ("ada", "plan", "0"),
    ]
    client.force_login(User.objects.get(platform_id="ada"))
    rows = _rows(client.get("/budget/generations.csv?source=tokens"))
    assert [(row["Paid by"], row["Tokens"]) for row in rows] == [("tokens", "20")]


def _rows(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_the_page_marks_what_the_plan_paid(school: Organisation, client: Client) -> None:
    client.force_login(User.objects.get(platform_id="bob"))
    page = client.get("/budget/generations/").content.decode()
    assert page.count('<span class="tag">Plan</span>') == 1
    assert "Ada" not in page


def test_everybody_who_used_the_plan_is_counted(
    school: Organisation, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_module, "FIRST_PEOPLE", 1)
    client.force_login(User.objects.get(platform_id="olga"))
    with stopped_at(AT + 5 * HOUR):
        page = client.get("/orgs/school/plan/").content.decode()
    assert [key in page for key in ("?person=ada#", "?person=bob#", "1 more member")] == [True] * 3


def test_every_generation_leads_to_its_charge(school: Organisation, client: Client) -> None:
    for who, address in (("olga", "/orgs/school/plan/"), ("ada", "/budget/generations/")):
        client.force_login(User.objects.get(platform_id=who))
        links = re.findall(r'href="(/charges/[^"]+)"', client.get(address).content.decode())
        assert links
        assert {client.get(link).status_code for link in links} == {200}
