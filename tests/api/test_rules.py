"""Who pays and how much may be spent, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from apps.identity.models import AuditRecord
from tests.cast import Platform, a_member, a_user, an_organisation, body_of, pays

FUNDING = "organisations/school/funding"
LIMITS = "organisations/school/limits"
TEACHERS = {"type": "role", "id": "teacher"}
ADA = {"type": "member", "id": "ada"}


@pytest.fixture(autouse=True)
def school(platform: Platform) -> None:
    a_member(an_organisation("school", credit="1000"), "ada", role="teacher")


def payers(platform: Platform, pages: int = 300) -> list[tuple[str, str]]:
    body = {"user": "ada", "organisation": "school", "operation": "page", "quantities": {"page": pages}}
    estimate = body_of(platform.post("estimates", body))
    return [(part["wallet"]["id"], part["tokens"]) for part in estimate["funding"]]


def test_coverage_of_the_organisation_holds_for_all(platform: Platform) -> None:
    made = platform.put(FUNDING, {"mode": "member_wallets", "coverage_percent": 100})
    assert (made.status_code, body_of(made)) == (
        201,
        {"organisation": "school", "subject": None, "mode": "member_wallets", "coverage_percent": "100"},
    )
    assert payers(platform) == [("ada", "200"), ("school", "100")]


def test_a_members_own_rule_comes_before_the_roles(platform: Platform) -> None:
    platform.put(FUNDING, {"mode": "shared_pool", "subject": TEACHERS})
    assert payers(platform) == [("school", "300")]
    platform.put(FUNDING, {"mode": "member_wallets", "coverage_percent": "100.0", "subject": ADA})
    assert payers(platform) == [("ada", "200"), ("school", "100")]
    removed = platform.put(FUNDING, {"remove": True, "subject": ADA})
    assert (removed.status_code, body_of(removed)["mode"]) == (200, "shared_pool")
    assert payers(platform) == [("school", "300")]


def test_the_same_percentage_as_number_and_as_text(platform: Platform) -> None:
    for percent in (12.5, "12.5", "12.500000"):
        answer = platform.put(FUNDING, {"mode": "member_wallets", "coverage_percent": percent})
        assert body_of(answer)["coverage_percent"] == "12.5"


def test_coverage_is_ignored_with_a_shared_pool(platform: Platform) -> None:
    answer = platform.put(FUNDING, {"mode": "shared_pool", "coverage_percent": 40})
    assert body_of(answer)["coverage_percent"] == "0"


def test_every_change_of_funding_leaves_a_record(platform: Platform) -> None:
    AuditRecord.objects.all().delete()
    for body in (
        {"mode": "shared_pool", "subject": TEACHERS},
        {"mode": "shared_pool", "subject": TEACHERS},
        {"remove": True, "subject": TEACHERS},
    ):
        platform.put(FUNDING, body)
    assert [record.action for record in AuditRecord.objects.order_by("pk")] == [
        "funding.set",
        "funding.remove",
    ]


def test_rules_are_about_people_one_knows(platform: Platform) -> None:
    a_user("eve")
    for path, body in (
        (FUNDING, {"mode": "shared_pool", "subject": {"type": "member", "id": "%s"}}),
        (LIMITS, {"limits": [{"subject": {"type": "member", "id": "%s"}, "period": "day", "tokens": "1"}]}),
    ):
        assert about(platform, path, body, "nobody") == (404, "not_found")
        assert about(platform, path, body, "eve") == (403, "not_a_member")
    centre = {"subject": {"type": "cost_centre", "id": "none"}, "period": "day", "tokens": "1"}
    assert platform.put(LIMITS, {"limits": [centre]}).status_code == 404
    assert platform.put("organisations/nowhere/limits", {"limits": []}).status_code == 404
    assert platform.get("organisations/nowhere/limits").status_code == 404


def about(platform: Platform, path: str, body: dict[str, Any], key: str) -> tuple[int, str]:
    subject = {"type": "member", "id": key}
    named = (
        body | {"subject": subject}
        if "subject" in body
        else {"limits": [body["limits"][0] | {"subject": subject}]}
    )
    answer = platform.put(path, named)
    return answer.status_code, body_of(answer)["code"]


def spend(platform: Platform, pages: int, **more: Any) -> int:
    body = {"user": "ada", "organisation": "school", "operation": "page", "quantities": {"page": pages}}
    return platform.post("charges", {**body, **more}).status_code


def limits(platform: Platform) -> list[tuple[Any, ...]]:
    return [
        (
            limit["subject"]["type"],
            limit["period"],
            limit["tokens"],
            limit["spent"],
            limit["left"],
            limit["state"],
        )
        for limit in body_of(platform.get(LIMITS))["limits"]
    ]


def test_limits_show_what_was_spent_before_they_were_made(platform: Platform) -> None:
    platform.put(FUNDING, {"mode": "shared_pool"})
    platform.put("organisations/school/cost-centres/south", {"name": "South", "kind": "campus"})
    assert spend(platform, 80, cost_centre="south") == 201
    wanted = [
        {"subject": {"type": "organisation"}, "period": "month", "tokens": "1000"},
        {"subject": {"type": "cost_centre", "id": "south"}, "period": "total", "tokens": "100"},
        {"subject": {"type": "members"}, "period": "day", "tokens": "500"},
        {"subject": TEACHERS, "period": "week", "tokens": "90.5"},
        {"subject": ADA, "period": "day", "tokens": "80"},
        {"subject": ADA, "period": "month", "tokens": None},
    ]
    assert platform.put(LIMITS, {"limits": wanted}).status_code == 200
    assert limits(platform) == [
        ("organisation", "month", "1000", "80", "920", "within"),
        ("cost_centre", "total", "100", "80", "20", "near"),
        ("members", "day", "500", None, None, None),
        ("role", "week", "90.5", None, None, None),
        ("member", "day", "80", "80", "0", "reached"),
        ("member", "month", None, "80", None, "within"),
    ]
    assert spend(platform, 1) == 402


def test_limits_listed_are_set_and_others_stay(platform: Platform) -> None:
    whole = {"subject": {"type": "organisation"}, "period": "day"}
    members = {"subject": {"type": "members"}, "period": "day"}
    platform.put(LIMITS, {"limits": [whole | {"tokens": "5"}, members | {"tokens": "0"}]})
    platform.put(LIMITS, {"limits": [whole | {"tokens": "6"}]})
    assert [line[:3] for line in limits(platform)] == [("organisation", "day", "6"), ("members", "day", "0")]
    answer = platform.put(LIMITS, {"limits": [members | {"remove": True}]})
    assert [limit["subject"] for limit in body_of(answer)["limits"]] == [{"type": "organisation"}]


def test_one_bad_limit_changes_none(platform: Platform) -> None:
    good = {"subject": {"type": "organisation"}, "period": "day", "tokens": "5"}
    bad = {"subject": {"type": "member", "id": "nobody"}, "period": "day", "tokens": "5"}
    assert platform.put(LIMITS, {"limits": [good, bad]}).status_code == 404
    assert limits(platform) == []


def test_explicitly_no_limit_lifts_the_default_for_one_member(platform: Platform) -> None:
    platform.put(FUNDING, {"mode": "shared_pool"})
    platform.put(LIMITS, {"limits": [{"subject": {"type": "members"}, "period": "day", "tokens": "0"}]})
    assert spend(platform, 1) == 402
    platform.put(LIMITS, {"limits": [{"subject": ADA, "period": "day", "tokens": None}]})
    assert spend(platform, 1) == 201


def test_who_sets_a_limit_is_noted(platform: Platform) -> None:
    body = {"subject": {"type": "organisation"}, "period": "day"}
    for change in ({"tokens": "5"}, {"tokens": None}, {"remove": True}):
        platform.put(LIMITS, {"limits": [body | change]})
    about_whole = {"subject": {"type": "organisation", "id": ""}, "period": "day"}
    noted = AuditRecord.objects.filter(action__startswith="limit").order_by("pk")
    assert [(record.actor, record.before, record.after) for record in noted] == [
        ("client:platform", None, about_whole | {"tokens": "5"}),
        ("client:platform", about_whole | {"tokens": "5"}, about_whole | {"tokens": None}),
        ("client:platform", about_whole | {"tokens": None}, None),
    ]


def test_a_limit_resets_at_the_organisations_midnight(platform: Platform) -> None:
    school = an_organisation("academy", time_zone="America/New_York")
    pays(school, "shared_pool")
    every = [
        {"subject": {"type": "organisation"}, "period": p, "tokens": "1"}
        for p in ("day", "week", "month", "total")
    ]
    answer = platform.put("organisations/academy/limits", {"limits": every})
    assert [limit["resets_at"] for limit in body_of(answer)["limits"]] == [
        "2026-11-03T05:00:00Z",
        "2026-11-09T05:00:00Z",
        "2026-12-01T05:00:00Z",
        None,
    ]
