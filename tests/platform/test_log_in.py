"""Logging in: limits, a new session, nowhere else to be sent, the second factor, and what is noted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core import mail
from django.core.cache import cache
from django.test import Client

from apps.identity.models import AuditRecord, User

PASSWORD = "a-long-password"
LOG_IN = "/accounts/login/"
ELSEWHERE = (
    "https://elsewhere.example/",
    "//elsewhere.example",
    "/\\elsewhere.example",
    "javascript:alert(1)",
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_counted_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def person() -> User:
    return User.objects.create_user("ada", PASSWORD, email="ada@scrip.example")


@pytest.fixture
def boss() -> User:
    boss = User.objects.create_superuser("boss", PASSWORD, email="boss@scrip.example")
    Authenticator.objects.create(user=boss, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DPEHPK3PXP"})
    return boss


def log_in(client: Client, password: str = PASSWORD, **more: str) -> int:
    """The status: 302 for who is let in."""
    form = {"login": "ada@scrip.example", "password": password, **more}
    return int(client.post(LOG_IN, form).status_code)


def test_five_wrong_passwords_close_the_door_for_the_right_one_too(client: Client, person: User) -> None:
    assert [log_in(client, "wrong-password") for _ in range(5)] == [200] * 5
    assert log_in(client) == 200
    assert "_auth_user_id" not in client.session


def test_the_door_is_closed_to_that_address_only(client: Client, person: User) -> None:
    for _ in range(5):
        log_in(client, "wrong-password", login="ben@scrip.example")
    assert log_in(client) == 302


def test_mails_that_set_a_password_are_few(client: Client, person: User) -> None:
    sent = [client.post("/accounts/password/reset/", {"email": person.email}).status_code for _ in range(7)]
    assert sent == [302] * 5 + [429] * 2
    assert len(mail.outbox) == 5


def test_who_is_unknown_cannot_be_found_out(client: Client, person: User) -> None:
    known = client.post("/accounts/password/reset/", {"email": person.email})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@scrip.example"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def test_codes_of_the_second_factor_are_limited(client: Client, boss: User) -> None:
    client.post(LOG_IN, {"login": boss.email, "password": PASSWORD})
    pages = [client.post("/accounts/2fa/authenticate/", {"code": f"{n:06}"}) for n in range(8)]
    assert all(page.status_code in (200, 429) for page in pages)
    assert b"Too many" in pages[-1].content
    assert "_auth_user_id" not in client.session


def test_logging_in_begins_a_new_session(client: Client, person: User) -> None:
    client.get(LOG_IN)
    session = client.session
    session["from"] = "before"
    session.save()
    client.cookies["sessionid"] = str(session.session_key)
    assert log_in(client) == 302
    inside = client.session.session_key
    assert inside != session.session_key
    client.post("/accounts/logout/")
    assert client.session.session_key != inside


def test_a_new_password_ends_the_other_sessions(client: Client, person: User) -> None:
    other = Client()
    assert log_in(client) == log_in(other) == 302
    person.set_password("another-long-password")
    person.save()
    assert other.get("/wallet/")["Location"].startswith(LOG_IN)


@pytest.mark.parametrize("place", ELSEWHERE)
def test_nobody_is_sent_elsewhere(client: Client, person: User, place: str) -> None:
    asked = {"login": person.email, "password": PASSWORD, "next": place}
    assert client.post(LOG_IN, asked)["Location"] == "/"
    assert client.post("/theme/", {"theme": "dark", "next": place})["Location"] == "/"
    assert client.get(f"{LOG_IN}?next={place}")["Location"] == "/"
    assert client.post("/accounts/logout/", {"next": place})["Location"] == "/"


def test_a_change_of_standing_leaves_a_record(client: Client, boss: User, person: User) -> None:
    client.force_login(boss)
    finance = Group.objects.get(name="finance")
    form = {"is_active": "on", "is_staff": "on", "groups": [finance.pk]}
    assert client.post(f"/admin/identity/user/{person.pk}/change/", form).status_code == 302
    record = AuditRecord.objects.get(action="user.standing")
    nothing = {"is_active": True, "is_staff": False, "is_superuser": False, "groups": []}
    assert (record.actor, record.subject, record.address) == ("user:boss", "user:ada", "127.0.0.1")
    assert (record.before, record.after) == (nothing, {**nothing, "is_staff": True, "groups": ["finance"]})


def test_a_password_set_by_a_superuser_leaves_a_record_without_it(
    client: Client, boss: User, person: User
) -> None:
    client.force_login(boss)
    form = {"password1": "new-long-password", "password2": "new-long-password", "usable_password": "true"}
    assert client.post(f"/admin/identity/user/{person.pk}/password/", form).status_code == 302
    record = AuditRecord.objects.get(action="user.standing")
    assert record.after is not None
    assert record.after["has"] == "a new password"
    assert "new-long" not in json.dumps([record.before, record.after])


def test_a_lost_second_factor_is_removed_but_never_shown(client: Client, boss: User, person: User) -> None:
    factor = Authenticator.objects.create(
        user=person, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DPEHPK3PXP"}
    )
    client.force_login(boss)
    place = f"/admin/mfa/authenticator/{factor.pk}"
    assert b"JBSWY3DPEHPK3PXP" not in client.get(f"{place}/change/").content
    assert client.post(f"{place}/delete/", {"post": "yes"}).status_code == 302
    assert AuditRecord.objects.get(action="second_factor.remove").subject == "user:ada"


def test_rights_come_from_roles_alone(client: Client, person: User) -> None:
    person.user_permissions.add(*Group.objects.get(name="operations").permissions.all())
    assert person.get_all_permissions() == set()
    person.groups.add(Group.objects.get(name="support"))
    assert User.objects.get(pk=person.pk).has_perm("wallets.view_wallet")


PRODUCTION = {"DEBUG": "0", "HTTPS": "1", "SECRET_KEY": "an-example-of-a-long-key-" + "0123456789" * 5}
COOKIES = """
import django; django.setup()
from django.conf import settings as s
print(s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE)
print(s.CSRF_COOKIE_SECURE, s.CSRF_COOKIE_HTTPONLY, s.CSRF_COOKIE_SAMESITE)
print(s.SECURE_HSTS_SECONDS, s.SECURE_SSL_REDIRECT, s.DEBUG)
"""


def in_production(*words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **PRODUCTION, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.run([sys.executable, *words], env=env, capture_output=True, text=True, check=False)


def test_the_deployment_check_finds_nothing() -> None:
    found = in_production("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert found.returncode == 0, found.stderr
    assert "no issues" in found.stdout


def test_cookies_are_for_https_and_not_for_scripts() -> None:
    assert in_production("-c", COOKIES).stdout.splitlines() == [
        "True True Lax",
        "True True Lax",
        f"{365 * 24 * 3600} True False",
    ]
