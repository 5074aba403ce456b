"""What an organisation would pay: by link, as typed in two languages, and with bad input."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from apps.organisations.models import Organisation
from apps.portal.calculator.typed import read_number
from apps.pricing.services import load_shipped_catalogue
from tests.portal.world import BEFORE, build_campus, person


@pytest.fixture
def built(db: None) -> Organisation:
    """Made for each test: some are about what there is without a campus."""
    return build_campus()


pytestmark = pytest.mark.usefixtures("prices")
SEED = {
    "campuses": "2",
    "members_per_campus": "75",
    "courses": "6",
    "members_per_course": "30",
    "members": "150",
    "storage_gb": "120",
    "budget_per_member": "5.00",
}


@pytest.fixture
def prices(db: None) -> None:
    load_shipped_catalogue(at=BEFORE, actor="tests", only_models={"claude-sonnet-4-6"})


def ask(client: Client, changes: dict[str, str] | None = None, **headers: Any) -> str:
    answer = client.get("/calculator/", SEED | (changes or {}), headers=headers)
    assert answer.status_code == 200
    return html.unescape(re.sub(r"\s+", " ", answer.content.decode()))


def test_a_link_answers_with_the_seeds_numbers(client: Client) -> None:
    text = ask(client)
    for figure in ("1,650", "475", "75,000", "77,125", "€771.25", "€9,255.00", "About 26 conversations"):
        assert figure in text
    assert "1 billable campus × 75 members × 10 = 750" in text
    assert "3 billable courses × 30 members × 10 = 900" in text
    assert "119.0 GB billable: 120 GB hosted, 1 GB free pool" in text
    assert "119 GB × 3.99 = 474.81, rounded" in text
    assert "150 members × €5.00" in text


def test_it_says_what_to_buy(client: Client) -> None:
    text = ask(client)
    assert "€771.25 less 20 %, saves €154.25" in text
    assert all(pay in text for pay in ("€617.00", "€1,735.31", "€6,478.50"))
    assert "Buy for €228.75 more at once and you save 25 %: 100,000 tokens for €750.00." in text
    assert "Above €5,000.00, talk to us" in text


def test_every_price_book_sells_in_its_own_way(client: Client) -> None:
    school, studio = ask(client, {"book": "school"}), ask(client, {"book": "studio"})
    assert "% more as a bonus" in school
    assert "enough for" in studio
    assert "× studio (20,000 tokens)" in studio


def test_without_a_scenario_it_begins_with_an_example(client: Client) -> None:
    assert "€771.25" in html.unescape(client.get("/calculator/").content.decode())


def test_a_field_that_is_left_out_counts_as_nothing(client: Client) -> None:
    text = html.unescape(
        client.get("/calculator/", {"campuses": "2", "members_per_campus": "75"}).content.decode()
    )
    assert "€7.50" in text
    assert "€90.00" in text


def test_nothing_costs_nothing(client: Client) -> None:
    text = ask(client, dict.fromkeys(SEED, "0"))
    assert "€0.00" in text
    assert "What to buy" not in text


@pytest.mark.parametrize(
    ("field", "typed", "problem"),
    [
        ("campuses", "-2", "not below zero"),
        ("campuses", "1.5", "whole number"),
        ("members", "NaN", "Write a number, such as 12.5"),
        ("members", "1000000000000000000", "too large"),
        ("members", "10000001", "At most 10,000,000"),
        ("members", "9" * 100_000, "too long"),
        ("members", "１２", "Write a number"),
        ("storage_gb", "plenty", "Write a number"),
        ("storage_gb", "1e9", "Write a number"),
        ("budget_per_member", "5.001", "At most 2 decimals"),
        ("budget_per_member", "5,00", "Write a number"),
        ("budget_per_member", "<b>5</b>", "Write a number"),
    ],
)
def test_bad_input_is_named_at_its_field_and_nothing_is_lost(
    client: Client, field: str, typed: str, problem: str
) -> None:
    answer = client.get("/calculator/", SEED | {field: typed, "typed": "1"})
    assert answer.status_code == 200
    text = answer.content.decode()
    note = text[text.index(f'id="{field}-note"') :][:400]
    assert problem in html.unescape(note)
    assert f'value="{html.escape(typed[:41])}"' in text
    assert 'value="75"' in text
    assert "€771.25" not in text


def test_a_german_reader_types_and_reads_german_numbers(client: Client) -> None:
    typed = {"budget_per_member": "5,00", "members_per_campus": "75,0", "typed": "1"}
    answer = client.get("/calculator/", SEED | typed, headers={"accept-language": "de"})
    link = answer["Location"]
    assert "budget_per_member=5.00" in link
    text = client.get(link, headers={"accept-language": "de"}).content.decode()
    assert 'value="5,00"' in text
    assert "77.125" in text
    assert "9.255,00" in text
    assert "5.00" in html.unescape(client.get(link).content.decode())


def test_a_german_comma_in_a_link_is_understood(client: Client) -> None:
    text = ask(client, {"budget_per_member": "5,00"}, **{"accept-language": "de"})
    assert "77.125" in text


@pytest.mark.parametrize(
    ("language", "text", "typed", "micro"),
    [
        ("en", "1,650.5", True, 1_650_500_000),
        ("en", "1.650", True, 1_650_000),
        ("de", "1.650,5", True, 1_650_500_000),
        ("de", "1.650", True, 1_650_000_000),
        ("de", "1.650", False, 1_650_000),
        ("de", "5.00", True, 5_000_000),
        ("de", "5,00", False, 5_000_000),
    ],
)
def test_a_number_means_what_its_reader_means(language: str, text: str, typed: bool, micro: int) -> None:
    with translation.override(language):
        assert read_number(text, typed=typed) == micro


def test_a_script_gets_the_content_alone_and_the_address_to_show(client: Client) -> None:
    answer = client.get(
        "/calculator/", SEED | {"campuses": "3", "typed": "1"}, headers={"hx-request": "true"}
    )
    assert answer.status_code == 200
    assert b"<html" not in answer.content
    assert answer["HX-Push-Url"].startswith("/calculator/?campuses=3&members_per_campus=75&")
    assert "typed" not in answer["HX-Push-Url"]
    assert "HX-Request" in answer["Vary"]
    wrong = client.get("/calculator/", SEED | {"campuses": "-3"}, headers={"hx-request": "true"})
    assert wrong["HX-Push-Url"] == "false"


def test_an_unknown_price_book_is_not_found(client: Client) -> None:
    assert client.get("/calculator/?book=nowhere").status_code == 404


def test_people_calculate_in_the_price_book_of_their_wallet(
    client: Client, campus: Organisation, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(person("jonas"))
    with django_assert_max_num_queries(15):
        text = ask(client)
    assert 'name="book" value="campus"' in text
    assert "Log out" in text


def test_visitors_take_few_queries(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(13):
        ask(client)
