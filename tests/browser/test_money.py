"""Transactions, a charge and the budget in a real browser: found, opened in place, changed; with and without
scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from apps.organisations.models import Organisation
from tests.portal.world import PASSWORD

WIDTHS = (320, 390, 820, 1440)
Check = Callable[[Page], None]


def _log_in(page: Page, server: LiveServer, key: str) -> None:
    page.goto(f"{server.url}/accounts/login/")
    page.fill("input[name=login]", f"{key}@lindenhof.example")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    expect(page).to_have_url(f"{server.url}/wallet/")


def test_one_filters_opens_a_charge_in_place_and_then_its_page(
    live_server: LiveServer, page: Page, campus: Organisation, accessible: Check
) -> None:
    _log_in(page, live_server, "jonas")
    page.get_by_role("link", name="All transactions").click()
    page.get_by_label("Type").select_option("charge")
    expect(page.locator("#found tbody tr:not(.detail)")).to_have_count(5)
    expect(page).to_have_url(re.compile("type=charge"))
    link = page.get_by_role("link", name="Exam preparation, two people")
    link.click()
    expect(link).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("heading", name="Who paid")).to_be_visible()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"wider than {width}"
    link.click()
    expect(page.get_by_role("heading", name="Who paid")).to_be_hidden()
    link.click()
    page.get_by_role("link", name="Open C-").click()
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    accessible(page)


def test_a_charge_is_reached_without_scripts(
    live_server: LiveServer, browser: Browser, campus: Organisation
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        _log_in(page, live_server, "jonas")
        page.goto(f"{live_server.url}/wallet/transactions/")
        page.fill("#q", "exam")
        page.get_by_role("button", name="Show").click()
        page.get_by_role("link", name="Exam preparation, two people").first.click()
        expect(page.get_by_role("heading", name="Who paid")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_budget_shows_its_effect_before_it_is_set(
    live_server: LiveServer, page: Page, campus: Organisation, accessible: Check, theme: str
) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    _log_in(page, live_server, "jonas")
    page.get_by_role("link", name="Budget and alert").click()
    page.get_by_label("Tokens a month").fill("400")
    page.get_by_role("button", name="See the effect").first.click()
    expect(page.get_by_role("heading", name="What this changes")).to_be_visible()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"wider than {width}"
    page.get_by_role("button", name="Set the budget to 400").click()
    expect(page.get_by_text("Your personal budget is 400 tokens a month.")).to_be_visible()
