from __future__ import annotations

import pytest
from django.test import Client

from apps.organisations.models import Organisation
from tests.german.marking import translations_marked, unmarked, words_of_the_data
from tests.portal.world import person


@pytest.mark.parametrize("address", ["/wallet/", "/orgs/lindenhof/", "/rates/campus/"])
def test_probe(client: Client, campus: Organisation, address: str) -> None:
    client.force_login(person("mira"))
    with translations_marked():
        page = client.get(address, headers={"Accept-Language": "de"}).content.decode()
    print(page[3000:6000])
    assert unmarked(page, words_of_the_data()) == []
