"""The calculators in a real browser: by link, while typing, and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from apps.organisations.models import Organisation
from tests.portal.world import PASSWORD

WIDTHS = (320, 390, 820, 1440)
SCENARIO = (
    "campuses=2&members_per_campus=75&courses=6&members_per_course=30"
    "&members=150&storage_gb=120&budget_per_member=5.00"
)
Check = Callable[[Page], None]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/calculator/", "/calculator/operations/?book=studio&operation=image"])
def test_the_calculators_are_accessible_at_every_width(
    live_server: LiveServer, page: Page, campus: Organisation, accessible: Check, theme: str, path: str
) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto(live_server.url + path)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"wider than {width}"


def test_an_organisation_is_calculated_by_link_and_while_typing(
    live_server: LiveServer, page: Page, campus: Organisation, accessible: Check
) -> None:
    page.goto(f"{live_server.url}/calculator/?{SCENARIO}")
    expect(page.locator("#answer")).to_contain_text("€771.25")
    page.get_by_label("Campuses").fill("3")
    expect(page.locator("#answer")).to_contain_text("€778.75")
    expect(page).to_have_url(re.compile(r"campuses=3&"))
    expect(page.get_by_label("Campuses")).to_be_focused()
    page.get_by_label("Budget per member").fill("five")
    expect(page.locator("#budget_per_member-note")).to_contain_text("Write a number")
    expect(page.get_by_label("Budget per member")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Budget per member")).to_have_value("five")
    accessible(page)
    page.get_by_label("Budget per member").fill("8")
    expect(page.locator("#answer")).to_contain_text("€1,228.75")
    page.go_back()
    expect(page.locator("#answer")).to_contain_text("€778.75")


def test_an_operation_is_calculated_while_choosing(
    live_server: LiveServer, page: Page, campus: Organisation
) -> None:
    page.goto(f"{live_server.url}/calculator/operations/?book=studio&operation=image")
    expect(page.locator("#answer")).to_contain_text("17")
    page.get_by_label("Model", exact=True).select_option("flux")
    expect(page.locator("#answer")).to_contain_text("40")
    expect(page.get_by_label("Steps")).to_have_count(0)
    page.get_by_label("Image", exact=True).fill("3")
    expect(page.locator("#answer")).to_contain_text("120")
    page.get_by_label("Operation").select_option("audio")
    expect(page.locator("#answer")).to_contain_text("60")
    page.get_by_label("Duration").fill("2")
    expect(page.locator("#answer")).to_contain_text("30")
    expect(page).to_have_url(re.compile(r"operation=audio&.*option-duration=2"))


def test_a_preset_holds_what_was_typed_last(
    live_server: LiveServer, page: Page, campus: Organisation, accessible: Check
) -> None:
    page.goto(f"{live_server.url}/accounts/login/")
    page.fill("input[name=login]", "jonas@lindenhof.example")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    expect(page).to_have_url(f"{live_server.url}/wallet/")
    page.goto(f"{live_server.url}/calculator/operations/?book=studio&operation=image&model=flux")
    page.get_by_label("Image", exact=True).fill("7")
    expect(page.locator("#answer")).to_contain_text("140")
    page.get_by_label("Name for this calculation").fill("Seven images")
    page.get_by_role("button", name="Save preset").click()
    expect(page.get_by_text("Saved as “Seven images”.")).to_be_visible()
    expect(page.locator("#answer")).to_contain_text("140")
    accessible(page)
    page.locator("summary", has_text="Change").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("link", name="Seven images")).to_have_count(0)


def test_both_work_without_scripts(live_server: LiveServer, browser: Browser, campus: Organisation) -> None:
    context = browser.new_context(java_script_enabled=False, locale="de-DE")
    page = context.new_page()
    page.goto(f"{live_server.url}/calculator/")
    page.locator("#budget_per_member").fill("8,00")
    page.locator("form.calculator button[type=submit]").click()
    expect(page).to_have_url(re.compile(r"budget_per_member=8\.00"))
    expect(page.locator("#answer")).to_contain_text("1.221,25")
    page.goto(f"{live_server.url}/calculator/operations/?book=studio&operation=image")
    page.locator("#operation").select_option("audio")
    page.locator("form.calculator button[type=submit]").click()
    expect(page.locator("#answer")).to_contain_text("60")
    context.close()
