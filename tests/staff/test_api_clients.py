"""Operations make, rotate and revoke the keys of API clients; nobody sees a key twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.core.clock import stopped_at
from apps.identity.models import ApiClient, ApiKey, AuditRecord
from apps.identity.services import digest_of
from tests.usage.books import AT

ROOT = "/admin/identity"
SECRET = re.compile(r'id="secret" value="(scrip_[\w-]+)"')

pytestmark = pytest.mark.usefixtures("charges")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with stopped_at(AT):
        yield


@pytest.fixture
def key(charges: object) -> ApiKey:
    """The platform's key."""
    return ApiKey.objects.get()


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def a_form(**typed: object) -> dict[str, Any]:
    return {"reason": "New service", "form_key": str(uuid4()), "lasts": "never", **typed}


def can_call(secret: str) -> bool:
    answer: Any = Client().get("/api/v1/charges", headers={"Authorization": f"Bearer {secret}"})
    return bool(answer.status_code == 200)


def test_clients_are_listed_with_their_keys(operations: Client, key: ApiKey) -> None:
    page = text_of(operations.get(f"{ROOT}/apiclient/"))
    assert "1 client, 1 key works" in page
    assert f"{key.prefix}…" in page
    assert "Never" in page


def test_a_new_client_goes_on_to_its_first_key(operations: Client) -> None:
    answer: Any = operations.post(f"{ROOT}/apiclient/new/", a_form(name="video rooms"))
    client = ApiClient.objects.get(name="video rooms")
    assert answer["Location"] == f"{ROOT}/apiclient/{client.pk}/key/"
    kept = AuditRecord.objects.latest("id")
    assert (kept.actor, kept.action, kept.subject, kept.reason) == (
        "user:operations",
        "client.create",
        "client:video rooms",
        "New service",
    )


def test_a_client_is_made_once(operations: Client) -> None:
    form = a_form(name="video rooms")
    first, second = (operations.post(f"{ROOT}/apiclient/new/", form) for _ in range(2))
    client = ApiClient.objects.get(name="video rooms")
    assert second["Location"] == f"{ROOT}/apiclient/{client.pk}/change/"
    assert first.status_code == 302


def test_a_key_is_shown_once_and_works(operations: Client, key: ApiKey) -> None:
    form = a_form(scopes=["read", "usage"], lasts="90")
    answer: Any = operations.post(f"{ROOT}/apiclient/{key.client_id}/key/", form)
    found = SECRET.search(text_of(answer))
    assert found is not None
    assert "no-store" in answer["Cache-Control"]
    made = ApiKey.objects.latest("id")
    assert (made.digest, made.scopes) == (digest_of(found[1]), ["read", "usage"])
    assert made.expires_at == AT + timedelta(days=90)
    assert can_call(found[1])
    assert found[1] not in text_of(operations.get(f"{ROOT}/apiclient/{key.client_id}/change/"))
    assert found[1] not in str(list(AuditRecord.objects.values()))


def test_a_form_for_a_key_that_is_sent_twice_makes_one(operations: Client, key: ApiKey) -> None:
    form = a_form(scopes=["read"])
    address = f"{ROOT}/apiclient/{key.client_id}/key/"
    operations.post(address, form)
    again: Any = operations.post(address, form, follow=True)
    assert "cannot be shown again" in text_of(again)
    assert ApiKey.objects.count() == 2


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"scopes": []}, "Choose at least one thing"),
        ({"scopes": ["everything"]}, "Select a valid choice"),
        ({"scopes": ["read"], "lasts": "5000"}, "Select a valid choice"),
        ({"scopes": ["read"], "reason": " "}, "This field is required"),
    ],
)
def test_a_key_that_cannot_be_is_refused_at_its_field(
    operations: Client, key: ApiKey, typed: dict[str, Any], said: str
) -> None:
    answer = operations.post(f"{ROOT}/apiclient/{key.client_id}/key/", a_form(**typed))
    assert said in text_of(answer)
    assert ApiKey.objects.count() == 1


def test_a_rotated_key_works_on_for_the_overlap(operations: Client, key: ApiKey) -> None:
    form, address = a_form(overlap="24"), f"{ROOT}/apikey/{key.pk}/rotate/"
    assert "A day, until" in text_of(operations.get(address))
    found = SECRET.search(text_of(operations.post(address, form)))
    key.refresh_from_db()
    assert found is not None
    assert key.expires_at == AT + timedelta(days=1)
    assert ApiKey.objects.latest("id").scopes == key.scopes
    operations.post(address, form)
    assert ApiKey.objects.count() == 2


def test_rotating_without_an_overlap_twice_still_makes_one_key(operations: Client, key: ApiKey) -> None:
    form = a_form(overlap="0")
    for _ in range(2):
        operations.post(f"{ROOT}/apikey/{key.pk}/rotate/", form)
    assert ApiKey.objects.count() == 2
    key.refresh_from_db()
    assert not key.works_at(AT)


def test_revoking_shows_first_that_it_was_the_last_key(operations: Client, key: ApiKey) -> None:
    page = text_of(operations.get(f"{ROOT}/apikey/{key.pk}/revoke/"))
    assert "It is the last one: platform can call no more" in page
    key.refresh_from_db()
    assert key.works_at(AT)


def test_a_key_is_revoked_once_and_on_record(operations: Client, key: ApiKey) -> None:
    for _ in range(2):
        answer: Any = operations.post(f"{ROOT}/apikey/{key.pk}/revoke/", a_form(reason="Leaked"))
        assert answer["Location"] == f"{ROOT}/apiclient/{key.client_id}/change/"
    key.refresh_from_db()
    assert key.revoked_at == AT
    kept = AuditRecord.objects.get(action="api_key.revoke")
    assert (kept.actor, kept.reason, kept.address) == ("user:operations", "Leaked", "127.0.0.1")


def test_nothing_is_revoked_without_a_reason(operations: Client, key: ApiKey) -> None:
    operations.post(f"{ROOT}/apikey/{key.pk}/revoke/", {"form_key": str(uuid4())})
    key.refresh_from_db()
    assert key.revoked_at is None


def test_a_key_that_has_ended_is_neither_rotated_nor_revoked(operations: Client, key: ApiKey) -> None:
    ApiKey.objects.update(expires_at=AT)
    for deed in ("rotate", "revoke"):
        answer: Any = operations.get(f"{ROOT}/apikey/{key.pk}/{deed}/", follow=True)
        assert "has ended already" in text_of(answer)
    late: Any = operations.post(f"{ROOT}/apikey/{key.pk}/rotate/", a_form(overlap="1"), follow=True)
    assert "it has ended" in text_of(late)
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize(
    "page", ["apiclient/", "apiclient/new/", "apiclient/{client}/key/", "apikey/{key}/revoke/"]
)
def test_only_operations_come_in(support: Client, key: ApiKey, page: str) -> None:
    address = f"{ROOT}/{page.format(client=key.client_id, key=key.pk)}"
    assert support.get(address).status_code == 403
