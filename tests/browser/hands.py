"""Ways of working a page: the keyboard alone, and a finger on a phone whose browser runs no scripts."""

from __future__ import annotations

import re
from typing import Protocol

from playwright.sync_api import Locator, Page, expect

FURTHEST = 150
"""Stops of the Tab key on the way to a control, at most."""
OUTLINED = """control => {
  const seen = element => {
    const style = getComputedStyle(element);
    return parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== "none";
  };
  return seen(control) || (control.parentElement !== null && seen(control.parentElement));
}"""


class Hand(Protocol):
    """What somebody does to a page; every flow is written once and worked by each kind of hand."""

    page: Page

    def press(self, control: Locator) -> None:
        """Follow a link or push a button."""

    def write(self, field: Locator, text: str) -> None:
        """Replace what a field holds."""

    def tick(self, box: Locator) -> None:
        """Choose a radio button or a check box."""

    def pick(self, field: Locator, choice: str) -> None:
        """Choose from a list by what it says."""

    def send(self, field: Locator) -> None:
        """Send the form of a field, as one does without looking for a button."""


class Keyboard:
    """Tab until the control is reached, and see where one stands."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.set_viewport_size({"width": 1440, "height": 900})

    def reach(self, control: Locator) -> None:
        """Tab to a control from where one is; the page must show that it is reached."""
        expect(control).to_be_visible()
        for _stop in range(FURTHEST):
            if control.evaluate("control => control === document.activeElement"):
                assert control.evaluate(OUTLINED), f"nothing shows that {control} has the focus"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{control} is not reached with the Tab key")

    def press(self, control: Locator) -> None:
        self.reach(control)
        self.page.keyboard.press("Enter")

    def write(self, field: Locator, text: str) -> None:
        self.reach(field)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def tick(self, box: Locator) -> None:
        if box.get_attribute("type") == "checkbox":
            self.reach(box)
            self.page.keyboard.press("Space")
        else:
            name = box.get_attribute("name")
            group = self.page.locator(f"input[type=radio][name={name}]")
            entry = group.and_(self.page.locator(":checked"))
            self.reach(entry if entry.count() else group.first)
            self.page.keyboard.press("Space")
            while not box.is_checked():
                self.page.keyboard.press("ArrowDown")
        expect(box).to_be_checked()

    def pick(self, field: Locator, choice: str) -> None:
        self.reach(field)
        self.page.keyboard.type(choice)
        expect(field.locator("option:checked")).to_have_text(re.compile(re.escape(choice)))

    def send(self, field: Locator) -> None:
        self.reach(field)
        self.page.keyboard.press("Enter")


class Finger:
    """Tap what is there, on a phone without scripts."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, control: Locator) -> None:
        control.tap()

    def write(self, field: Locator, text: str) -> None:
        field.tap()
        field.fill(text)

    def tick(self, box: Locator) -> None:
        box.tap()
        expect(box).to_be_checked()

    def pick(self, field: Locator, choice: str) -> None:
        field.select_option(label=choice)

    def send(self, field: Locator) -> None:
        field.press("Enter")
