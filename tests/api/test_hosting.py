"""Resources, bills and entitlements over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.hosting.models import Report
from tests.cast import Platform, a_user, an_api_key, an_organisation, body_of
from tests.hosting.world import bill, load_hosting_prices

NOW = datetime.now(UTC)
START = (NOW.replace(day=1) - timedelta(days=40)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
"""The beginning of the month before last: all of it is over, by every clock."""
MONTH = f"{START:%Y-%m}"
END = START + timedelta(days=19)
LONG_AGO = NOW - timedelta(days=8)


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


LINDENHOF = {"type": "organisation", "id": "lindenhof"}
SOUTH: dict[str, Any] = {
    "owner": LINDENHOF,
    "name": "Campus South",
    "members": 75,
    "storage_bytes": 120 * 10**9,
    "since": _instant(START),
}


@pytest.fixture
def platform(db: None) -> Any:
    load_hosting_prices()
    an_organisation("lindenhof", credit="500")
    an_organisation("harbour")
    a_user("ada")
    return Platform(an_api_key())


def test_a_resource_is_made_changed_read_and_ended(platform: Platform) -> None:
    made = platform.put("resources/campus/south", SOUTH)
    assert made.status_code == 201
    assert body_of(made) == {
        "kind": "campus",
        "id": "south",
        "name": "Campus South",
        "owner": LINDENHOF,
        "members": 75,
        "storage_bytes": 120 * 10**9,
        "shares": [],
        "created_at": _instant(START),
        "ended_at": None,
    }
    shared = {"owner": LINDENHOF, "weight": 2}, {"owner": {"type": "user", "id": "ada"}, "weight": "0.5"}
    changed = platform.put("resources/campus/south", {**SOUTH, "shares": shared, "members": 80})
    assert changed.status_code == 200
    assert [share["weight"] for share in body_of(changed)["shares"]] == ["2", "0.5"]
    assert body_of(platform.get("resources/campus/south")) == body_of(changed)
    assert platform.delete(f"resources/campus/south?since={_instant(END)}").status_code == 204
    assert body_of(platform.get("resources/campus/south"))["ended_at"] == _instant(END)


def test_bills_say_how_they_come_about(platform: Platform) -> None:
    platform.put("resources/campus/free", {**SOUTH, "members": 5, "storage_bytes": 0})
    platform.put("resources/campus/south", {**SOUTH, "members": 75})
    bill(MONTH, at=NOW)
    answer = body_of(platform.get("bills", owner_type="organisation", owner_id="lindenhof", period=MONTH))
    south = next(found for found in answer["results"] if found["resource"]["id"] == "south")
    assert south["state"] == "open", "1,225 tokens, and 500 are there"
    assert (south["tokens"], south["hosting"], south["storage"]) == ("1225", "750", "475")
    assert south["lines"] == [
        {
            "kind": "hosting",
            "period": MONTH,
            "quantity": "75",
            "unit": "member",
            "rate": "10",
            "free": False,
            "share": None,
            "tokens": "750",
            "label": "Hosting",
        },
        {
            "kind": "storage",
            "period": MONTH,
            "quantity": "120",
            "unit": "GB",
            "rate": "3.99",
            "free": False,
            "share": None,
            "tokens": "475",
            "label": "Storage",
        },
    ]
    free = next(found for found in answer["results"] if found["resource"]["id"] == "free")
    assert (free["tokens"], free["state"], free["lines"][0]["free"]) == ("0", "settled", True)
    assert body_of(platform.get("bills", owner_type="user", owner_id="ada"))["results"] == []


def test_bills_are_paged_newest_first(platform: Platform) -> None:
    for number in range(3):
        platform.put(f"resources/task/t{number}", {**SOUTH, "storage_bytes": 0})
    bill(MONTH, at=NOW)
    owner = {"owner_type": "organisation", "owner_id": "lindenhof"}
    first = body_of(platform.get("bills", **owner, limit=2))
    rest = body_of(platform.get("bills", **owner, limit=2, cursor=first["next"]))
    numbers = [int(found["number"][2:]) for found in first["results"] + rest["results"]]
    assert numbers == sorted(numbers, reverse=True)
    assert (len(numbers), rest["next"]) == (3, None)


def test_a_paid_bill_names_its_transaction_and_the_transaction_its_bill(platform: Platform) -> None:
    platform.put("resources/campus/south", {**SOUTH, "storage_bytes": 2 * 10**9})
    bill(MONTH, at=NOW)
    found = body_of(platform.get("bills", owner_type="organisation", owner_id="lindenhof"))["results"][0]
    assert (found["state"], found["tokens"]) == ("settled", "4")
    lines = body_of(platform.get("wallets/organisation/lindenhof/transactions", type="bill"))["results"]
    assert [(line["number"], line["bill"], line["tokens"]) for line in lines] == [
        (found["transaction"], found["number"], "-4")
    ]


def test_entitlements_say_what_is_allowed_and_why_not(platform: Platform) -> None:
    allowed = {"allowed": True, "reasons": []}
    asked = platform.get("entitlements", organisation="lindenhof")
    assert body_of(asked) == {"uploads": allowed, "ai": allowed, "paid_features": allowed}
    platform.put("resources/campus/south", {**SOUTH, "storage_bytes": 240 * 10**9})
    bill(MONTH, at=LONG_AGO)
    found = body_of(platform.get("entitlements", organisation="lindenhof"))
    assert found["ai"] == allowed
    assert found["uploads"] == found["paid_features"]
    assert found["uploads"]["reasons"][0]["code"] == "bill_overdue"
    assert body_of(platform.get("entitlements", organisation="harbour"))["ai"]["reasons"][0]["code"] == (
        "insufficient_tokens"
    )


@pytest.mark.parametrize(
    ("path", "change", "status", "field"),
    [
        ("resources/campus/south", {"members": -1}, 422, "members"),
        ("resources/campus/south", {"members": 1.5}, 422, "members"),
        ("resources/campus/south", {"members": True}, 422, "members"),
        ("resources/campus/south", {"members": 10**10}, 422, "members"),
        ("resources/campus/south", {"storage_bytes": "12"}, 422, "storage_bytes"),
        ("resources/campus/south", {"since": _instant(NOW + timedelta(days=2))}, 422, "since"),
        ("resources/campus/south", {"since": "yesterday"}, 422, "since"),
        ("resources/campus/south", {"shares": [{"owner": LINDENHOF, "weight": 0}]}, 422, "shares.0.weight"),
        ("resources/campus/south", {"shares": [{"owner": LINDENHOF, "weight": 1}] * 2}, 422, "shares"),
        ("resources/campus/south", {"colour": "red"}, 422, "colour"),
        ("resources/garden/south", {}, 422, "kind"),
        ("resources/campus/so%20uth", {}, 422, "resource_id"),
        ("resources/campus/south", {"owner": {"type": "user", "id": "nobody"}}, 404, ""),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    platform: Platform, path: str, change: dict[str, Any], status: int, field: str
) -> None:
    answer = platform.put(path, {**SOUTH, **change})
    assert answer.status_code == status
    assert not field or field in body_of(answer)["errors"]
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("bills?owner_type=organisation&owner_id=lindenhof&period=2026-13", 422),
        ("bills?owner_type=campus&owner_id=lindenhof", 422),
        ("bills?owner_id=lindenhof", 422),
        ("bills?owner_type=organisation&owner_id=nobody", 404),
        ("entitlements", 422),
        ("entitlements?user=ada&organisation=lindenhof", 422),
        ("entitlements?user=nobody", 404),
        ("resources/campus/nothing", 404),
    ],
)
def test_questions_that_make_no_sense_are_refused(platform: Platform, path: str, status: int) -> None:
    assert platform.get(path).status_code == status


def test_ending_what_is_not_there_is_refused(platform: Platform) -> None:
    assert platform.delete("resources/campus/nothing").status_code == 404
    platform.put("resources/campus/south", SOUTH)
    assert platform.delete("resources/campus/south").status_code == 204
    assert platform.delete("resources/campus/south").status_code == 204, "said twice, ended once"
    assert Report.objects.count() == 2
