"""Rows for the staff's pages of each model, made from one word per role.

`see` is to look at the list, at one thing and at its history; `edit` and `delete` are to do that as well; `-`
is nothing. Nobody adds anything here. The table names roles of staff only: everybody else gets nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import admin
from django.contrib.admin.utils import quote

from tests.access.table import Row, rows_of

PAGES = {
    ("GET", ""): {"see": "200", "edit": "200", "delete": "200"},
    ("GET", "add/"): {},
    ("POST", "add/"): {},
    ("GET", "{pk}/"): {"see": "302", "edit": "302", "delete": "302", "-": "302"},
    ("GET", "{pk}/change/"): {"see": "200", "edit": "200", "delete": "200"},
    ("POST", "{pk}/change/"): {"edit": "302"},
    ("GET", "{pk}/history/"): {"see": "200", "edit": "200", "delete": "200"},
    ("GET", "{pk}/delete/"): {"delete": "200"},
    ("POST", "{pk}/delete/?post=yes"): {"delete": "302"},
}
"""The pages of a model, with what they answer to each of the words; 403 where nothing is said."""
NO_STAFF = {"anon": "login", "unproven": "2fa"}
NO_STAFF |= dict.fromkeys(("member", "teacher", "billing", "admin", "owner", "other", "former"), "403")


def rows_of_models() -> tuple[Row, ...]:
    """A row for every page of every model in the table."""
    return tuple(page for model in rows_of("models.txt") for page in _pages(model))


def _pages(model: Row) -> Iterator[Row]:
    place = model.address.replace(".", "/")
    key = f"{{{name_of(model.address)}}}"
    for (method, page), answers in PAGES.items():
        expected = {role: answers.get(word, "403") for role, word in model.expected.items()}
        address = f"/admin/{place}/{page.replace('{pk}', key)}"
        yield Row(model.place, method, address, NO_STAFF | expected)


def name_of(label: str) -> str:
    """What addresses call one thing of the model: ``wallets_wallet``."""
    return label.replace(".", "_")


def one_of_each_model() -> dict[str, str]:
    """The key of one thing of every model that has staff pages; the world must have one."""
    found = {}
    for model in admin.site._registry:
        label = model._meta.label_lower
        key = model._default_manager.order_by("pk").values_list("pk", flat=True).first()
        assert key is not None, f"The world of tests/access has no {label} yet: make one in world.py."
        found[name_of(label)] = str(quote(key))
    return found
