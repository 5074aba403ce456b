"""The API's pages for people: they render under the strict Content-Security-Policy."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer


def test_the_description_can_be_read_and_opened(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/api/v1/docs/")
    create = page.get_by_role("button", name="Create a charge", exact=False).first
    expect(create).to_be_visible(timeout=20_000)
    create.click()
    expect(page.get_by_text("Holds what the operation costs until it is captured").first).to_be_visible()


def test_problem_codes_have_their_page(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/api/v1/docs/problems#limit_reached")
    expect(page.locator("#limit_reached")).to_be_visible()
