"""The admin wears the portal's clothes: its navigation, no script or style of its own in the page."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.identity.models import User

PAGES = ("index", "wallets_wallet_changelist", "identity_user_changelist")


@pytest.fixture
def staff(db: None, client: Client, settings: Settings) -> Client:
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(User.objects.create_superuser("boss", email="boss@scrip.example"))
    return client


@pytest.mark.parametrize("name", PAGES)
def test_no_page_has_scripts_or_styles_inside(name: str, staff: Client) -> None:
    page = staff.get(reverse(f"admin:{name}")).content.decode()
    assert not re.search(r"<style|<script(?![^>]*\bsrc=)| style=| on\w+=", page)


def test_the_present_place_is_marked_once(staff: Client) -> None:
    page = staff.get(reverse("admin:usage_charge_changelist")).content.decode()
    rail = page[page.index('<nav class="rail"') : page.index("</nav>", page.index('<nav class="rail"'))]
    assert re.findall(r'href="([^"]+)" aria-current="page"', rail) == [
        reverse("admin:usage_charge_changelist")
    ]


def test_staff_and_people_are_two_places(staff: Client) -> None:
    address = f"{reverse('admin:identity_user_changelist')}?is_staff__exact=1"
    page = staff.get(address).content.decode()
    assert f'href="{address}" aria-current="page"' in page


def test_who_may_see_nothing_is_offered_nothing(staff: Client) -> None:
    staff.force_login(User.objects.create_user("new", email="new@scrip.example", is_staff=True))
    page = staff.get(reverse("admin:index")).content.decode()
    assert reverse("admin:usage_charge_changelist") not in page
    assert "Ask a superuser for a role." in page


def test_the_chosen_theme_holds_for_staff_pages_too(staff: Client) -> None:
    staff.cookies["theme"] = "dark"
    assert 'data-theme="dark"' in staff.get(reverse("admin:index")).content.decode()


def test_cells_carry_their_column_for_phones(staff: Client) -> None:
    page = staff.get(reverse("admin:identity_user_changelist")).content.decode()
    assert 'data-label="Platform id"' in page
