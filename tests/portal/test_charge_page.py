"""The page of a charge: it adds up, says who paid as far as the reader may know, and what happened."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.core.errors import NotFound
from apps.core.units import MICRO
from apps.organisations.models import Organisation
from apps.portal.charge_page.page import ChargePage, load_charge_page
from apps.portal.holdings import load_shell
from apps.usage.changing import refund_charge, release_charge
from apps.usage.models import Charge
from apps.usage.services import create_charge
from apps.usage.state import Activity, ChargeRequest
from tests.portal.world import NOW, add_organisation, add_person, person, spend


def _number(label: str) -> int:
    return Charge.objects.filter(activity_label=label).order_by("-pk")[0].pk


def _page(key: str, number: int, at: datetime = NOW) -> ChargePage:
    return load_charge_page(f"ch_{number}", load_shell(person(key), at))


def _exam(key: str = "jonas") -> ChargePage:
    return _page(key, _number("Exam preparation, two people"))


def test_the_steps_add_up_to_the_price(campus: Organisation) -> None:
    for number in Charge.objects.values_list("pk", flat=True):
        page = _page(
            "jonas" if Charge.objects.get(pk=number).wallet.owner_key == "jonas" else "lotte", number
        )
        assert sum(step.micro for step in page.steps) == page.charge.price


def test_the_payers_add_up_and_what_returned_is_told(campus: Organisation) -> None:
    page = _exam()
    assert page.paid == page.charge.collected
    assert page.returned == page.charge.refunded == 36 * MICRO
    assert page.left == page.charge.refundable


def test_one_sees_each_of_ones_own_buckets(campus: Organisation) -> None:
    page = _page("jonas", _number("Statistics tutorial"))
    assert [payer.name for payer in page.payers] == [
        "You, free",
        "Campus Lindenhof",
        "You, from Campus Lindenhof",
    ]
    assert page.payers[1].why == "Covers 60 % of what free tokens leave"


def test_others_see_of_a_persons_own_tokens_only_how_many(campus: Organisation) -> None:
    page = _page("mira", _number("Statistics tutorial"))
    names = [payer.name for payer in page.payers]
    assert names == [
        "Jonas Vermeulen, own tokens",
        "Campus Lindenhof",
        "Jonas Vermeulen, allocated by Campus Lindenhof",
    ]
    assert page.paid == page.charge.collected


def test_the_story_goes_from_charge_to_refund(campus: Organisation) -> None:
    story = _exam().story
    assert [(event.what, event.amount) for event in story] == [
        ("Charged", -_exam().charge.price),
        ("Refunded", 36 * MICRO),
    ]
    assert story[1].note == "Cut off"
    assert all(event.number for event in story)


def test_it_names_the_limits_that_it_counts_for(campus: Organisation) -> None:
    number = _number("Statistics tutorial")
    counted = {subject for each in _page("jonas", number).counted for subject in each.subjects}
    assert counted == {
        "Your personal budget",
        "Your limits at Campus Lindenhof",
        "Limits of Campus Lindenhof",
        "Statistics I",
    }
    shown = {subject for each in _page("mira", number).counted for subject in each.subjects}
    assert shown == {
        "Limits on Jonas Vermeulen at Campus Lindenhof",
        "Limits of Campus Lindenhof",
        "Statistics I",
    }


def test_a_held_charge_says_until_when(campus: Organisation, client: Client) -> None:
    number = _number("Thesis consultation")
    page = _page("jonas", number)
    assert (page.status, page.paid) == ("Held", page.charge.given)
    assert "Promised, not spent" in page.sentences[0]
    client.force_login(person("jonas"))
    assert "Ends, unless it is charged before" in client.get(f"/charges/ch_{number}/").content.decode()


def test_a_hold_past_its_deadline_is_expired_before_anybody_wrote_it(campus: Organisation) -> None:
    page = _page("jonas", _number("Thesis consultation"), NOW + timedelta(hours=1))
    assert (page.status, page.payers, page.charge.price) == ("Expired", (), 0)
    assert [event.what for event in page.story] == ["Held", "Expired"]


def test_a_released_charge_spent_nothing(campus: Organisation) -> None:
    held = spend("jonas", "search", 10, NOW, "Broken", hold_seconds=600)
    release_charge(held.id, reason="The model did not answer", at=NOW)
    page = _page("jonas", held.id)
    assert page.sentences[0].startswith("Nothing was spent")
    assert page.story[-1].note == "The model did not answer"
    assert page.counted == ()


def test_a_charge_that_came_back_in_whole_says_so(campus: Organisation) -> None:
    made = spend("jonas", "search", 10, NOW, "Twice")
    refund_charge(made.id, tokens=None, reason="Double", actor="tests", at=NOW)
    page = _page("jonas", made.id)
    assert page.left == 0
    assert page.sentences == ("All that was taken has been refunded.",)


@pytest.mark.parametrize(
    ("key", "status"), [("jonas", 200), ("mira", 200), ("bruno", 200), ("lotte", 404), ("ines", 404)]
)
def test_a_charge_is_for_its_person_and_those_who_read_the_money_that_paid(
    client: Client, campus: Organisation, key: str, status: int
) -> None:
    add_person("ines", "Ines Prado", campus=add_organisation("harbour", "Harbour School"), role="owner")
    client.force_login(person(key))
    assert client.get(f"/charges/ch_{_exam().charge.id}/").status_code == status


def test_what_a_person_paid_alone_is_not_the_organisations_affair(campus: Organisation) -> None:
    alone = spend("jonas", "search", 10, NOW, "Alone", organisation=None)
    assert all(drawn.wallet_id == alone.wallet_id for drawn in alone.draws)
    outside = [d for d in alone.draws if d.bucket == "allocated"]
    if not outside:
        with pytest.raises(NotFound):
            _page("mira", alone.id)


@pytest.mark.parametrize("name", ["ch_0", "ch_999", "C-1", "ch_x", "ch_" + "9" * 30, "1"])
def test_what_is_no_charge_is_not_found(client: Client, campus: Organisation, name: str) -> None:
    client.force_login(person("jonas"))
    assert client.get(f"/charges/{name}/").status_code == 404


@pytest.mark.django_db
def test_strangers_are_sent_to_log_in(client: Client) -> None:
    assert client.get("/charges/ch_1/")["Location"] == "/accounts/login/?next=/charges/ch_1/"


def test_unfolded_in_a_list_it_is_only_the_slip(client: Client, campus: Organisation) -> None:
    client.force_login(person("jonas"))
    answer = client.get(f"/charges/ch_{_exam().charge.id}/", headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert "Who paid" in text
    assert "<html" not in text
    assert "HX-Request" in answer["Vary"]


@pytest.mark.parametrize(
    ("url", "linked"), [("https://learn.example/1", True), ("javascript:alert(1)", False)]
)
def test_only_the_web_is_linked(client: Client, campus: Organisation, url: str, linked: bool) -> None:
    request = ChargeRequest(
        user="jonas",
        operation="search",
        quantities={"request": MICRO},
        activity=Activity("lesson", "l-1", "A lesson", url),
        capture=True,
    )
    made = create_charge(request, client_id=None, at=NOW)
    client.force_login(person("jonas"))
    text = client.get(f"/charges/ch_{made.id}/").content.decode()
    assert "A lesson" in text
    assert (f'href="{url}"' in text) is linked


def test_a_page_takes_less_than_fifteen_queries(
    campus: Organisation, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(person("mira"))
    with django_assert_max_num_queries(14):
        client.get(f"/charges/ch_{_number('Statistics tutorial')}/")
