"""The last token, on both databases."""

from __future__ import annotations

import pytest

from tests.races import scenes

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_64_who_ask_for_the_last_tokens_exactly_those_get_them_for_whom_there_are_enough() -> None:
    scenes.the_last_tokens(64)


def test_credits_at_once_all_arrive() -> None:
    scenes.credits_at_once(16)
