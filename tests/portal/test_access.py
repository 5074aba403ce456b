"""Who gets to see which page: what somebody may not see does not exist for them."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.allocations.services import remove_member
from apps.identity.models import User
from apps.organisations.models import Organisation
from tests.portal.world import NOW, add_organisation, add_person, person

CAMPUS = "/orgs/lindenhof/"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/wallet/", CAMPUS])
def test_strangers_are_sent_to_log_in(client: Client, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={address}")


@pytest.mark.parametrize(("key", "status"), [("mira", 200), ("bruno", 200), ("lotte", 404), ("jonas", 404)])
def test_an_organisations_wallet_is_for_those_who_read_its_money(
    client: Client, campus: Organisation, key: str, status: int
) -> None:
    client.force_login(person(key))
    assert client.get(CAMPUS).status_code == status


def test_an_admin_of_another_organisation_finds_nothing(client: Client, campus: Organisation) -> None:
    other = add_organisation("harbour", "Harbour School")
    client.force_login(add_person("ines", "Ines Prado", campus=other, role="admin"))
    assert client.get("/orgs/harbour/").status_code == 200
    assert client.get(CAMPUS).status_code == 404


def test_who_has_left_sees_the_organisation_no_more(client: Client, campus: Organisation) -> None:
    remove_member(organisation=campus, user=person("bruno"), actor="tests", at=NOW)
    client.force_login(person("bruno"))
    assert client.get(CAMPUS).status_code == 404


def test_an_unknown_organisation_is_not_found_in_plain_words(client: Client, campus: Organisation) -> None:
    client.force_login(person("mira"))
    answer = client.get("/orgs/nowhere/")
    assert answer.status_code == 404
    assert "This page is not there" in answer.content.decode()


def test_the_start_page_leads_to_the_wallet(client: Client, campus: Organisation) -> None:
    client.force_login(person("jonas"))
    assert client.get("/")["Location"] == "/wallet/"


@pytest.mark.django_db
def test_staff_without_a_wallet_start_at_the_staff_pages(client: Client) -> None:
    client.force_login(User.objects.create_superuser("staff", email="staff@scrip.example"))
    assert client.get("/")["Location"] == "/admin/"
    assert "You have no wallet yet" in client.get("/wallet/").content.decode()


def test_only_what_is_there_is_in_the_menu(client: Client, campus: Organisation) -> None:
    client.force_login(person("jonas"))
    page = client.get("/wallet/").content.decode()
    assert CAMPUS not in page
    assert "Staff pages" not in page
    client.force_login(person("mira"))
    assert CAMPUS in client.get("/wallet/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(("chosen", "mark"), [("dark", 'data-theme="dark"'), ("system", '<html lang="en">')])
def test_the_theme_is_kept_and_leads_back(client: Client, chosen: str, mark: str) -> None:
    answer = client.post("/theme/", {"theme": chosen, "next": "/accounts/login/"})
    assert answer["Location"] == "/accounts/login/"
    assert mark in client.get("/accounts/login/").content.decode()


@pytest.mark.django_db
def test_the_theme_neither_leads_away_nor_takes_what_it_does_not_know(client: Client) -> None:
    answer = client.post("/theme/", {"theme": "red", "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"
    assert "theme" not in answer.cookies


@pytest.mark.django_db
def test_the_theme_is_not_changed_by_a_link(client: Client) -> None:
    assert client.get("/theme/").status_code == 405
