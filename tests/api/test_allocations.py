"""Tokens given to many members at once over HTTP, and taken back."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.allocations.models import Allocation
from apps.identity.models import IdempotencyKey
from tests.cast import Platform, a_member, a_user, an_organisation, body_of

GIVE, TAKE = "organisations/school/allocations", "organisations/school/reclaims"


@pytest.fixture(autouse=True)
def school(platform: Platform) -> None:
    school = an_organisation("school", credit="100")
    for key in ("ada", "bob"):
        a_member(school, key)


def balance(platform: Platform, path: str, bucket: str) -> str:
    found: str = body_of(platform.get(f"{path}/wallet"))["balance"][bucket]
    return found


def test_allocating_answers_with_transfers_and_the_wallet_after(platform: Platform) -> None:
    items = [{"user": "bob", "tokens": "10.5"}, {"user": "ada", "tokens": "20"}]
    answer = platform.post(GIVE, {"items": items, "note": "Spring"})
    assert answer.status_code == 201
    run = body_of(answer)
    assert run["number"].startswith("A-")
    assert (run["tokens"], run["note"], run["organisation"]) == ("30.5", "Spring", "school")
    assert [(item["user"], item["tokens"]) for item in run["items"]] == [("bob", "10.5"), ("ada", "20")]
    assert all(item["transfer"].startswith("T-") for item in run["items"])
    assert run["wallet"]["balance"]["available"] == "69.5"
    wallet = body_of(platform.get("users/ada/wallet"))
    assert wallet["allocations"] == [{"organisation": "school", "balance": "20"}]
    assert wallet["balance"]["total"] == "220"


def test_too_little_moves_nothing(platform: Platform) -> None:
    items = [{"user": "ada", "tokens": "60"}, {"user": "bob", "tokens": "60"}]
    refused = platform.post(GIVE, {"items": items})
    problem = body_of(refused)
    assert (refused.status_code, problem["code"], problem["missing"]) == (402, "insufficient_tokens", "20")
    assert problem["wallet"] == {"type": "organisation", "id": "school"}
    assert balance(platform, "users/ada", "allocated") == "0"
    assert not IdempotencyKey.objects.exists()


def test_one_stranger_stops_all(platform: Platform) -> None:
    a_user("eve")
    for user, status in (("eve", 403), ("nobody", 404)):
        for path in (GIVE, TAKE):
            items = [{"user": "ada", "tokens": "1"}, {"user": user, "tokens": "1"}]
            assert platform.post(path, {"items": items}).status_code == status
    assert not Allocation.objects.exists()


def test_members_in_another_price_book_cannot_be_given_to(platform: Platform) -> None:
    a_user("uma", price_book="studio")
    platform.put("organisations/school/members/uma", {"role": "member"})
    refused = platform.post(GIVE, {"items": [{"user": "uma", "tokens": "1"}]})
    assert (refused.status_code, body_of(refused)["code"]) == (409, "price_book_mismatch")


def test_the_same_key_gives_once(platform: Platform) -> None:
    body = {"items": [{"user": "ada", "tokens": "10"}]}
    first = platform.post(GIVE, body, key="once")
    again = platform.post(GIVE, {"note": "", "items": [{"tokens": "10.0", "user": "ada"}]}, key="once")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert body_of(again) == body_of(first)
    assert balance(platform, "users/ada", "allocated") == "10"
    assert platform.post(TAKE, body, key="once").status_code == 409


def test_an_emptied_answer_is_built_again(platform: Platform) -> None:
    body = {"items": [{"user": "bob", "tokens": "1"}, {"user": "ada", "tokens": "2"}], "note": "n"}
    first = body_of(platform.post(GIVE, body, key="once"))
    IdempotencyKey.objects.update(body="")
    again = platform.post(GIVE, body, key="once")
    assert (again.status_code, body_of(again)) == (201, first)


def test_an_allocation_needs_a_key(platform: Platform) -> None:
    body = {"items": [{"user": "ada", "tokens": "10"}]}
    for path in (GIVE, TAKE):
        refused = platform.post(path, body, key=None)
        assert (refused.status_code, list(body_of(refused)["errors"])) == (422, ["Idempotency-Key"])


def test_reclaiming_takes_back_what_is_unspent_and_not_held(platform: Platform) -> None:
    platform.post(GIVE, {"items": [{"user": "ada", "tokens": "50"}]})
    hold = {"user": "ada", "operation": "page", "quantities": {"page": 230}}
    assert platform.post("charges", hold).status_code == 201
    refused = platform.post(TAKE, {"items": [{"user": "ada", "tokens": "21"}]})
    assert (refused.status_code, body_of(refused)["wallet"]) == (402, {"type": "user", "id": "ada"})
    answer = platform.post(TAKE, {"items": [{"user": "ada", "tokens": "20"}]})
    assert (answer.status_code, body_of(answer)["wallet"]["balance"]["purchased"]) == (201, "70")


def test_nothing_was_ever_given(platform: Platform) -> None:
    refused = platform.post(TAKE, {"items": [{"user": "ada", "tokens": "1"}]})
    assert (refused.status_code, body_of(refused)["code"]) == (402, "insufficient_tokens")


def test_a_run_asks_the_same_for_many_as_for_one(platform: Platform) -> None:
    def asked(count: int) -> int:
        items = [{"user": f"u{place}", "tokens": "0.01"} for place in range(count)]
        with CaptureQueriesContext(connection) as queries:
            assert platform.post(GIVE, {"items": items}).status_code == 201
        return sum(1 for query in queries if query["sql"].lstrip().startswith("SELECT"))

    for place in range(30):
        platform.put(f"users/u{place}", {})
        platform.put(f"organisations/school/members/u{place}", {"role": "member"})
    assert asked(30) <= asked(1) <= 15
