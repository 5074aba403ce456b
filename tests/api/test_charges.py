"""The life of a charge over HTTP, to the token."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.clock import stopped_at
from apps.usage.models import Charge, DeniedAttempt
from tests.cast import AT, Platform, a_member, a_user, an_organisation, body_of, give, pays

PAGES = {"user": "ada", "operation": "page", "quantities": {"page": 100}}


@pytest.fixture(autouse=True)
def people(platform: Platform) -> None:
    a_user("ada", credit="1000")


def created(platform: Platform, **more: Any) -> Any:
    answer = platform.post("charges", {**PAGES, **more})
    assert answer.status_code == 201, answer.content
    return body_of(answer)


def funding(charge: Any) -> list[tuple[str, str, str]]:
    return [(part["wallet"]["id"], part["bucket"], part["tokens"]) for part in charge["funding"]]


def test_a_hold_shows_what_it_holds(platform: Platform) -> None:
    charge = created(platform, quantities={"page": 250}, metadata={"note": "a", "n": 1.5, "none": None})
    assert charge == {
        "id": charge["id"],
        "number": "C-" + charge["id"].removeprefix("ch_"),
        "status": "held",
        "user": "ada",
        "organisation": None,
        "cost_centre": None,
        "operation": "page",
        "model": None,
        "quantities": {"page": 250},
        "used": None,
        "options": {},
        "activity": None,
        "metadata": {"note": "a", "n": 1.5, "none": None},
        "estimated_tokens": "250",
        "tokens": "250",
        "uncollected": "0",
        "refunded": "0",
        "billing_source": "tokens",
        "breakdown": charge["breakdown"],
        "funding": charge["funding"],
        "reason": None,
        "created_at": "2026-11-02T12:00:00Z",
        "expires_at": "2026-11-02T12:15:00Z",
        "captured_at": None,
    }
    assert funding(charge) == [("ada", "free", "200"), ("ada", "purchased", "50")]


def test_capture_returns_the_remainder(platform: Platform) -> None:
    charge = created(platform)
    answer = platform.post(f"charges/{charge['id']}/capture", {"quantities": {"page": "12.5"}})
    assert answer.status_code == 200
    captured = body_of(answer)
    assert (captured["status"], captured["tokens"], captured["estimated_tokens"]) == (
        "captured",
        "12.5",
        "100",
    )
    assert captured["quantities"] == {"page": 12.5}
    assert funding(captured) == [("ada", "free", "12.5")]


def test_capture_needs_no_body(platform: Platform) -> None:
    charge = created(platform)
    answer = platform.post(f"charges/{charge['id']}/capture", b"")
    assert answer.status_code == 200
    assert body_of(answer)["tokens"] == "100"


def test_capture_above_the_wallet_is_uncollected(platform: Platform) -> None:
    charge = created(platform)
    captured = body_of(platform.post(f"charges/{charge['id']}/capture", {"quantities": {"page": 1300}}))
    assert (captured["tokens"], captured["uncollected"]) == ("1300", "100")
    assert funding(captured) == [("ada", "free", "200"), ("ada", "purchased", "1000")]


def test_release_gives_everything_back(platform: Platform) -> None:
    charge = created(platform)
    released = body_of(platform.post(f"charges/{charge['id']}/release", {"reason": "cancelled"}))
    assert (released["status"], released["tokens"], released["reason"]) == ("released", "0", "cancelled")
    assert released["funding"] == []


def test_a_second_capture_names_the_state(platform: Platform) -> None:
    charge = created(platform, capture=True)
    answer = platform.post(f"charges/{charge['id']}/capture")
    assert answer.status_code == 409
    assert (body_of(answer)["code"], body_of(answer)["state"]) == ("invalid_state", "captured")


def test_extend_reports_use_and_moves_the_deadline(platform: Platform) -> None:
    charge = created(platform)
    with stopped_at(AT + timedelta(minutes=10)):
        answer = platform.post(
            f"charges/{charge['id']}/extend", {"used": {"page": 40}, "reserve": {"page": 150}}
        )
    extended = body_of(answer)
    assert answer.status_code == 200
    assert (extended["used"], extended["tokens"]) == ({"page": 40}, "150")
    assert extended["expires_at"] == "2026-11-02T12:25:00Z"


def test_a_refused_reserve_keeps_the_report_of_use_and_frees_the_key(platform: Platform) -> None:
    charge = created(platform)
    more = {"used": {"page": 120}, "reserve": {"page": 5000}}
    answer = platform.post(f"charges/{charge['id']}/extend", more, key="more")
    assert (answer.status_code, body_of(answer)["code"]) == (402, "insufficient_tokens")
    kept = body_of(platform.get(f"charges/{charge['id']}"))
    assert (kept["status"], kept["used"], kept["tokens"]) == ("held", {"page": 100}, "100")
    answer = platform.post(f"charges/{charge['id']}/extend", {"reserve": {"page": 110}}, key="more")
    assert answer.status_code == 200
    assert DeniedAttempt.objects.get().code == "insufficient_tokens"


def test_a_refund_goes_back_to_what_was_bought_first(platform: Platform) -> None:
    charge = created(platform, quantities={"page": 250}, capture=True)
    refunded = body_of(
        platform.post(f"charges/{charge['id']}/refund", {"tokens": "60", "reason": "half of it was empty"})
    )
    assert (refunded["tokens"], refunded["refunded"]) == ("250", "60")
    assert funding(refunded) == [("ada", "free", "190")]
    rest = body_of(platform.post(f"charges/{charge['id']}/refund", {"reason": "all of it"}))
    assert rest["refunded"] == "250"
    answer = platform.post(f"charges/{charge['id']}/refund", {"reason": "again"})
    assert answer.status_code == 409


def test_a_refund_above_what_is_left_is_refused(platform: Platform) -> None:
    charge = created(platform, capture=True)
    answer = platform.post(f"charges/{charge['id']}/refund", {"tokens": "100.000001", "reason": "more"})
    assert (answer.status_code, list(body_of(answer)["errors"])) == (422, ["tokens"])


def test_a_hold_past_its_deadline_shows_its_end_before_anything_is_written(platform: Platform) -> None:
    idle, used = created(platform), created(platform)
    platform.post(f"charges/{used['id']}/extend", {"used": {"page": 30}})
    with stopped_at(AT + timedelta(minutes=15)):
        ended = body_of(platform.get(f"charges/{idle['id']}"))
        paid = body_of(platform.get(f"charges/{used['id']}"))
        expired = body_of(platform.get("charges", status="expired"))["results"]
        held = body_of(platform.get("charges", status="held"))["results"]
        late = platform.post(f"charges/{idle['id']}/capture")
    assert (ended["status"], ended["tokens"], ended["funding"]) == ("expired", "0", [])
    assert (paid["status"], paid["tokens"], paid["captured_at"]) == ("captured", "30", "2026-11-02T12:15:00Z")
    assert [charge["id"] for charge in expired] == [idle["id"]]
    assert held == []
    assert (late.status_code, body_of(late)["state"]) == (409, "expired")
    assert set(Charge.objects.values_list("status", flat=True)) == {"held"}


def test_a_hold_of_nothing_ends_at_its_deadline_too(platform: Platform) -> None:
    charge = created(platform, quantities={"page": 1})
    platform.post(f"charges/{charge['id']}/extend", {"reserve": {"page": 0}})
    with stopped_at(AT + timedelta(days=1)):
        assert body_of(platform.get(f"charges/{charge['id']}"))["status"] == "expired"


def test_coverage_allocated_and_own_tokens_pay_in_order(platform: Platform) -> None:
    school = an_organisation("school", credit="5000")
    a_member(school, "ada")
    give(school, "ada", "100")
    pays(school, "member_wallets", 50)
    charge = created(platform, organisation="school", quantities={"page": 600}, capture=True)
    assert funding(charge) == [
        ("ada", "free", "200"),
        ("school", "purchased", "200"),
        ("ada", "allocated", "100"),
        ("ada", "purchased", "100"),
    ]
    assert [part["organisation"] for part in charge["funding"]] == [None, None, "school", None]


def test_denied_attempts_are_kept_without_any_effect(platform: Platform) -> None:
    answer = platform.post("charges", {**PAGES, "quantities": {"page": 1201}})
    problem = body_of(answer)
    assert (answer.status_code, problem["code"]) == (402, "insufficient_tokens")
    assert answer["Content-Type"] == "application/problem+json"
    denied = DeniedAttempt.objects.get()
    assert (denied.user_key, denied.code, denied.client_name) == ("ada", "insufficient_tokens", "platform")
    assert not Charge.objects.exists()


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"user": "nobody"}, 404, "not_found"),
        ({"organisation": "nowhere"}, 404, "not_found"),
        ({"operation": "nothing"}, 404, "not_found"),
        ({"organisation": "school", "cost_centre": "c"}, 404, "not_found"),
        ({"organisation": "school"}, 403, "not_a_member"),
        ({"operation": "image", "model": "unknown", "quantities": {"image": 1}}, 422, "validation_error"),
        ({"operation": "image", "quantities": {"image": 1}}, 422, "validation_error"),
        ({"quantities": {"sheet": 1}}, 422, "validation_error"),
        ({"options": {"quality": "high"}}, 422, "validation_error"),
        ({"quantities": {"page": 10**9}}, 402, "insufficient_tokens"),
        ({"operation": "lesson", "quantities": {"lesson": 1}}, 422, "validation_error"),
    ],
)
def test_what_stands_against_a_charge_is_named(
    platform: Platform, change: dict[str, Any], status: int, code: str
) -> None:
    an_organisation("school")
    answer = platform.post("charges", {**PAGES, **change})
    assert (answer.status_code, body_of(answer)["code"]) == (status, code)


def test_an_activity_is_charged_once(platform: Platform) -> None:
    lesson = {"operation": "lesson", "quantities": {"lesson": 1}, "activity": {"type": "lesson", "id": "l-1"}}
    created(platform, **lesson)
    answer = platform.post("charges", {**PAGES, **lesson})
    assert (answer.status_code, body_of(answer)["code"]) == (409, "duplicate_activity")


def test_options_may_be_numbers_where_they_are_bands(platform: Platform) -> None:
    image = {"operation": "image", "model": "flux", "quantities": {"image": 2}}
    charge = created(platform, **image, options={"steps": 50, "quality": "high"})
    assert charge["options"] == {"quality": "high", "steps": "50"}
    assert charge["tokens"] == "44"
    assert sum(int(line["tokens"]) for line in charge["breakdown"]) == 44


def test_an_estimate_of_work_charged_once_per_activity_needs_no_activity(platform: Platform) -> None:
    lesson = {"user": "ada", "operation": "lesson", "quantities": {"lesson": 1}}
    estimate = body_of(platform.post("estimates", lesson, key=None))
    assert (estimate["tokens"], estimate["allowed"]) == ("5", True)
    assert platform.post("charges", lesson).status_code == 422


def test_an_estimate_says_who_would_pay_and_has_no_effect(platform: Platform) -> None:
    estimate = body_of(platform.post("estimates", PAGES, key=None))
    assert (estimate["tokens"], estimate["allowed"], estimate["denial"]) == ("100", True, None)
    assert [part["tokens"] for part in estimate["funding"]] == ["100"]
    denied = body_of(platform.post("estimates", {**PAGES, "quantities": {"page": 5000}}, key=None))
    assert (denied["allowed"], denied["level"], denied["funding"]) == (False, "blocked", [])
    assert denied["denial"]["code"] == "insufficient_tokens"
    assert not Charge.objects.exists()


def test_lists_are_newest_first_and_go_on_from_a_cursor(platform: Platform) -> None:
    ids = []
    for minute in range(5):
        with stopped_at(AT + timedelta(minutes=minute)):
            ids.append(created(platform, quantities={"page": 1}, capture=True)["id"])
    first = body_of(platform.get("charges", user="ada", limit=2))
    assert [charge["id"] for charge in first["results"]] == ids[:2:-1]
    second = body_of(platform.get("charges", user="ada", limit=2, cursor=first["next"]))
    third = body_of(platform.get("charges", user="ada", limit=2, cursor=second["next"]))
    assert [charge["id"] for charge in (*second["results"], *third["results"])] == ids[2::-1]
    assert third["next"] is None


def test_lists_are_filtered_half_open_in_time(platform: Platform) -> None:
    ids = []
    for minute in range(3):
        with stopped_at(AT + timedelta(minutes=minute)):
            ids.append(created(platform, quantities={"page": 1}, capture=True)["id"])
    asked = {"from": "2026-11-02T13:01:00+01:00", "to": "2026-11-02T12:02:00Z"}
    assert [charge["id"] for charge in body_of(platform.get("charges", **asked))["results"]] == [ids[1]]
    assert body_of(platform.get("charges", operation="image"))["results"] == []
    assert len(body_of(platform.get("charges", billing_source="tokens", status="captured"))["results"]) == 3


@pytest.mark.parametrize("capture", [True, False])
def test_a_charge_costs_few_queries(platform: Platform, capture: bool) -> None:
    school = an_organisation("school", credit="5000")
    a_member(school, "ada")
    give(school, "ada", "100")
    pays(school, "member_wallets", 50)
    created(platform, organisation="school", quantities={"page": 1})
    with CaptureQueriesContext(
        connection,
    ) as queries:
        created(platform, organisation="school", quantities={"page": 600}, capture=capture)
    work = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(work) <= 15, "\n".join(work)


def test_reading_a_charge_costs_fewer(platform: Platform) -> None:
    charge = created(platform)
    with CaptureQueriesContext(connection) as queries:
        platform.get(f"charges/{charge['id']}")
    assert len(queries) <= 6


def test_the_rate_card_shows_prices_and_options(platform: Platform) -> None:
    card = body_of(platform.get("rates", price_book="campus"))
    image = next(operation for operation in card["operations"] if operation["code"] == "image")
    assert image["models"][0]["prices"][0]["tokens"] == "10"
    assert [option["name"] for option in image["models"][0]["options"]] == ["quality", "steps"]
    assert platform.get("rates", price_book="none").status_code == 404


def test_null_says_the_same_as_leaving_a_name_out(platform: Platform) -> None:
    work = {"user": "ada", "operation": "page", "quantities": {"page": 1}}
    nulls = dict.fromkeys(("organisation", "cost_centre", "model", "activity"))
    first = platform.post("charges", {**work, **nulls}, key="k")
    again = platform.post("charges", work, key="k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
