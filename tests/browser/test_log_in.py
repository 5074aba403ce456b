"""People log in and staff reach their pages, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from apps.identity.models import User


@pytest.fixture
def staff(transactional_db: None) -> User:
    return User.objects.create_superuser("staff", "a-long-password", email="staff@scrip.example")


def test_the_log_in_page_breaks_no_policy(live_server: LiveServer, page: Page) -> None:
    page.goto(f"{live_server.url}/accounts/login/")
    expect(page.locator("input[name=login]")).to_be_visible()


def test_staff_log_in_and_see_the_staff_pages(
    live_server: LiveServer, page: Page, staff: User, settings: Settings
) -> None:
    settings.STAFF_SECOND_FACTOR = False
    page.goto(f"{live_server.url}/admin/")
    page.fill("input[name=login]", staff.email)
    page.fill("input[name=password]", "a-long-password")
    page.press("input[name=password]", "Enter")
    expect(page).to_have_url(f"{live_server.url}/admin/")
    expect(page.get_by_role("navigation", name="Staff", exact=True)).to_be_visible()
