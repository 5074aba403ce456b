"""What users, organisations and wallets refuse: each row is a bad input and the field it is named by."""

from __future__ import annotations

from typing import Any

import pytest

from apps.identity.models import AuditRecord
from apps.ledger.models import Transfer
from tests.cast import Platform, a_member, an_api_key, an_organisation, body_of

CREDIT = {"owner": {"type": "user", "id": "ada"}, "tokens": "5", "kind": "promotion", "reason": "r"}
LIMIT = {"subject": {"type": "organisation"}, "period": "day", "tokens": "5"}
ITEM = {"user": "ada", "tokens": "5"}
SCHOOL = "organisations/school"
"""The organisation of these tests."""

NO_AMOUNTS: tuple[Any, ...] = (
    "0",
    "0.0",
    "-1",
    "+1",
    "1e3",
    " 1",
    "1 ",
    "1_000",
    ".5",
    "5.",
    "NaN",
    "Infinity",
    "0.0000001",
    "1000000000000.000001",
    "1000000000001",
    "1" * 100_000,
    "\uff15",
    "\u0665",
    "5\n",
    "",
    5,
    5.5,
    True,
    None,
    [],
    {},
)

ROWS: list[tuple[str, str, Any, str]] = [
    ("put", "users/ada", {"email": "no address"}, "email"),
    ("put", "users/ada", {"email": "a@b.example\n"}, "email"),
    ("put", "users/ada", {"email": 5}, "email"),
    ("put", "users/ada", {"name": "a\x00b"}, "name"),
    ("put", "users/ada", {"name": "\ud800"}, "name"),
    ("put", "users/ada", {"name": "n" * 201}, "name"),
    ("put", "users/ada", {"name": None}, "name"),
    ("put", "users/ada", {"account_type": "king"}, "account_type"),
    ("put", "users/ada", {"time_zone": "Mars/Base"}, "time_zone"),
    ("put", "users/ada", {"time_zone": "../etc/passwd"}, "time_zone"),
    ("put", "users/ada", {"time_zone": ""}, "time_zone"),
    ("put", "users/ada", {"price_book": "none"}, "price_book"),
    ("put", "users/ada", {"unlimited": True}, "unlimited"),
    ("put", "users/ada", [], "body"),
    ("put", "users/ada", None, "body"),
    ("put", "users/ada", b"{", "body"),
    ("put", "users/ada", b'{"name": NaN}', "body"),
    ("put", "users/ada", b'{"name": "a", "name": "b"}', "body"),
    ("put", "users/a%20b", {}, "user_id"),
    ("put", "users/%EF%BC%91", {}, "user_id"),
    ("put", "users/" + "a" * 129, {}, "user_id"),
    ("put", "users/ada/budget", {}, "tokens"),
    ("put", "users/ada/budget", {"tokens": "-5"}, "tokens"),
    ("put", "users/ada/budget", {"tokens": "5", "blocks": "yes"}, "blocks"),
    ("put", "users/ada/budget", {"tokens": "5", "blocks": 1}, "blocks"),
    ("get", "users/ada/budget?organisation=a b", None, "organisation"),
    ("get", "users/ada/budget?user=ada", None, "user"),
    ("put", SCHOOL, {}, "name"),
    ("put", SCHOOL, {"name": ""}, "name"),
    ("put", SCHOOL, {"name": "School", "unlimited": 1}, "unlimited"),
    ("put", SCHOOL, {"name": "School", "unlimited": None}, "unlimited"),
    ("put", SCHOOL, {"name": "School", "time_zone": "Berlin"}, "time_zone"),
    ("put", SCHOOL, {"name": "School", "account_type": "learner"}, "account_type"),
    ("put", f"{SCHOOL}/members/ada", {}, "role"),
    ("put", f"{SCHOOL}/members/ada", {"role": "king"}, "role"),
    ("put", f"{SCHOOL}/members/ada", {"role": ["owner"]}, "role"),
    ("get", f"{SCHOOL}/members?limit=201", None, "limit"),
    ("get", f"{SCHOOL}/members?limit=0", None, "limit"),
    ("get", f"{SCHOOL}/members?cursor=x", None, "cursor"),
    ("get", f"{SCHOOL}/cost-centres?page=2", None, "page"),
    ("put", f"{SCHOOL}/cost-centres/c", {"name": "C"}, "kind"),
    ("put", f"{SCHOOL}/cost-centres/c", {"name": "C", "kind": "planet"}, "kind"),
    ("put", f"{SCHOOL}/cost-centres/c", {"name": "C", "kind": "course", "parent": 5}, "parent"),
    ("put", f"{SCHOOL}/cost-centres/c", {"name": "C", "kind": "course", "parent": ""}, "parent"),
    ("put", f"{SCHOOL}/funding", {}, "mode"),
    ("put", f"{SCHOOL}/funding", {"mode": "charity"}, "mode"),
    ("put", f"{SCHOOL}/funding", {"mode": "shared_pool", "coverage_percent": 101}, "coverage_percent"),
    ("put", f"{SCHOOL}/funding", {"mode": "shared_pool", "coverage_percent": -1}, "coverage_percent"),
    ("put", f"{SCHOOL}/funding", {"mode": "shared_pool", "coverage_percent": "1e1"}, "coverage_percent"),
    ("put", f"{SCHOOL}/funding", {"mode": "shared_pool", "coverage_percent": True}, "coverage_percent"),
    ("put", f"{SCHOOL}/funding", {"mode": "shared_pool", "coverage_percent": None}, "coverage_percent"),
    ("put", f"{SCHOOL}/funding", {"mode": "shared_pool", "coverage_percent": 0.0000001}, "coverage_percent"),
    ("put", f"{SCHOOL}/funding", {"mode": "shared_pool", "subject": {"type": "members"}}, "subject.type"),
    ("put", f"{SCHOOL}/funding", {"mode": "shared_pool", "subject": {"type": "role"}}, "subject"),
    (
        "put",
        f"{SCHOOL}/funding",
        {"mode": "shared_pool", "subject": {"type": "role", "id": "king"}},
        "subject",
    ),
    ("put", f"{SCHOOL}/funding", {"mode": "shared_pool", "subject": None}, "subject"),
    ("put", f"{SCHOOL}/funding", {"remove": True}, "subject"),
    ("put", f"{SCHOOL}/funding", {"mode": "shared_pool", "remove": "yes"}, "remove"),
    ("put", f"{SCHOOL}/limits", {}, "limits"),
    ("put", f"{SCHOOL}/limits", {"limits": {}}, "limits"),
    ("put", f"{SCHOOL}/limits", {"limits": [LIMIT, LIMIT]}, "limits"),
    ("put", f"{SCHOOL}/limits", {"limits": [LIMIT, LIMIT | {"tokens": None}]}, "limits"),
    (
        "put",
        f"{SCHOOL}/limits",
        {"limits": [{"subject": {"type": "organisation"}, "period": "day"}]},
        "limits.0.tokens",
    ),
    ("put", f"{SCHOOL}/limits", {"limits": [LIMIT | {"period": "year"}]}, "limits.0.period"),
    ("put", f"{SCHOOL}/limits", {"limits": [LIMIT | {"tokens": "-1"}]}, "limits.0.tokens"),
    ("put", f"{SCHOOL}/limits", {"limits": [LIMIT | {"tokens": 5}]}, "limits.0.tokens"),
    ("put", f"{SCHOOL}/limits", {"limits": [LIMIT | {"spent": "5"}]}, "limits.0.spent"),
    (
        "put",
        f"{SCHOOL}/limits",
        {"limits": [LIMIT | {"subject": {"type": "members", "id": "a"}}]},
        "limits.0.subject",
    ),
    ("put", f"{SCHOOL}/limits", {"limits": [LIMIT | {"subject": {"type": "member"}}]}, "limits.0.subject"),
    (
        "put",
        f"{SCHOOL}/limits",
        {"limits": [LIMIT | {"subject": {"type": "personal"}}]},
        "limits.0.subject.type",
    ),
    ("put", f"{SCHOOL}/limits", {"limits": [LIMIT | {"subject": "organisation"}]}, "limits.0.subject"),
    *(
        ("post", f"{SCHOOL}/{run}", body, field)
        for run in ("allocations", "reclaims")
        for body, field in (
            ({}, "items"),
            ({"items": []}, "items"),
            ({"items": [ITEM, ITEM]}, "items"),
            ({"items": [{"user": f"u{n}", "tokens": "1"} for n in range(10_001)]}, "items"),
            ({"items": [ITEM], "note": None}, "note"),
            ({"items": [ITEM], "note": "n" * 501}, "note"),
            ({"items": [ITEM | {"user": ""}]}, "items.0.user"),
            ({"items": [ITEM | {"role": "member"}]}, "items.0.role"),
            ({"items": [ITEM, {"user": "bob", "tokens": "0"}]}, "items.1.tokens"),
            ({"items": [ITEM], "as_of": "now"}, "as_of"),
        )
    ),
    ("post", "credits", {**CREDIT, "kind": "gift"}, "kind"),
    ("post", "credits", {**CREDIT, "reason": ""}, "reason"),
    ("post", "credits", {**CREDIT, "owner": {"type": "course", "id": "c"}}, "owner.type"),
    ("post", "credits", {**CREDIT, "owner": {"type": "user"}}, "owner.id"),
    ("post", "credits", {**CREDIT, "owner": "ada"}, "owner"),
    *(("post", "credits", {**CREDIT, "tokens": amount}, "tokens") for amount in NO_AMOUNTS),
    *(
        ("post", f"{SCHOOL}/allocations", {"items": [ITEM | {"tokens": n}]}, "items.0.tokens")
        for n in NO_AMOUNTS
    ),
    ("get", "wallets/course/c/transactions", None, "owner_type"),
    ("get", "wallets/user/ada/transactions?type=gift", None, "type"),
    ("get", "wallets/user/ada/transactions?from=yesterday", None, "from"),
    ("get", "wallets/user/ada/transactions?from=2026-11-02T12:00:00", None, "from"),
    ("get", "wallets/user/ada/transactions?to=2026-13-02T12:00:00Z", None, "to"),
    ("get", "wallets/user/ada/transactions?limit=1&limit=2", None, "limit"),
    ("get", "wallets/user/ada/transactions?limit=1e2", None, "limit"),
    ("get", "users/ada/wallet?at=now", None, "at"),
]


@pytest.fixture(autouse=True)
def school(platform: Platform) -> None:
    a_member(an_organisation("school", credit="100"), "ada")


def send(platform: Platform, method: str, path: str, body: Any) -> Any:
    if method == "get":
        return platform.get(path)
    return getattr(platform, method)(path, b"null" if body is None else body)


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    ROWS,
    ids=[f"{n}-{row[1][:40]}-{row[3]}" for n, row in enumerate(ROWS)],
)
def test_bad_input_is_named_by_its_field(
    platform: Platform, method: str, path: str, body: Any, field: str
) -> None:
    before = (Transfer.objects.count(), AuditRecord.objects.count())
    answer = send(platform, method, path, body)
    problem = body_of(answer)
    assert (answer.status_code, problem["code"]) == (422, "validation_error")
    assert list(problem["errors"]) == [field]
    assert (Transfer.objects.count(), AuditRecord.objects.count()) == before


@pytest.mark.parametrize("scope", ["read", "charges"])
def test_changes_need_their_scope(platform: Platform, scope: str) -> None:
    other = Platform(an_api_key(name="other", scopes=(scope,)))
    for method, path, body in (
        ("put", "users/ada", {}),
        ("put", "users/ada/budget", {"tokens": "5"}),
        ("put", SCHOOL, {"name": "School"}),
        ("put", f"{SCHOOL}/members/ada", {"role": "member"}),
        ("put", f"{SCHOOL}/funding", {"mode": "shared_pool"}),
        ("put", f"{SCHOOL}/limits", {"limits": []}),
        ("put", f"{SCHOOL}/cost-centres/c", {"name": "C", "kind": "course"}),
        ("post", f"{SCHOOL}/allocations", {"items": [ITEM]}),
        ("post", f"{SCHOOL}/reclaims", {"items": [ITEM]}),
        ("post", "credits", CREDIT),
    ):
        assert send(other, method, path, body).status_code == 403
    assert other.delete(f"{SCHOOL}/members/ada").status_code == 403


def test_the_shape_is_judged_before_names(platform: Platform) -> None:
    for path, body in (
        ("organisations/nowhere/allocations", {"items": []}),
        ("organisations/nowhere/reclaims", {"items": [ITEM | {"tokens": "-1"}]}),
        ("credits", {**CREDIT, "owner": {"type": "user", "id": "nobody"}, "tokens": "0"}),
    ):
        assert platform.post(path, body).status_code == 422
    assert platform.put("organisations/nowhere/limits", {"limits": [LIMIT, LIMIT]}).status_code == 422


def test_other_methods_are_not_possible(platform: Platform) -> None:
    refused = platform.post("users/ada/wallet", {})
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD")
    assert platform.delete("users/ada").status_code == 405
