"""A sum that is shown to the last digit says that it is the one which is rounded elsewhere."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client

from apps.core import figures
from apps.core.templatetags.scrip import figure
from apps.core.units import MICRO
from apps.organisations.models import Organisation
from tests.portal.world import person

WHY = "To six decimals, so that the lines add up; elsewhere the sum is rounded to two."


@pytest.mark.parametrize(("places", "said"), [(0, False), (2, False), (6, True)])
def test_only_a_sum_of_six_decimals_explains_itself(places: int, said: bool) -> None:
    assert (WHY in render_to_string("components/exact.html", {"places": places})) is said


@pytest.mark.parametrize("place", ["usage/", "statements/2026-10/", ""])
def test_a_page_explains_it_under_its_table(
    campus: Organisation, client: Client, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(person("mira"))
    monkeypatch.setattr(figures, "sum_places", lambda *_amounts: 6)
    assert WHY in client.get(f"/orgs/lindenhof/{place}").content.decode()


def test_a_rounded_figure_tells_all_of_itself_on_pointing_at_it() -> None:
    assert figure(1_234_567_891) == '1,234<span class="fraction" title="1,234.567891">.57</span>'
    assert figure(1_234_500_000) == '1,234<span class="fraction">.50</span>'
    assert figure(12 * MICRO) == "12"
