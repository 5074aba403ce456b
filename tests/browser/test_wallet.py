"""Log-in and wallet pages in a real browser: accessible in both themes at every width, by keyboard, on paper
and without scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from apps.organisations.models import Organisation
from tests.portal.world import PASSWORD

WIDTHS = (390, 820, 1440)
Check = Callable[[Page], None]


def _log_in(page: Page, server: LiveServer, key: str) -> None:
    page.goto(f"{server.url}/accounts/login/")
    page.fill("input[name=login]", f"{key}@lindenhof.example")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    expect(page).to_have_url(f"{server.url}/wallet/")


def _check_widths(page: Page, accessible: Check) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"wider than {width}"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_log_in_page_is_accessible(
    live_server: LiveServer, page: Page, accessible: Check, theme: str
) -> None:
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_role("button", name=f"{theme.capitalize()} colours").click()
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    _check_widths(page, accessible)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_wallet_pages_are_accessible(
    live_server: LiveServer, page: Page, campus: Organisation, accessible: Check, theme: str
) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    _log_in(page, live_server, "mira")
    _check_widths(page, accessible)
    page.goto(f"{live_server.url}/orgs/lindenhof/")
    _check_widths(page, accessible)


def test_a_wallet_with_everything_is_accessible_at_four_hundred_percent(
    live_server: LiveServer, page: Page, campus: Organisation, accessible: Check
) -> None:
    _log_in(page, live_server, "jonas")
    _check_widths(page, accessible)
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("address", ["/accounts/password/reset/", "/nowhere/"])
def test_pages_at_the_door_are_accessible(
    live_server: LiveServer, page: Page, accessible: Check, address: str
) -> None:
    page.goto(live_server.url + address)
    _check_widths(page, accessible)


def test_the_rate_card_is_accessible(
    live_server: LiveServer, page: Page, campus: Organisation, accessible: Check
) -> None:
    page.goto(f"{live_server.url}/rates/")
    expect(page.get_by_role("heading", level=1)).to_have_text("What things cost: Campus")
    _check_widths(page, accessible)
    page.get_by_role("link", name="Studio").click()
    _check_widths(page, accessible)


def test_the_second_factor_is_set_up_in_the_same_shell(
    live_server: LiveServer, page: Page, campus: Organisation, accessible: Check
) -> None:
    _log_in(page, live_server, "mira")
    page.goto(f"{live_server.url}/accounts/2fa/")
    accessible(page)
    page.get_by_role("link", name="Activate").click()
    accessible(page)
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("img.qr")).to_be_visible()
    expect(page.get_by_role("navigation", name="Main", exact=True)).to_be_visible()
    accessible(page)


def test_one_logs_in_and_out_with_the_keyboard_alone(
    live_server: LiveServer, page: Page, campus: Organisation
) -> None:
    page.goto(f"{live_server.url}/accounts/login/")
    while page.evaluate("document.activeElement.name") != "login":
        page.keyboard.press("Tab")
    page.keyboard.type("jonas@lindenhof.example")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/wallet/")
    page.get_by_role("button", name="Account and appearance").press("Enter")
    page.get_by_role("button", name="Log out").press("Enter")
    expect(page).to_have_url(f"{live_server.url}/accounts/login/?next=/")


def test_the_first_stop_of_the_keyboard_skips_to_the_content(
    live_server: LiveServer, page: Page, campus: Organisation
) -> None:
    _log_in(page, live_server, "jonas")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()


def test_the_wallet_is_switched_in_the_top_bar(
    live_server: LiveServer, page: Page, campus: Organisation
) -> None:
    _log_in(page, live_server, "mira")
    page.get_by_role("button", name="Switch wallet").click()
    page.get_by_role("navigation", name="Wallets").get_by_role("link", name="Campus Lindenhof").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Wallet of Campus Lindenhof")


def test_it_works_without_scripts(live_server: LiveServer, browser: Browser, campus: Organisation) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        _log_in(page, live_server, "jonas")
        expect(page.get_by_role("heading", name="November so far")).to_be_visible()
        page.get_by_role("button", name="Account and appearance").click()
        page.get_by_role("button", name="Dark colours").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_wallet_prints_without_navigation(
    live_server: LiveServer, page: Page, campus: Organisation
) -> None:
    _log_in(page, live_server, "jonas")
    page.emulate_media(media="print")
    expect(page.locator(".rail")).to_be_hidden()
    expect(page.locator(".topbar")).to_be_hidden()
    expect(page.locator(".print-only").first).to_be_visible()
