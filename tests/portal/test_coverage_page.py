"""Coverage in plain words: who pays how much, and until which limit."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.organisations.models import Organisation
from tests.portal.world import BEFORE, person
from tests.usage.charging import limit

COVERAGE = "/orgs/lindenhof/coverage/"


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"whom": "organisation", "percent": "50"}, "pays 50, until 1,000 this month."),
        ({"whom": "role", "role": "teacher", "percent": "50"}, "until 300 this week or 1,000 this month."),
        ({"whom": "member", "member": "jonas", "percent": "50"}, "until 600 today or 2,000 this month."),
        (
            {"whom": "member", "member": "jonas", "mode": "shared_pool"},
            "pays all that Jonas Vermeulen spends, until 600 today or 2,000 this month; the person’s own",
        ),
        ({"whom": "member", "member": "jonas", "percent": "0"}, "Campus Lindenhof covers nothing."),
    ],
)
def test_the_preview_says_until_which_limit_is_paid(
    client: Client, campus: Organisation, asked: dict[str, str], sentence: str
) -> None:
    limit(campus, "member jonas", "month", "2000", at=BEFORE)
    client.force_login(person("mira"))
    answer = client.post(COVERAGE, {"mode": "member_wallets", "step": "preview", **asked})
    assert sentence in answer.content.decode()


def test_a_members_page_says_until_which_limit_is_paid(client: Client, campus: Organisation) -> None:
    limit(campus, "member jonas", "month", "2000", at=BEFORE)
    client.force_login(person("mira"))
    text = client.get("/orgs/lindenhof/members/jonas/").content.decode()
    assert "Campus Lindenhof pays 60, until 600 today or 2,000 this month." in text


def test_without_a_limit_there_is_no_until(client: Client, campus: Organisation) -> None:
    limit(campus, "members", "month", None, at=BEFORE)
    client.force_login(person("mira"))
    assert "Campus Lindenhof pays 60. " in client.get(COVERAGE).content.decode()
