"""The rate card: for anyone, with every cost broken down."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.organisations.models import Organisation
from apps.portal.rates import load_rates_page
from apps.pricing.price_book_file import parse_price_book, shipped_path
from apps.pricing.services import load_price_book, load_shipped_catalogue
from tests.portal.world import BEFORE, NOW, build_campus, person


@pytest.fixture
def built(db: None) -> Organisation:
    """Made for each test: some are about what there is without a campus."""
    return build_campus()


def _text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_anyone_sees_what_things_cost(client: Client, campus: Organisation) -> None:
    text = _text(client, "/rates/campus/")
    assert "0.002 USD + 20 %" in text
    assert "1 EUR = 1.15 USD" in text
    assert "Log out" not in text


def test_an_unknown_price_book_is_not_found(client: Client, campus: Organisation) -> None:
    assert client.get("/rates/nowhere/").status_code == 404


def test_people_see_it_inside_their_pages_and_begin_with_their_own(
    client: Client, campus: Organisation
) -> None:
    assert client.get("/rates/")["Location"] == "/rates/campus/"
    client.force_login(person("jonas"))
    assert client.get("/rates/")["Location"] == "/rates/campus/"
    assert "Log out" in _text(client, "/rates/studio/")


@pytest.mark.django_db
def test_without_price_books_there_is_no_rate_card(client: Client) -> None:
    assert client.get("/rates/").status_code == 404


def test_options_and_examples_are_worked_out(client: Client, campus: Organisation) -> None:
    text = _text(client, "/rates/studio/")
    assert "Resolution: 512x512 +0, 1024x1024 +5, 2048x2048 +15" in text
    assert "Duration: 0 to below 5 ×1, 5 to below 10 ×1.5, from 10 ×2" in text
    assert "<b>17</b>" in text


def test_of_many_models_few_are_shown_and_the_others_found(db: None) -> None:
    load_shipped_catalogue(at=BEFORE, actor="tests", only_models=_models())
    chat = load_rates_page("campus", wanted="", at=NOW + timedelta(days=1)).sections[0][1][0]
    assert (len(chat.models), chat.hidden) == (8, 1)
    found = load_rates_page("campus", wanted="Sonnet", at=NOW + timedelta(days=1)).sections[0][1][0]
    assert [model.name for model in found.models] == ["claude-sonnet-4-6"]
    assert [line.unit for line in found.models[0].lines][:1] == ["per million input tokens"]


def test_the_rate_card_takes_at_most_fifteen_queries_to_build_and_fewer_afterwards(
    client: Client, campus: Organisation, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(15):
        client.get("/rates/campus/")
    client.force_login(person("jonas"))
    with django_assert_max_num_queries(10):
        client.get("/rates/campus/")


def _models() -> set[str]:
    return {
        "claude-sonnet-4-6",
        "claude-haiku-4-5",
        "gpt-4o-mini",
        "gpt-4o",
        "gpt-4.1",
        "gpt-4.1-mini",
        "gpt-4.1-nano",
        "gemini-2.5-pro",
        "gemini-2.5-flash",
    }


def test_typical_work_is_worked_out_and_leads_to_the_calculator(client: Client, campus: Organisation) -> None:
    text = _text(client, "/rates/campus/")
    assert "A 60-minute session with 12 people" in text
    assert "operation=live_session&amp;quantity-participant_minute=720" in text
    found = re.search(r'href="(/calculator/operations/[^"]*participant_minute=720)"', text)
    assert found is not None
    assert "75.13" in _text(client, found[1].replace("&amp;", "&"))


def test_hosting_and_storage_are_on_the_card(client: Client, campus: Organisation) -> None:
    text = _text(client, "/rates/campus/")
    assert "Campus, per member and month" in text
    assert "3.99" in text
    assert "free: 1 GB an organisation, 1 GB a person" in text
    assert "Since 1 Jan 2020." in text


def test_prices_to_come_are_announced_with_what_work_will_cost(client: Client, campus: Organisation) -> None:
    assert "Prices that will change" not in _text(client, "/rates/studio/")
    file = shipped_path("studio").read_text(encoding="utf-8")
    dearer = parse_price_book(
        file.replace("tokens = { image = 10 }", "tokens = { image = 12 }"), "studio.toml"
    )
    later = NOW + timedelta(days=30)
    load_price_book(book=dearer, at=NOW, actor="tests", effective_from=later)
    text = _text(client, "/rates/studio/")
    assert "<b>Image generation</b> from 21 Dec 2026, 14:20 UTC" in text
    assert "A detailed image of 50 steps: 17 tokens now, 19 then" in text
