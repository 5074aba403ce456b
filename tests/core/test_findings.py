"""The sentences over charts say what the figures say."""

from __future__ import annotations

import pytest
from django.utils import translation

from apps.core.findings import half_title, inside_a_sentence, share_title, spending_title

DAYS = "28 Sep to 27 Oct"


@pytest.mark.parametrize(
    ("now", "before", "sentence"),
    [
        (118, 100, "Spending is 18 % above 28 Sep to 27 Oct"),
        (82, 100, "Spending is 18 % below 28 Sep to 27 Oct"),
        (1000, 1001, "Spending is level with 28 Sep to 27 Oct"),
        (300, 100, "Spending is more than three times that of 28 Sep to 27 Oct"),
        (5, 0, "Spending has begun: there was none from 28 Sep to 27 Oct"),
        (0, 5, "Nothing was spent, unlike 28 Sep to 27 Oct"),
        (0, 0, "Nothing spent"),
    ],
)
def test_spending_is_compared_with_what_was_before(now: int, before: int, sentence: str) -> None:
    assert spending_title(now, before, days=DAYS) == sentence


@pytest.mark.parametrize(
    ("now", "before", "sentence"),
    [
        (118, 100, "Spending is 18 % above 28 Sep to 27 Oct, mostly video"),
        (82, 100, "Spending is 18 % below 28 Sep to 27 Oct, mostly video"),
        (100, 100, "Spending is level with 28 Sep to 27 Oct, mostly video"),
        (400, 100, "Spending is more than three times that of 28 Sep to 27 Oct, mostly video"),
        (5, 0, "Spending has begun, mostly video: there was none from 28 Sep to 27 Oct"),
    ],
)
def test_what_makes_up_half_is_named(now: int, before: int, sentence: str) -> None:
    assert spending_title(now, before, days=DAYS, top="video", top_amount=(now + 1) // 2) == sentence


def test_what_makes_up_less_than_half_is_not_named() -> None:
    assert "video" not in spending_title(100, 50, days=DAYS, top="video", top_amount=49)


def test_a_breakdown_names_its_first_row() -> None:
    assert share_title("Chat", 100, 100) == "All of it: Chat"
    assert share_title("Chat", 62, 100) == "62 % went on one thing: Chat"
    assert share_title("Ada", 62, 100, "person") == "Ada used 62 % of it"
    assert share_title("Ada", 62, 62, "person") == "Ada used all of it"
    assert share_title("Coverage", 62, 100, "payer") == "Largest source: Coverage, 62 %"
    assert share_title("Chat", 34, 100) == "Chat comes first with 34 %"
    assert share_title("Chat", 0, 0) == "Nothing to break down"


def test_members_are_counted_until_half_is_reached() -> None:
    assert half_title([60, 40], 100) == "One member makes up half of the spending or more"
    assert half_title([30, 25, 20], 100) == "2 members make up 55 % of the spending"
    assert half_title([10, 9], 100) == "The 2 members who spent most make up 19 % of the spending"
    assert half_title([], 0) == "No member has spent anything this month"


def test_names_go_small_inside_an_english_sentence() -> None:
    assert inside_a_sentence("Live session") == "live session"
    assert inside_a_sentence("AI chat") == "AI chat"
    with translation.override("de"):
        assert inside_a_sentence("Chat") == "Chat"
