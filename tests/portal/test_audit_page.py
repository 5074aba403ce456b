"""Changes are told in words: names, amounts and days, not ids, codes and instants."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.portal.audit_page.words import Names, facts_text

NAMES = Names({"ada": "Ada Okafor"}, {"lab": "Laboratory"}, ZoneInfo("Europe/Brussels"))


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (None, ""),
        (
            {"subject": {"type": "member", "id": "ada"}, "period": "week", "tokens": "1500.5"},
            "for Ada Okafor, per week, tokens 1,500.50",
        ),
        (
            {"subject": {"type": "members", "id": ""}, "period": "day", "tokens": None},
            "for all members, per day, tokens no limit",
        ),
        (
            {"subject": {"type": "role", "id": "teacher"}, "mode": "shared_pool"},
            "for the role Teacher, the organisation pays all",
        ),
        ({"subject": {"type": "cost_centre", "id": "lab"}, "tokens": "0"}, "for Laboratory, tokens 0"),
        ({"id": "lab", "people": 3, "barred": True}, "of Laboratory, people 3, barred yes"),
        ({"user": "gone", "state": "raised"}, "person gone, granted for good"),
        ({"key": "scrip_D5_IG", "scopes": ["read"]}, "key scrip_D5_IG, may read"),
        (
            {"from": "2026-12-01", "until": None, "expires_at": "2027-11-27T17:05:09.753051+00:00"},
            "from 1 Dec 2026, until –, ends 27 Nov 2027, 18:05",
        ),
        ({"period": "fortnight", "tokens": "many"}, "fortnight, tokens many"),
    ],
)
def test_facts_are_told_in_words(facts: dict[str, Any] | None, said: str) -> None:
    assert facts_text(facts, NAMES) == said
