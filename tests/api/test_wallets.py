"""Wallets read and credited over HTTP, and what moved in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.clock import stopped_at
from apps.identity.models import IdempotencyKey
from tests.cast import AT, Platform, a_member, a_user, an_api_key, an_organisation, body_of, give, pays

CREDIT = {"owner": {"type": "user", "id": "ada"}, "tokens": "50", "kind": "promotion", "reason": "Essay"}


def wallet(platform: Platform, path: str = "users/ada") -> Any:
    answer = platform.get(f"{path}/wallet")
    assert answer.status_code == 200
    return body_of(answer)


def test_a_wallet_shows_its_buckets(platform: Platform) -> None:
    a_user("ada", credit="10")
    school = an_organisation("school", credit="100")
    a_member(school, "ada")
    give(school, "ada", "30.25")
    platform.post("credits", CREDIT)
    platform.post("charges", {"user": "ada", "operation": "page", "quantities": {"page": 150}})
    assert wallet(platform) == {
        "owner": {"type": "user", "id": "ada"},
        "price_book": "campus",
        "unlimited": False,
        "frozen": False,
        "balance": {
            "free": "200",
            "allocated": "30.25",
            "earned": "50",
            "purchased": "10",
            "total": "290.25",
            "held": "150",
            "available": "140.25",
        },
        "allocations": [{"organisation": "school", "balance": "30.25"}],
        "free_resets_at": "2026-12-01T00:00:00Z",
    }


def test_a_new_month_shows_before_any_job_has_run(platform: Platform) -> None:
    a_user("ada", time_zone="Asia/Tokyo")
    platform.post(
        "charges", {"user": "ada", "operation": "page", "quantities": {"page": 80}, "capture": True}
    )
    midnight = datetime(2026, 11, 30, 15, tzinfo=UTC)
    with stopped_at(midnight - timedelta(microseconds=1)):
        assert wallet(platform)["balance"]["free"] == "120"
    with stopped_at(midnight):
        found = wallet(platform)
        assert (found["balance"]["free"], found["free_resets_at"]) == ("200", "2026-12-31T15:00:00Z")


def test_a_promotion_is_earned_and_a_migration_purchased(platform: Platform) -> None:
    a_user("ada")
    an_organisation("school")
    answer = platform.post("credits", CREDIT)
    credit = body_of(answer)
    assert answer.status_code == 201
    assert credit["number"].startswith("T-")
    assert {name: credit[name] for name in ("owner", "tokens", "kind", "reason", "at")} == {
        **CREDIT,
        "at": "2026-11-02T12:00:00Z",
    }
    assert credit["wallet"] == wallet(platform)
    assert credit["wallet"]["balance"]["earned"] == "50"
    owner = {"type": "organisation", "id": "school"}
    platform.post("credits", {**CREDIT, "owner": owner, "kind": "migration"})
    assert wallet(platform, "organisations/school")["balance"]["purchased"] == "50"


def test_credits_of_a_user_and_an_organisation_of_one_name_do_not_meet(platform: Platform) -> None:
    a_user("ada")
    an_organisation("ada")
    platform.post("credits", CREDIT)
    assert wallet(platform, "organisations/ada")["balance"]["total"] == "0"


def test_a_credit_happens_once_even_after_its_answer_was_emptied(platform: Platform) -> None:
    a_user("ada")
    first = body_of(platform.post("credits", CREDIT, key="once"))
    IdempotencyKey.objects.update(body="")
    again = platform.post("credits", CREDIT, key="once")
    assert (again.status_code, body_of(again)) == (201, first)
    assert wallet(platform)["balance"]["earned"] == "50"


def test_credits_need_their_own_scope(platform: Platform) -> None:
    a_user("ada")
    others = ("read", "users", "organisations", "charges", "usage")
    refused = Platform(an_api_key(name="other", scopes=others)).post("credits", CREDIT)
    assert (refused.status_code, body_of(refused)["scope"]) == (403, "credits")


def test_nobody_is_credited_who_was_never_synced(platform: Platform) -> None:
    assert platform.post("credits", CREDIT).status_code == 404


def test_no_wallet_can_be_credited_beyond_what_can_be_stored(platform: Platform) -> None:
    a_user("ada")
    most = {**CREDIT, "tokens": "1000000000000"}
    answers = [platform.post("credits", most).status_code for _ in range(10)]
    assert answers == [201] * 9 + [422]


def lines(platform: Platform, path: str = "user/ada", **query: Any) -> list[tuple[str, str, str]]:
    answer = platform.get(f"wallets/{path}/transactions", **query)
    assert answer.status_code == 200, answer.content
    return [(line["type"], line["tokens"], line["balance_after"]) for line in body_of(answer)["results"]]


@pytest.fixture
def busy(platform: Platform) -> dict[str, Any]:
    """Ada in a school that covers half: a charge of 300, part of it refunded; she was given 20."""
    school = an_organisation("school", credit="1000")
    a_user("ada", credit="100")
    a_member(school, "ada")
    pays(school, "member_wallets", 50)
    give(school, "ada", "20")
    body = {"user": "ada", "organisation": "school", "operation": "page", "quantities": {"page": 300}}
    charge: dict[str, Any] = body_of(platform.post("charges", {**body, "capture": True}))
    platform.post(f"charges/{charge['id']}/refund", {"tokens": "30", "reason": "blurred"})
    return charge


def test_transactions_tell_what_moved_newest_first(platform: Platform, busy: dict[str, Any]) -> None:
    assert lines(platform) == [
        ("refund", "15", "85"),
        ("charge", "-250", "70"),
        ("allocation", "20", "320"),
        ("migration", "100", "300"),
        ("grant", "200", "200"),
    ]
    assert lines(platform, "organisation/school") == [
        ("refund", "15", "945"),
        ("charge", "-50", "930"),
        ("allocation", "-20", "980"),
        ("migration", "1000", "1000"),
    ]


def test_a_line_says_who_and_for_what(platform: Platform, busy: dict[str, Any]) -> None:
    refund, charge, given, *_ = body_of(platform.get("wallets/user/ada/transactions"))["results"]
    assert charge == {
        "number": charge["number"],
        "at": "2026-11-02T12:00:00Z",
        "type": "charge",
        "description": charge["description"],
        "note": "",
        "tokens": "-250",
        "by_bucket": {"free": "-200", "allocated": "-20", "purchased": "-30"},
        "balance_after": "70",
        "bill": None,
        "charge": busy["id"],
        "organisation": "school",
        "person": "ada",
        "refunded": "30",
    }
    assert (refund["charge"], refund["note"], refund["by_bucket"]) == (
        busy["id"],
        "blurred",
        {"purchased": "15"},
    )
    assert (given["organisation"], given["person"], given["charge"]) == ("school", "ada", None)
    whole = body_of(platform.get("wallets/organisation/school/transactions"))["results"]
    assert [(line["person"], line["refunded"]) for line in whole] == [
        ("ada", None),
        ("ada", "30"),
        ("ada", None),
        (None, None),
    ]


def test_transactions_are_filtered_with_the_balance_they_had(
    platform: Platform, busy: dict[str, Any]
) -> None:
    assert lines(platform, type="charge") == [("charge", "-250", "70")]
    assert lines(platform, type="lapse") == []
    later = AT + timedelta(minutes=5)
    with stopped_at(later):
        platform.post("credits", CREDIT)
    moment, before = later.isoformat(), AT.isoformat().replace("+00:00", "Z")
    assert lines(platform, **{"from": moment}) == [("promotion", "50", "135")]
    assert len(lines(platform, **{"from": before, "to": moment})) == 5
    assert lines(platform, to=before) == []


def test_pages_of_transactions_follow_each_other(platform: Platform, busy: dict[str, Any]) -> None:
    seen, query = [], {"limit": "2"}
    while True:
        answer = body_of(platform.get("wallets/user/ada/transactions", **query))
        seen += [line["type"] for line in answer["results"]]
        if answer["next"] is None:
            break
        platform.post("credits", CREDIT)
        query["cursor"] = answer["next"]
    assert seen == ["refund", "charge", "allocation", "migration", "grant"]


def test_nobody_has_transactions_who_was_never_synced(platform: Platform) -> None:
    assert platform.get("wallets/user/nobody/transactions").status_code == 404
    assert platform.get("wallets/organisation/nowhere/transactions").status_code == 404


def test_reading_asks_few_questions(platform: Platform, busy: dict[str, Any]) -> None:
    for path, most in (("users/ada/wallet", 7), ("wallets/user/ada/transactions", 7)):
        with CaptureQueriesContext(connection) as queries:
            platform.get(path)
        assert len(queries) <= most
