"""The table "Idempotency" of the API's contract, row by row."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections

from apps.core.clock import stopped_at
from apps.identity.idempotency import claim, meaning
from apps.identity.models import ApiClient, IdempotencyKey
from apps.usage.models import Charge
from tests.cast import AT, Platform, a_user, an_api_key, body_of

PAGES = {"user": "ada", "operation": "page", "quantities": {"page": "12.5"}, "capture": True}
REPLAYED = "Idempotency-Replayed"


@pytest.fixture(autouse=True)
def ada(platform: Platform) -> None:
    a_user("ada")


@pytest.mark.parametrize("key", [None, " ", "two words", "ä", "x" * 256, "tab\there"])
def test_a_missing_or_malformed_key_is_refused(platform: Platform, key: str | None) -> None:
    answer = platform.post("charges", PAGES, key=key)
    assert (answer.status_code, list(body_of(answer)["errors"])) == (422, ["Idempotency-Key"])
    assert not Charge.objects.exists()


@pytest.mark.parametrize("key", ["x", "~" * 255, "!#$%&'()*+,-./:;<=>?@[]^_`{|}"])
def test_any_visible_ascii_is_a_key(platform: Platform, key: str) -> None:
    assert platform.post("charges", PAGES, key=key).status_code == 201


def test_the_same_request_gets_the_stored_answer(platform: Platform) -> None:
    first = platform.post("charges", PAGES, key="one")
    again = platform.post("charges", PAGES, key="one")
    assert (again.status_code, again.content, again[REPLAYED]) == (201, first.content, "true")
    assert REPLAYED not in first
    assert Charge.objects.count() == 1


@pytest.mark.parametrize(
    "same",
    [
        {**PAGES, "quantities": {"page": "12.50"}},
        {**PAGES, "quantities": {"page": 12.5}},
        dict(reversed(list(PAGES.items()))),
        {**PAGES, "hold_seconds": 900},
        {**PAGES, "options": {}, "metadata": {}},
    ],
)
def test_equal_meaning_is_the_same_request(platform: Platform, same: dict[str, Any]) -> None:
    platform.post("charges", PAGES, key="one")
    again = platform.post("charges", same, key="one")
    assert (again.status_code, again[REPLAYED]) == (201, "true")


@pytest.mark.parametrize(
    "other",
    [{"quantities": {"page": 12}}, {"user": "bob"}, {"capture": False}, {"metadata": {"a": 1}}],
)
def test_another_request_under_the_key_is_a_conflict(platform: Platform, other: dict[str, Any]) -> None:
    platform.post("charges", PAGES, key="one")
    answer = platform.post("charges", {**PAGES, **other}, key="one")
    assert (answer.status_code, body_of(answer)["code"]) == (409, "idempotency_conflict")


def test_another_path_under_the_key_is_a_conflict(platform: Platform) -> None:
    ids = [body_of(platform.post("charges", {**PAGES, "capture": False}))["id"] for _ in range(2)]
    assert platform.post(f"charges/{ids[0]}/release", key="one").status_code == 200
    assert platform.post(f"charges/{ids[1]}/release", key="one").status_code == 409
    assert platform.post(f"charges/{ids[0]}/capture", key="one").status_code == 409


def test_the_shape_comes_before_the_key(platform: Platform) -> None:
    platform.post("charges", PAGES, key="one")
    assert platform.post("charges", {**PAGES, "extra": 1}, key="one").status_code == 422


def test_after_a_refusal_the_key_may_be_used_again(platform: Platform) -> None:
    dear = {**PAGES, "quantities": {"page": 201}}
    assert platform.post("charges", dear, key="one").status_code == 402
    assert not IdempotencyKey.objects.exists()
    a_user("ada", credit="1")
    assert platform.post("charges", dear, key="one").status_code == 201


def test_keys_belong_to_the_client_not_to_its_api_key(platform: Platform) -> None:
    platform.post("charges", PAGES, key="one")
    assert Platform(an_api_key()).post("charges", PAGES, key="one")[REPLAYED] == "true"
    assert REPLAYED not in Platform(an_api_key(name="other")).post("charges", PAGES, key="one")
    assert Charge.objects.count() == 2


def test_event_ids_and_keys_do_not_collide(platform: Platform) -> None:
    platform.post("charges", PAGES, key="one")
    event = {"id": "one", "user": "ada", "operation": "page", "quantities": {"page": 1}}
    result = body_of(platform.post("usage", {"events": [event]}, key=None))["results"][0]
    assert result["status"] == "charged"


def test_after_a_month_the_answer_is_built_from_the_charge_as_it_is(platform: Platform) -> None:
    first = body_of(platform.post("charges", PAGES, key="one"))
    platform.post(f"charges/{first['id']}/refund", {"reason": "empty"})
    with stopped_at(AT + timedelta(days=31)):
        call_command("purge_idempotency_bodies")
        again = platform.post("charges", PAGES, key="one")
    assert (again.status_code, again[REPLAYED]) == (201, "true")
    assert body_of(again) == {**first, "refunded": "12.5", "funding": []}
    assert Charge.objects.count() == 1


def test_an_equal_claim_finds_what_was_answered(platform: Platform) -> None:
    client = ApiClient.objects.get()
    digest = meaning("/api/v1/charges", {"a": 1})
    assert claim(client_id=client.pk, key="k", digest=digest, at=AT) is None
    found = claim(client_id=client.pk, key="k", digest=digest, at=AT)
    assert found is not None
    assert found.status == 0


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Real connections, twenty at a time."""

    def test_twenty_equal_requests_have_one_effect(self, platform: Platform) -> None:
        answers = _at_once(platform.secret, [("charges", PAGES, "one")] * 20)
        assert Charge.objects.count() == 1
        done = [answer for answer in answers if answer.status_code == 201]
        waiting = [answer for answer in answers if answer.status_code != 201]
        assert len({answer.content for answer in done}) == 1
        assert len([answer for answer in done if REPLAYED not in answer]) == 1
        assert all(body_of(answer)["code"] == "in_progress" for answer in waiting)
        assert all("Retry-After" in answer for answer in waiting)
        ada = body_of(platform.get("charges", user="ada"))["results"]
        assert [charge["tokens"] for charge in ada] == ["12.5"]

    def test_twenty_for_the_last_tokens_let_exactly_one_through(self, platform: Platform) -> None:
        body = {**PAGES, "quantities": {"page": 200}}
        answers = _at_once(platform.secret, [("charges", body, f"key-{n}") for n in range(20)])
        assert sorted(answer.status_code for answer in answers) == [201] + [402] * 19

    def test_refunds_at_once_never_exceed_the_charge(self, platform: Platform) -> None:
        charge = body_of(platform.post("charges", PAGES))
        refund = {"tokens": "5", "reason": "half"}
        path = f"charges/{charge['id']}/refund"
        answers = _at_once(platform.secret, [(path, refund, f"refund-{n}") for n in range(8)])
        assert sorted(answer.status_code for answer in answers) == [200] * 2 + [422] * 6
        assert body_of(platform.get(f"charges/{charge['id']}"))["refunded"] == "10"


def _at_once(secret: str, calls: list[tuple[str, dict[str, Any], str]]) -> list[Any]:
    def call(asked: tuple[str, dict[str, Any], str]) -> Any:
        path, body, key = asked
        try:
            with stopped_at(AT):
                return Platform(secret).post(path, json.dumps(body).encode(), key=key)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))
