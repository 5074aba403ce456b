"""Where people land, what is in their menu, and the theme; who gets to see what is in tests/access."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.identity.models import User
from apps.organisations.models import Organisation
from tests.portal.world import person

CAMPUS = "/orgs/lindenhof/"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/wallet/", CAMPUS])
def test_strangers_are_sent_to_log_in(client: Client, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={address}")


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
