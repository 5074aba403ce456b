"""The rail: which place a page lies in is always visible."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from apps.organisations.models import Organisation
from tests.portal.world import person

PLACE = re.compile(r'<a class="nav-link" href="([^"]+)" aria-current="(\w+)"')


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("/wallet/", ("/wallet/", "page")),
        ("/wallet/usage/", ("/wallet/usage/", "page")),
        ("/budget/generations/", ("/budget/", "true")),
        ("/orgs/lindenhof/", ("/orgs/lindenhof/", "page")),
        ("/orgs/lindenhof/members/jonas/", ("/orgs/lindenhof/members/", "true")),
        ("/orgs/lindenhof/cost-centres/is/statistics/change/", ("/orgs/lindenhof/cost-centres/", "true")),
        ("/orgs/lindenhof/limits/set/", ("/orgs/lindenhof/limits/", "true")),
        ("/orgs/lindenhof/usage/?each=week", ("/orgs/lindenhof/usage/", "page")),
    ],
)
def test_one_place_is_marked(
    campus: Organisation, client: Client, path: str, marked: tuple[str, str]
) -> None:
    client.force_login(person("mira"))
    rail = client.get(path).content.decode().partition('<nav class="rail"')[2].partition("</nav>")[0]
    assert PLACE.findall(rail) == [marked]
