"""How many questions each call of users and organisations asks: at most 15, whatever it finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from tests.cast import Platform, a_member, an_organisation, give, pays

SCHOOL = "organisations/school"
LIMITS = [{"subject": {"type": "organisation"}, "period": "day", "tokens": "500"}]
MOST = 15
CALLS: list[tuple[str, str, Any]] = [
    ("get", "users/ada", None),
    ("get", "users/ada/wallet", None),
    ("get", "users/ada/budget?organisation=school", None),
    ("get", SCHOOL, None),
    ("get", f"{SCHOOL}/wallet", None),
    ("get", f"{SCHOOL}/limits", None),
    ("get", f"{SCHOOL}/members", None),
    ("get", f"{SCHOOL}/cost-centres", None),
    ("get", "wallets/user/ada/transactions", None),
    ("get", "wallets/organisation/school/transactions", None),
    ("put", "users/new", {}),
    ("put", "users/ada", {"name": "Ada", "account_type": "teacher", "time_zone": "Asia/Tokyo"}),
    ("put", "users/ada/budget", {"tokens": "50"}),
    ("put", "organisations/new", {"name": "New"}),
    ("put", SCHOOL, {"name": "School", "unlimited": True}),
    ("put", f"{SCHOOL}/members/bob", {"role": "teacher"}),
    ("put", f"{SCHOOL}/cost-centres/south", {"name": "South", "kind": "campus"}),
    ("put", f"{SCHOOL}/funding", {"mode": "shared_pool", "subject": {"type": "member", "id": "ada"}}),
    ("put", f"{SCHOOL}/limits", {"limits": LIMITS}),
]


@pytest.fixture(autouse=True)
def school(platform: Platform) -> None:
    school = an_organisation("school", credit="1000")
    for key in ("ada", "bob"):
        a_member(school, key)
    pays(school, "member_wallets", 50)
    give(school, "ada", "20")
    platform.put(
        f"{SCHOOL}/limits", {"limits": [{"subject": {"type": "members"}, "period": "week", "tokens": "9"}]}
    )


@pytest.mark.parametrize(
    ("method", "path", "body"), CALLS, ids=[f"{method} {path}" for method, path, _ in CALLS]
)
def test_a_call_asks_few_questions(platform: Platform, method: str, path: str, body: Any) -> None:
    with CaptureQueriesContext(connection) as queries:
        answer = platform.get(path) if method == "get" else platform.put(path, body)
    assert answer.status_code in (200, 201)
    asked = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(asked) <= MOST, "\n".join(asked)


def test_posts_and_deletes_ask_few_questions(platform: Platform) -> None:
    owner = {"type": "user", "id": "ada"}
    calls: list[Callable[[], HttpResponse]] = [
        lambda: platform.post(f"{SCHOOL}/reclaims", {"items": [{"user": "ada", "tokens": "1"}]}),
        lambda: platform.post("credits", {"owner": owner, "tokens": "1", "kind": "promotion", "reason": "r"}),
        lambda: platform.delete(f"{SCHOOL}/members/ada"),
    ]
    for call in calls:
        with CaptureQueriesContext(connection) as queries:
            assert call().status_code in (201, 204)
        asked = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
        assert len(asked) <= MOST, "\n".join(asked)
