"""Users over HTTP, and what they may still spend."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.clock import stopped_at
from apps.identity.models import AuditRecord
from apps.plans.services import PlanTerms, assign_plan, define_plan
from tests.cast import AT, Platform, a_member, a_user, an_organisation, body_of, pays


def test_a_new_user_has_a_wallet_with_the_first_free_grant(platform: Platform) -> None:
    answer = platform.put("users/ada", {"email": "ada@school.example", "name": "Ada"})
    assert answer.status_code == 201
    assert body_of(answer) == {
        "id": "ada",
        "email": "ada@school.example",
        "name": "Ada",
        "account_type": "learner",
        "time_zone": "UTC",
        "price_book": "campus",
        "created_at": "2026-11-02T12:00:00Z",
    }
    assert body_of(platform.get("users/ada/wallet"))["balance"]["free"] == "200"


def test_a_teacher_gets_the_grant_of_a_teacher(platform: Platform) -> None:
    platform.put("users/tim", {"account_type": "teacher"})
    assert body_of(platform.get("users/tim/wallet"))["balance"]["free"] == "500"


def test_fields_left_out_stay_as_they_are(platform: Platform) -> None:
    platform.put("users/ada", {"name": "Ada", "email": "ada@school.example"})
    answer = platform.put("users/ada", {"name": "Ada L."})
    assert answer.status_code == 200
    assert body_of(answer)["email"] == "ada@school.example"
    assert body_of(platform.get("users/ada")) == body_of(answer)


def test_the_same_put_twice_grants_once(platform: Platform) -> None:
    for _ in range(2):
        platform.put("users/ada", {})
    assert body_of(platform.get("users/ada/wallet"))["balance"]["total"] == "200"


def test_the_price_book_changes_until_the_wallet_has_moved(platform: Platform) -> None:
    platform.put("users/ada", {})
    assert body_of(platform.put("users/ada", {"price_book": "studio"}))["price_book"] == "studio"
    a_user("ada", credit="5")
    refused = platform.put("users/ada", {"price_book": "campus"})
    assert (refused.status_code, body_of(refused)["code"]) == (409, "invalid_state")
    assert platform.put("users/ada", {"price_book": "studio"}).status_code == 200
    assert platform.put("users/ada", {"price_book": "nowhere"}).status_code == 422


def test_an_account_type_that_changes_leaves_a_record(platform: Platform) -> None:
    platform.put("users/ada", {})
    platform.put("users/ada", {"account_type": "creator"})
    record = AuditRecord.objects.get(subject="user:ada")
    assert record.before is not None
    assert record.after is not None
    assert (record.actor, record.before["account_type"], record.after["account_type"]) == (
        "client:platform",
        "learner",
        "creator",
    )


def test_nobody_knows_a_user_who_was_never_synced(platform: Platform) -> None:
    for path in ("users/nobody", "users/nobody/wallet", "users/nobody/budget"):
        assert platform.get(path).status_code == 404
    assert platform.put("users/nobody/budget", {"tokens": "5"}).status_code == 404


def spend(platform: Platform, pages: int, **more: Any) -> None:
    body = {"user": "ada", "operation": "page", "quantities": {"page": pages}, "capture": True, **more}
    assert platform.post("charges", body).status_code == 201


def test_a_personal_budget_counts_what_comes_from_ones_own_tokens(platform: Platform) -> None:
    a_user("ada", credit="100")
    made = platform.put("users/ada/budget", {"tokens": "50"})
    assert (made.status_code, body_of(made)["blocks"]) == (201, True)
    spend(platform, 40)
    assert body_of(platform.get("users/ada/budget")) == {
        "user": "ada",
        "organisation": None,
        "role": None,
        "limits": [],
        "personal": {
            "user": "ada",
            "tokens": "50",
            "blocks": True,
            "spent": "40",
            "left": "10",
            "state": "near",
            "resets_at": "2026-12-01T00:00:00Z",
        },
        "consumed_today": "40",
        "plan": None,
    }
    refused = platform.post("charges", {"user": "ada", "operation": "page", "quantities": {"page": 11}})
    assert (refused.status_code, body_of(refused)["limit"]["subject"]) == (402, {"type": "personal"})


def test_a_personal_budget_of_zero_is_not_the_same_as_none(platform: Platform) -> None:
    a_user("ada")
    assert body_of(platform.put("users/ada/budget", {"tokens": "0", "blocks": True}))["state"] == "reached"
    assert body_of(platform.put("users/ada/budget", {"tokens": None}))["tokens"] is None
    assert body_of(platform.get("users/ada/budget"))["personal"] is None
    spend(platform, 1)


def test_a_budget_that_warns_lets_the_charge_pass(platform: Platform) -> None:
    a_user("ada")
    platform.put("users/ada/budget", {"tokens": "1", "blocks": False})
    spend(platform, 5)
    assert body_of(platform.get("users/ada/budget"))["personal"]["left"] == "0"


def limit(subject_type: str, period: str, tokens: str | None, key: str = "") -> dict[str, Any]:
    subject = {"type": subject_type} | ({"id": key} if key else {})
    return {"subject": subject, "period": period, "tokens": tokens}


def test_my_budget_shows_the_limits_that_hold_for_the_person(platform: Platform) -> None:
    school = an_organisation("school", credit="1000", time_zone="Europe/Brussels")
    a_member(school, "ada", role="teacher")
    pays(school, "shared_pool")
    limits = [
        limit("members", "week", "10"),
        limit("role", "week", "100", "teacher"),
        limit("member", "month", None, "ada"),
        limit("members", "month", "20"),
        limit("organisation", "day", "500"),
    ]
    assert platform.put("organisations/school/limits", {"limits": limits}).status_code == 200
    spend(platform, 85, organisation="school")
    budget = body_of(platform.get("users/ada/budget", organisation="school"))
    shown = [
        (limit["subject"], limit["period"], limit["spent"], limit["left"], limit["state"])
        for limit in budget["limits"]
    ]
    assert shown == [
        ({"type": "organisation"}, "day", "85", "415", "within"),
        ({"type": "role", "id": "teacher"}, "week", "85", "15", "near"),
    ]
    assert budget["limits"][1]["resets_at"] == "2026-11-08T23:00:00Z"
    assert (budget["role"], budget["consumed_today"]) == ("teacher", "85")


def test_a_stranger_has_no_budget_in_an_organisation(platform: Platform) -> None:
    an_organisation("school")
    a_user("ada")
    refused = platform.get("users/ada/budget", organisation="school")
    assert (refused.status_code, body_of(refused)["code"]) == (403, "not_a_member")
    assert platform.get("users/ada/budget", organisation="nowhere").status_code == 404


def test_a_hold_past_its_deadline_no_longer_counts_although_nothing_was_written(platform: Platform) -> None:
    a_user("ada")
    platform.put("users/ada/budget", {"tokens": "50"})
    hold = {"user": "ada", "operation": "page", "quantities": {"page": 50}, "hold_seconds": 60}
    assert platform.post("charges", hold).status_code == 201
    assert body_of(platform.get("users/ada/budget"))["personal"]["state"] == "reached"
    with stopped_at(AT + timedelta(seconds=60)):
        budget = body_of(platform.get("users/ada/budget"))
    assert (budget["personal"]["spent"], budget["consumed_today"]) == ("0", "0")


def test_reading_a_budget_asks_few_questions(platform: Platform) -> None:
    school = an_organisation("school", credit="1000")
    a_member(school, "ada")
    platform.put("organisations/school/limits", {"limits": [limit("members", "week", "10")]})
    with CaptureQueriesContext(connection) as queries:
        platform.get("users/ada/budget", organisation="school")
    assert len(queries) <= 12


def test_a_budget_tells_how_the_organisations_plan_stands(platform: Platform) -> None:
    school = an_organisation("school")
    a_member(school, "ada")
    terms = PlanTerms("Team", 4900, "month", 500)
    define_plan(code="team", price_book="campus", terms=terms, actor="tests", at=AT)
    assign_plan(organisation=school, code="team", actor="tests", at=AT)
    platform.post(
        "charges",
        {
            "user": "ada",
            "organisation": "school",
            "operation": "draft",
            "quantities": {"draft": 1},
            "capture": True,
        },
    )
    plan = body_of(platform.get("users/ada/budget", organisation="school"))["plan"]
    assert plan == {
        "name": "Team",
        "period": "month",
        "quota": 500,
        "used": 1,
        "left": 499,
        "yours": 1,
        "resets_at": "2026-12-01T00:00:00Z",
    }
    (charge,) = body_of(platform.get("charges", billing_source="plan"))["results"]
    assert (charge["tokens"], charge["funding"]) == ("0", [])
    refund = f"charges/{charge['id']}/refund"
    assert platform.post(refund, {"tokens": "1", "reason": "Oops"}).status_code == 422
    assert platform.post(refund, {"reason": "Oops"}).status_code == 200
    assert platform.post(refund, {"reason": "Oops"}).status_code == 409
    assert body_of(platform.get("users/ada/budget", organisation="school"))["plan"]["used"] == 0
