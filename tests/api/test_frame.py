"""What holds for every call: keys, scopes, addresses, methods, media types, sizes, problems."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client, override_settings

from apps.api import limits
from apps.api.problems import known_problems
from apps.core.clock import stopped_at
from apps.identity.models import ApiKey
from apps.identity.selectors import find_usable_key
from apps.identity.services import Author, revoke_api_key, rotate_api_key
from tests.cast import AT, Platform, a_user, an_api_key, body_of

ESTIMATE = {"user": "ada", "operation": "page", "quantities": {"page": 1}}


def assert_problem(answer: Any, status: int, code: str) -> Any:
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), (
        answer.content
    )
    problem = body_of(answer)
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"/api/v1/docs/problems#{code}"
    assert problem["title"]
    assert problem["detail"]
    return problem


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer nonsense", "Basic abc", "Bearer schlüssel"])
def test_without_a_key_nobody_gets_in(platform: Platform, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = Client().get("/api/v1/charges", headers=headers)
    assert_problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_key_is_stored_hashed_and_its_use_noted_once_a_minute(platform: Platform) -> None:
    key = ApiKey.objects.get()
    assert platform.secret not in str(vars(key))
    assert key.prefix == platform.secret[:12]
    used = []
    for seconds in (0, 59, 60):
        with stopped_at(AT + timedelta(seconds=seconds)):
            platform.get("charges")
        used.append(ApiKey.objects.get().last_used_at)
    assert used == [AT, AT, AT + timedelta(seconds=60)]


def test_a_rotated_key_works_on_until_the_overlap_is_over(platform: Platform) -> None:
    fresh = Platform(_rotated(platform))
    assert (platform.get("charges").status_code, fresh.get("charges").status_code) == (200, 200)
    with stopped_at(AT + timedelta(hours=1)):
        assert (platform.get("charges").status_code, fresh.get("charges").status_code) == (401, 200)


def _rotated(platform: Platform) -> str:
    """A new key beside the platform's, which goes on working for an hour."""
    old = find_usable_key(platform.secret[:12], AT)
    return rotate_api_key(key_id=old.pk, at=AT, by=Author("tests"), overlap=timedelta(hours=1))[1]


def test_a_revoked_key_and_an_inactive_client_end_at_once(platform: Platform) -> None:
    other = Platform(an_api_key(name="other"))
    key = find_usable_key(platform.secret[:12], AT)
    revoke_api_key(key_id=key.pk, at=AT, by=Author("tests"))
    assert (platform.get("charges").status_code, other.get("charges").status_code) == (401, 200)
    client = ApiKey.objects.get(prefix=other.secret[:12]).client
    client.is_active = False
    client.save()
    assert other.get("charges").status_code == 401


def test_a_missing_scope_is_named(platform: Platform) -> None:
    reader = Platform(an_api_key(name="reader", scopes=("read",)))
    assert reader.get("charges").status_code == 200
    problem = assert_problem(reader.post("charges", ESTIMATE), 403, "permission_denied")
    assert problem["scope"] == "charges"


def test_commands_make_keys_that_work(platform: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_api_key", "platform", "--scopes", "read,usage")
    secret = capsys.readouterr().out.splitlines()[-1]
    assert Platform(secret).get("charges").status_code == 200
    assert ApiKey.objects.values("client").distinct().count() == 1
    call_command("rotate_api_key", secret[:12], "--overlap-hours", "0")
    assert Platform(secret).get("charges").status_code == 401
    fresh = capsys.readouterr().out.splitlines()[-1]
    call_command("revoke_api_key", fresh[:12])
    assert Platform(fresh).get("charges").status_code == 401


def test_unknown_addresses_are_problems_too(platform: Platform) -> None:
    for path in ("", "nothing", "charges/", "charges/ch_1/undo", "users/a/b/c", "%00"):
        assert_problem(platform.get(path), 404, "not_found")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_an_unknown_address_asks_no_program_for_a_form_token(platform: Platform, method: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert_problem(strict.generic(method, "/api/v1/users/ada/nothing"), 404, "not_found")


@pytest.mark.parametrize(
    "charge_id", ["ch_1", "ch_", "1", "ch_01", "ch_x", "ch_99999999999999999999", "ch_１"]
)
def test_an_unknown_charge_is_not_found(platform: Platform, charge_id: str) -> None:
    assert_problem(platform.get(f"charges/{charge_id}"), 404, "not_found")
    assert_problem(platform.post(f"charges/{charge_id}/capture"), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("put", "charges", "GET, HEAD, POST"),
        ("get", "estimates", "POST"),
        ("delete", "charges/ch_1", "GET, HEAD"),
        ("patch", "usage", "POST"),
        ("options", "usage", "POST"),
        ("trace", "usage", "POST"),
    ],
)
def test_other_methods_name_the_possible_ones(
    platform: Platform, method: str, path: str, allowed: str
) -> None:
    headers = {"Authorization": f"Bearer {platform.secret}"}
    answer: Any = getattr(Client(), method)(f"/api/v1/{path}", headers=headers)
    assert_problem(answer, 405, "method_not_allowed")
    assert answer["Allow"] == allowed


def test_answers_are_json_only(platform: Platform) -> None:
    headers = {"Authorization": f"Bearer {platform.secret}", "Accept": "text/html"}
    assert_problem(Client().get("/api/v1/charges", headers=headers), 406, "not_acceptable")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "", "image/png", "application/json; charset=latin-1"],
)
def test_bodies_are_json_only(platform: Platform, content_type: str) -> None:
    headers = {"Authorization": f"Bearer {platform.secret}"}
    answer = Client().generic(
        "POST", "/api/v1/estimates", json.dumps(ESTIMATE), content_type=content_type, headers=headers
    )
    assert_problem(answer, 415, "unsupported_media_type")


def test_a_body_above_a_megabyte_is_too_large(platform: Platform) -> None:
    assert_problem(platform.post("estimates", b" " * 1_000_001), 413, "too_large")
    assert_problem(platform.post("usage", b" " * 4_000_001), 413, "too_large")
    assert_problem(platform.post("usage", b" " * 1_000_001), 422, "validation_error")


@pytest.fixture
def a_minute_just_begun(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Nothing counted yet, and a minute that does not end: answers what lets seconds of it pass."""
    cache.clear()

    def pass_by(seconds: int) -> None:
        monkeypatch.setattr(limits, "seconds_since_1970", lambda: 29_000_000 * limits.WINDOW + seconds)

    pass_by(0)
    return pass_by


def test_too_many_wrong_keys_from_one_address_have_to_wait(
    platform: Platform, a_minute_just_begun: Callable[[int], None]
) -> None:
    with override_settings(API_FAILED_KEYS_PER_MINUTE=3):
        answers = [Client().get("/api/v1/charges") for _ in range(4)]
        assert [answer.status_code for answer in answers[:3]] == [401, 401, 401]
        assert_problem(answers[3], 429, "rate_limited")
        assert answers[3]["Retry-After"] == "60"
        assert platform.get("charges").status_code == 200


def test_a_client_has_a_limit_where_one_is_set(
    platform: Platform, a_minute_just_begun: Callable[[int], None]
) -> None:
    with override_settings(API_REQUESTS_PER_MINUTE=2):
        a_minute_just_begun(59)
        answers = [platform.get("charges") for _ in range(3)]
        a_minute_just_begun(60)
        answers.append(platform.get("charges"))
    assert [answer.status_code for answer in answers] == [200, 200, 429, 200]
    assert answers[2]["Retry-After"] == "1"


def test_what_we_did_not_expect_says_nothing_of_its_inside(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr("apps.api.charging.views.estimate_charge", broken)
    a_user("ada")
    answer = platform.post("estimates", ESTIMATE)
    assert_problem(answer, 500, "unexpected")
    assert b"hunter2" not in answer.content


def test_every_code_has_its_place_on_the_page_of_problems(platform: Platform) -> None:
    page = Client().get("/api/v1/docs/problems").content.decode()
    codes = [kind.code for kind in known_problems()]
    assert len(codes) == len(set(codes))
    assert all(f'id="{code}"' in page for code in codes)
