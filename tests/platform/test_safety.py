"""Log-in, staff pages, headers, health and logs."""

from __future__ import annotations

import json
import logging

import pytest
import structlog
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from pytest_django import Settings

from apps.identity.models import User
from config import logs

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return User.objects.create_superuser("staff", "a-long-password", email="staff@scrip.example")


def test_a_stranger_is_sent_from_the_staff_pages_to_the_common_log_in(client: Client) -> None:
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/login/?next=")


def test_staff_without_a_second_factor_are_sent_to_set_one_up(client: Client, staff: User) -> None:
    client.force_login(staff)
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[1][0] == "/accounts/2fa/totp/activate/"


def test_staff_with_a_second_factor_get_in(client: Client, staff: User) -> None:
    Authenticator.objects.create(user=staff, type=Authenticator.Type.TOTP, data={"secret": "x"})
    client.force_login(staff)
    assert client.get("/admin/").status_code == 200


def test_the_demo_waives_the_second_factor(client: Client, staff: User, settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(staff)
    assert client.get("/admin/").status_code == 200


def test_a_member_without_staff_rights_is_refused_the_staff_pages(client: Client) -> None:
    client.force_login(User.objects.create_user("u-1"))
    assert client.get("/admin/login/").status_code == 403


def test_people_log_in_by_e_mail(client: Client, staff: User) -> None:
    answer = client.post("/accounts/login/", {"login": staff.email, "password": "a-long-password"})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_strangers_cannot_sign_up(client: Client) -> None:
    form = {"email": "x@example.com", "password1": "a-long-password", "password2": "a-long-password"}
    client.post("/accounts/signup/", form)
    assert not User.objects.exists()


def test_scripts_and_styles_need_a_nonce(client: Client) -> None:
    policy = client.get("/accounts/login/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_a_request_keeps_the_id_it_came_with_when_it_is_one(client: Client) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "abc-12345"})["X-Request-ID"] == "abc-12345"
    assert len(client.get("/healthz", headers={"X-Request-ID": "a b\n"})["X-Request-ID"]) == 32


def test_it_is_ready_when_database_and_cache_answer(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_it_is_not_ready_without_a_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        503,
        {"status": "failed", "database": "failed", "cache": "ok"},
    )


def test_a_log_line_is_json_with_its_request_and_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=logs.line_processors(as_json=True), foreign_pre_chain=logs.SHARED
    )
    record = logging.LogRecord("x", logging.INFO, "", 0, "got Bearer scrip_abc.def", None, None)
    with structlog.contextvars.bound_contextvars(request_id="r-1", password="hunter2"):
        line = json.loads(formatter.format(record))
    assert (line["request_id"], line["password"], line["event"]) == ("r-1", "…", "got Bearer …")


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (
            "Not Found: /accounts/password/reset/key/1-d4fp2x-9c1/",
            "Not Found: /accounts/password/reset/key/1-…/",
        ),
        ("/accounts/password/reset/key/1-set-password/", "/accounts/password/reset/key/1-set-password/"),
        ("/accounts/confirm-email/Mw:1tK:x9/", "/accounts/confirm-email/…/"),
        ("key scrip_" + "a" * 43 + " was sent", "key scrip_… was sent"),
        ("scrip_append_only", "scrip_append_only"),
    ],
)
def test_no_line_has_a_key_or_a_one_time_address(text: str, hidden: str) -> None:
    assert logs.hide_secrets(None, "", {"path": text}) == {"path": hidden}
