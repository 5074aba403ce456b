"""Whatever a program sends that has no sense is answered 422 with the field, never 500."""

from __future__ import annotations

from typing import Any

import pytest

from apps.usage.models import Charge
from tests.cast import Platform, a_user, body_of

PAGES: dict[str, Any] = {"user": "ada", "operation": "page", "quantities": {"page": 1}}
HUGE = "9" * 100_000
NO_NUMBERS: list[bytes] = [
    b"-1",
    b'"-1"',
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b'"NaN"',
    b'"Infinity"',
    b"1e13",
    b"1000000000001",
    b'"1000000000000.000001"',
    b"1e400",
    b"1e-7",
    b"0.0000001",
    b'"0.0000001"',
    b"1e-999999999",
    b"1e999999999",
    HUGE.encode(),
    b'"' + HUGE.encode() + b'"',
    b"0." + b"1" * 100_000,
    '"１２"'.encode(),
    '"٣"'.encode(),
    b'"1e3"',
    b'" 1"',
    b'"1 "',
    b'"+1"',
    b'"1_000"',
    b'"0x10"',
    b'""',
    b'"."',
    b'"1."',
    b'".5"',
    b"true",
    b"false",
    b"null",
    b"[]",
    b"{}",
    b'"\\u0000"',
    b'"\\ud800"',
]


@pytest.fixture(autouse=True)
def ada(platform: Platform) -> None:
    a_user("ada")


@pytest.fixture
def charge(platform: Platform) -> str:
    return str(body_of(platform.post("charges", PAGES))["id"])


def refused(answer: Any) -> list[str]:
    assert answer.status_code == 422, answer.content[:300]
    problem = body_of(answer)
    assert problem["code"] in ("validation_error", "no_price")
    return list(problem["errors"])


@pytest.mark.parametrize("number", NO_NUMBERS, ids=lambda number: number[:24].decode(errors="replace"))
def test_what_is_no_quantity_is_refused_everywhere(platform: Platform, charge: str, number: bytes) -> None:
    what = b'"user":"ada","operation":"page","quantities":{"page":%b}' % number
    calls = [
        ("estimates", b"{%b}" % what),
        ("charges", b"{%b}" % what),
        (f"charges/{charge}/capture", b'{"quantities":{"page":%b}}' % number),
        (f"charges/{charge}/extend", b'{"used":{"page":%b}}' % number),
        (f"charges/{charge}/extend", b'{"reserve":{"page":%b}}' % number),
    ]
    for path, body in calls:
        assert refused(platform.post(path, body))
    answer = platform.post("usage", b'{"events":[{"id":"e",%b}]}' % what, key=None)
    if answer.status_code == 200:
        assert body_of(answer)["results"][0]["error"]["code"] == "validation_error"
    else:
        assert refused(answer) == ["body"]
    assert list(Charge.objects.values_list("status", flat=True)) == ["held"]


@pytest.mark.parametrize(
    "amount",
    [*NO_NUMBERS, b"1", b"1.5", b'"0"', b'"0.000000"'],
    ids=lambda number: number[:24].decode(errors="replace"),
)
def test_what_is_no_amount_is_refused(platform: Platform, charge: str, amount: bytes) -> None:
    platform.post(f"charges/{charge}/capture")
    assert refused(platform.post(f"charges/{charge}/refund", b'{"reason":"r","tokens":%b}' % amount))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"user": None}, "user"),
        ({"user": 7}, "user"),
        ({"user": ""}, "user"),
        ({"user": "a b"}, "user"),
        ({"user": "ａｄａ"}, "user"),
        ({"user": "a\n"}, "user"),
        ({"user": "x" * 129}, "user"),
        ({"user": ["ada"]}, "user"),
        ({"organisation": ""}, "organisation"),
        ({"cost_centre": "c"}, "cost_centre"),
        ({"operation": 1}, "operation"),
        ({"operation": "x\x00"}, "operation"),
        ({"operation": ""}, "operation"),
        ({"model": ""}, "model"),
        ({"model": "\ud800"}, "model"),
        ({"quantities": None}, "quantities"),
        ({"quantities": []}, "quantities"),
        ({"quantities": {}}, "quantities"),
        ({"quantities": {"page": 0}}, "quantities"),
        ({"quantities": {"page": "0.000"}}, "quantities"),
        ({"quantities": {"": 1}}, "quantities"),
        ({"quantities": {"sheet": 1}}, "quantities.sheet"),
        ({"quantities": {"page": 1, "sheet": 0}}, "quantities.sheet"),
        ({"quantities": {str(n): 1 for n in range(51)}}, "quantities"),
        ({"options": []}, "options"),
        ({"options": {"quality": True}}, "options.quality"),
        ({"options": {"quality": None}}, "options.quality"),
        ({"options": {"quality": {}}}, "options.quality"),
        ({"options": {"unknown": "x"}}, "options.unknown"),
        ({"extra": 1}, "extra"),
        ({"": 1}, ""),
    ],
)
def test_wrong_fields_are_named(platform: Platform, change: dict[str, Any], field: str) -> None:
    for path in ("estimates", "charges"):
        errors = refused(platform.post(path, {**PAGES, **change}))
        assert field in errors or (field == "" and errors)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"capture": 1}, "capture"),
        ({"capture": "true"}, "capture"),
        ({"capture": None}, "capture"),
        ({"hold_seconds": 0}, "hold_seconds"),
        ({"hold_seconds": 86401}, "hold_seconds"),
        ({"hold_seconds": -1}, "hold_seconds"),
        ({"hold_seconds": 1.5}, "hold_seconds"),
        ({"hold_seconds": "900"}, "hold_seconds"),
        ({"hold_seconds": True}, "hold_seconds"),
        ({"hold_seconds": 10**4000}, "hold_seconds"),
        ({"activity": {"type": "lesson"}}, "activity.id"),
        ({"activity": "lesson"}, "activity"),
        ({"activity": {"type": "lesson", "id": "1", "extra": 1}}, "activity.extra"),
        ({"activity": {"type": "lesson", "id": ""}}, "activity.id"),
        ({"activity": {"type": "lesson", "id": "1", "url": "javascript:alert(1)"}}, "activity.url"),
        ({"activity": {"type": "lesson", "id": "1", "url": "//evil.example"}}, "activity.url"),
        ({"metadata": {"a": {"b": 1}}}, "metadata"),
        ({"metadata": {"a": [1]}}, "metadata"),
        ({"metadata": []}, "metadata"),
        ({"metadata": {"a": "x" * 2048}}, "metadata"),
        ({"metadata": {"a": "\x00"}}, "metadata"),
    ],
)
def test_wrong_parts_of_a_charge_are_named(platform: Platform, change: dict[str, Any], field: str) -> None:
    assert refused(platform.post("charges", {**PAGES, **change})) == [field]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"[]",
        b"1",
        b"null",
        b'"text"',
        b"{'user': 'ada'}",
        b'{"user":"ada","user":"bob"}',
        b'{"user":"\xff"}',
        b'\xef\xbb\xbf{"user":"ada"}',
        b"{" * 500_000,
        b"[" * 500_000,
        b'{"a":' * 100_000,
        b'{"hold_seconds":' + b"9" * 500_000 + b"}",
        b'{"hold_seconds":1e' + b"9" * 5000 + b"}",
    ],
    ids=lambda body: body[:20].decode(errors="replace"),
)
def test_broken_bodies_are_refused_everywhere(platform: Platform, charge: str, body: bytes) -> None:
    changes = ("capture", "extend", "release", "refund")
    paths = ["estimates", "charges", "usage", *(f"charges/{charge}/{change}" for change in changes)]
    if not body:
        paths = ["estimates", "charges", "usage", f"charges/{charge}/refund"]
    for path in paths:
        assert refused(platform.post(path, body))


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "-1"},
        {"limit": "ten"},
        {"limit": "１０"},
        {"limit": "9" * 5000},
        {"limit": ""},
        {"cursor": ""},
        {"cursor": "nonsense"},
        {"cursor": "é"},
        {"cursor": "MQ=="},
        {"user": "a b"},
        {"user": "\x00"},
        {"operation": "\x00"},
        {"status": "paid"},
        {"billing_source": "money"},
        {"from": "2026-01-01"},
        {"from": "0001-01-01T00:00:00+14:00"},
        {"to": "9999-12-31T23:59:59-12:00"},
        {"to": "2026-13-01T00:00:00Z"},
        {"page": "1"},
        {"user": ["ada", "bob"]},
    ],
)
def test_wrong_parameters_are_named(platform: Platform, query: dict[str, Any]) -> None:
    assert refused(platform.get("charges", **query)) == list(query)


def test_a_report_of_use_cannot_fall_or_exceed_the_reserve(platform: Platform, charge: str) -> None:
    path = f"charges/{charge}/extend"
    assert refused(platform.post(path, {"used": {"page": 2}})) == ["reserve.page"]
    platform.post(path, {"used": {"page": 1}})
    assert refused(platform.post(path, {"used": {"page": "0.5"}})) == ["used.page"]
    assert refused(platform.post(path, {"reserve": {"sheet": 1}})) == ["reserve.sheet"]
