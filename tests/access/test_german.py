"""Every page in German: each of its words is translated, or is data."""

from __future__ import annotations

import pytest
from django.utils import translation

from tests.access.conftest import World
from tests.access.table import Row
from tests.access.test_markup import SHOWN
from tests.german.marking import translations_marked, unmarked, words_of_the_data

pytestmark = pytest.mark.django_db

NAMES = {"scrip", "csv", "api", "utc", "kb", "gb"}
"""Words that are the same in every language."""


@pytest.fixture(scope="package")
def data_words(world: World) -> set[str]:
    return words_of_the_data() | NAMES


PORTAL = [row for row in SHOWN if not row.address.startswith("/api/")]


@pytest.mark.parametrize("row", PORTAL, ids=str)
def test_a_page_is_german(world: World, data_words: set[str], row: Row) -> None:
    who = [name for name, status in row.expected.items() if status == "200"][-1]
    client, address = world.who[who], world.address(row)
    with translation.override("de"), translations_marked():
        answer = client.get(address, headers={"Accept-Language": "de"})
    if answer["Content-Type"].startswith("text/html"):
        assert unmarked(answer.content.decode(), data_words) == []


def test_numbers_are_written_as_germans_write_them(world: World) -> None:
    link = "campuses=2&members_per_campus=75&courses=6&members_per_course=30&members=150&storage_gb=120"
    page = world.who["anon"].get(
        f"/calculator/?{link}&budget_per_member=5.00", headers={"Accept-Language": "de"}
    )
    shown = page.content.decode()
    assert all(number in shown for number in ("1.650", "77.125", "9.255,00", "771,25"))
    assert not any(number in shown for number in ("1,650", "77,125", "9,255.00"))
