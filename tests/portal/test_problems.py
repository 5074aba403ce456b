"""A person reports a problem from what it is about, reads the answer, and says when it is solved."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from apps.core.clock import stopped_at
from apps.organisations.models import Organisation
from apps.support.cases import CASES_A_DAY, answer_case
from apps.support.models import Case
from apps.usage.models import Charge
from tests.portal.world import NOW, person
from tests.support.staff import a_clerk


@pytest.fixture
def charge(campus: Organisation) -> Charge:
    """The lecture that Lotte held: the campus paid all of it."""
    return Charge.objects.filter(wallet__user__platform_id="lotte", operation="live_session").get()


@pytest.fixture
def lotte(client: Client, charge: Charge) -> Client:
    client.force_login(person("lotte"))
    return client


def report(client: Client, **typed: str) -> int:
    """Send a report; answers the status."""
    form = {"about": "", "category": "cost", "text": "Too dear", "form_key": str(uuid4()), **typed}
    return client.post("/problems/new/", form).status_code


def test_the_number_of_a_charge_is_filled_in(lotte: Client, charge: Charge) -> None:
    page = lotte.get(f"/problems/new/?about=C-{charge.pk}").content.decode()
    assert f'value="C-{charge.pk}"' in page
    assert "Lecture 7, live" in page


def test_a_report_is_a_case_about_the_charge(lotte: Client, charge: Charge) -> None:
    assert report(lotte, about=f"C-{charge.pk}") == 302
    case = Case.objects.get()
    assert (case.charge_id, case.wallet_id, case.category) == (charge.pk, charge.wallet_id, "cost")
    assert case.title == f"C-{charge.pk}, Lecture 7, live"


def test_a_transfer_leads_to_its_charge(lotte: Client, charge: Charge) -> None:
    mira = Client()
    mira.force_login(person("mira"))
    number = charge.pk + 1
    assert report(mira, about=f"T-{number}") == 302
    case = Case.objects.get()
    assert (case.transfer_number, case.charge_id) == (number, charge.pk)


def test_the_same_form_twice_is_one_problem(lotte: Client) -> None:
    key = str(uuid4())
    assert [report(lotte, form_key=key), report(lotte, form_key=key)] == [302, 302]
    assert Case.objects.count() == 1


@pytest.mark.parametrize("about", ["C-{others}", "T-1", "nonsense", "C-999999999999999999", "C-٣"])
def test_what_one_may_not_see_is_not_there(lotte: Client, about: str) -> None:
    others = Charge.objects.filter(wallet__user__platform_id="jonas").earliest("id").pk
    assert report(lotte, about=about.format(others=others)) == 422
    assert not Case.objects.exists()


@pytest.mark.parametrize("typed", [{"text": " "}, {"category": "nothing"}, {"text": "x" * 4001}])
def test_what_is_missing_is_said_and_nothing_typed_is_lost(lotte: Client, typed: dict[str, str]) -> None:
    form = {"about": "", "category": "cost", "text": "Too dear", "form_key": str(uuid4()), **typed}
    answer = lotte.post("/problems/new/", form)
    assert answer.status_code == 422
    assert 'class="problem"' in answer.content.decode()
    assert not Case.objects.exists()


def test_nobody_fills_the_list_of_the_staff(lotte: Client) -> None:
    assert {report(lotte) for _ in range(CASES_A_DAY)} == {302}
    assert report(lotte) == 422
    assert Case.objects.count() == CASES_A_DAY


def test_the_answer_stands_on_the_page_and_writing_again_opens_it(lotte: Client) -> None:
    report(lotte)
    case = Case.objects.get()
    answer_case(
        case_id=case.pk,
        text="We look.",
        then="waiting",
        form_key=uuid4(),
        by=a_clerk("sam", "support"),
        at=NOW,
    )
    assert "1 of them waits for an answer of yours." in lotte.get("/problems/").content.decode()
    page = lotte.get(f"/problems/{case.pk}/").content.decode()
    assert "We look." in page
    assert "We have answered and wait for you." in page
    with stopped_at(NOW):
        lotte.post(f"/problems/{case.pk}/", {"text": "Thanks", "form_key": str(uuid4())})
    case.refresh_from_db()
    assert case.state == Case.State.OPEN


def test_the_person_says_that_it_is_solved(lotte: Client) -> None:
    report(lotte)
    case = Case.objects.get()
    lotte.post(f"/problems/{case.pk}/", {"solved": "1"})
    assert Case.objects.get().state == Case.State.SOLVED
    assert "Everything is solved." in lotte.get("/problems/").content.decode()


def test_an_empty_list_says_what_will_stand_there(lotte: Client) -> None:
    page = lotte.get("/problems/").content.decode()
    assert "You have reported nothing" in page
    assert 'href="/problems/new/"' in page


def test_the_page_of_a_charge_leads_to_the_report(lotte: Client, charge: Charge) -> None:
    page = lotte.get(f"/charges/ch_{charge.pk}/").content.decode()
    assert f'href="/problems/new/?about=C-{charge.pk}"' in page
