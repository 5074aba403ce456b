"""Usage events over HTTP: each judged by itself, each with its effect once."""

from __future__ import annotations

from typing import Any

import pytest

from apps.usage.models import Charge, DeniedAttempt
from tests.cast import Platform, a_user, body_of


@pytest.fixture(autouse=True)
def people(platform: Platform) -> None:
    a_user("ada")
    a_user("bob")


def event(event_id: Any = "e-1", **more: Any) -> dict[str, Any]:
    return {"id": event_id, "user": "ada", "operation": "page", "quantities": {"page": 10}, **more}


def sent(platform: Platform, *events: Any) -> list[Any]:
    answer = platform.post("usage", {"events": list(events)}, key=None)
    assert answer.status_code == 200, answer.content
    results: list[Any] = body_of(answer)["results"]
    return results


def test_events_are_charged_in_the_order_sent(platform: Platform) -> None:
    results = sent(platform, event("a"), event("b", user="bob"), event("c", quantities={"page": 195}))
    assert results == [
        {"id": "a", "status": "charged", "tokens": "10", "uncollected": "0"},
        {"id": "b", "status": "charged", "tokens": "10", "uncollected": "0"},
        {"id": "c", "status": "partial", "tokens": "195", "uncollected": "5"},
    ]


def test_an_event_that_comes_again_is_a_duplicate(platform: Platform) -> None:
    first, second = sent(platform, event(), event(quantities={"page": "10.0"}))
    again = sent(platform, event(options={}))[0]
    assert (first["status"], second["status"], again["status"]) == ("charged", "duplicate", "duplicate")
    assert second["tokens"] == again["tokens"] == "10"
    assert Charge.objects.count() == 1


def test_an_event_id_with_other_content_is_invalid(platform: Platform) -> None:
    _, second = sent(platform, event(), event(user="bob"))
    assert (second["status"], second["error"]["code"]) == ("invalid", "idempotency_conflict")


@pytest.mark.parametrize(
    ("bad", "event_id", "code"),
    [
        (1, None, "validation_error"),
        ({}, None, "validation_error"),
        (event(""), None, "validation_error"),
        (event(7), None, "validation_error"),
        (event("two words"), None, "validation_error"),
        (event("x", user="nobody"), "x", "not_found"),
        (event("x", operation="nothing"), "x", "not_found"),
        (event("x", quantities={"page": 0}), "x", "validation_error"),
        (event("x", quantities={"page": -1}), "x", "validation_error"),
        (event("x", capture=True), "x", "validation_error"),
        (event("x", time="2026-11-02T12:00:01Z"), "x", "validation_error"),
        (event("x", time="yesterday"), "x", "validation_error"),
        (event("x", organisation="nowhere"), "x", "not_found"),
    ],
)
def test_one_bad_event_does_not_stop_the_others(
    platform: Platform, bad: Any, event_id: str | None, code: str
) -> None:
    before, wrong, after = sent(platform, event("a"), bad, event("b"))
    assert (before["status"], after["status"]) == ("charged", "charged")
    assert (wrong["id"], wrong["status"], wrong["error"]["code"]) == (event_id, "invalid", code)
    assert (wrong["tokens"], wrong["uncollected"]) == ("0", "0")


def test_work_before_the_first_price_takes_the_first_price(platform: Platform) -> None:
    assert sent(platform, event(time="1999-01-01T00:00:00Z"))[0]["tokens"] == "10"


def test_a_thousand_events_are_possible_and_no_more(platform: Platform) -> None:
    results = sent(platform, *(event(f"e-{n}", quantities={"page": "0.1"}) for n in range(1000)))
    assert {result["status"] for result in results} == {"charged"}
    for count in (0, 1001):
        answer = platform.post("usage", {"events": [event()] * count}, key=None)
        assert (answer.status_code, list(body_of(answer)["errors"])) == (422, ["events"])


def test_a_denied_event_can_be_looked_up(platform: Platform) -> None:
    lesson = {"operation": "lesson", "quantities": {"lesson": 1}, "activity": {"type": "lesson", "id": "l"}}
    sent(platform, event("a", **lesson), event("b", **lesson))
    assert DeniedAttempt.objects.get().code == "duplicate_activity"
