"""Owners make keys with which their programs read the organisation's own figures; nobody sees a key twice."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.core.clock import stopped_at
from apps.core.errors import InvalidState, ValidationError
from apps.identity.models import ApiClient, ApiKey, AuditRecord
from apps.identity.services import (
    MOST_KEYS,
    Author,
    create_api_client,
    create_api_key,
    create_organisation_key,
    digest_of,
)
from apps.organisations.models import Organisation
from tests.portal.world import NOW, add_organisation, person

PAGE = "/orgs/lindenhof/api/"
SECRET = re.compile(r'id="secret" value="(scrip_[\w-]+)"')
BY = Author("tests")


@pytest.fixture
def owner(campus: Organisation, client: Client) -> Client:
    client.force_login(person("mira"))
    return client


def a_form(**typed: object) -> dict[str, Any]:
    return {"label": "Accounting export", "lasts": "90", "form_key": str(uuid4()), **typed}


def make(owner: Client, **typed: object) -> str:
    answer: Any = owner.post(PAGE, a_form(**typed))
    found = SECRET.search(answer.content.decode())
    assert found is not None
    return found[1]


def read(secret: str, path: str) -> Any:
    return Client().get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {secret}"})


def test_a_key_reads_the_wallet_and_the_bills_of_its_organisation(owner: Client) -> None:
    secret = make(owner)
    assert read(secret, "organisations/lindenhof/wallet").json()["owner"]["id"] == "lindenhof"
    assert read(secret, "bills?owner_type=organisation&owner_id=lindenhof").status_code == 200
    assert read(secret, "wallets/organisation/lindenhof/transactions").json()["results"]


def test_a_key_knows_no_other_organisation(owner: Client) -> None:
    add_organisation("harbour", "Harbour School")
    secret = make(owner)
    there, nowhere = (read(secret, f"organisations/{key}/wallet") for key in ("harbour", "nowhere"))
    assert there.status_code == nowhere.status_code == 404
    assert there.json()["detail"].replace("harbour", "nowhere") == nowhere.json()["detail"]


def test_a_key_reads_nobodys_own_wallet(owner: Client) -> None:
    secret = make(owner)
    for path in (
        "users/jonas/wallet",
        "wallets/user/jonas/transactions",
        "bills?owner_type=user&owner_id=jonas",
        "charges",
    ):
        assert read(secret, path).status_code == 403, path


def test_a_key_stays_bound_even_with_every_scope(campus: Organisation) -> None:
    create_organisation_key(
        organisation="lindenhof", label="", at=NOW, by=BY, expires_at=None, form_key=uuid4()
    )
    bound = ApiClient.objects.get(organisation="lindenhof")
    _key, secret = create_api_key(client=bound, at=NOW, by=BY)
    answer: Any = Client().put(
        "/api/v1/organisations/lindenhof",
        {"name": "Taken over"},
        "application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 403
    assert read(secret, "users/jonas/wallet").status_code == 403
    campus.refresh_from_db()
    assert campus.name == "Campus Lindenhof"


def test_a_key_is_stored_hashed_shown_once_and_never_kept_by_a_browser(owner: Client) -> None:
    answer: Any = owner.post(PAGE, a_form())
    found = SECRET.search(answer.content.decode())
    assert found is not None
    assert answer["Cache-Control"] == "no-store"
    assert ApiKey.objects.get(label="Accounting export").digest == digest_of(found[1])
    assert found[1] not in owner.get(PAGE).content.decode()


def test_a_form_sent_twice_makes_one_key(owner: Client) -> None:
    form = a_form()
    owner.post(PAGE, form)
    again: Any = owner.post(PAGE, form)
    assert again.status_code == 302
    assert ApiKey.objects.filter(client__organisation="lindenhof").count() == 1


def test_a_rotated_key_goes_on_for_a_day(owner: Client) -> None:
    old = make(owner)
    key = ApiKey.objects.get(digest=digest_of(old))
    answer: Any = owner.post(f"{PAGE}{key.pk}/rotate/", {"form_key": str(uuid4())})
    new = SECRET.search(answer.content.decode())
    assert new is not None
    path = "organisations/lindenhof/wallet"
    assert [read(secret, path).status_code for secret in (old, new[1])] == [200, 200]
    with stopped_at(NOW + timedelta(hours=25)):
        assert [read(secret, path).status_code for secret in (old, new[1])] == [401, 200]
    made = ApiKey.objects.get(digest=digest_of(new[1]))
    assert made.label == "Accounting export"
    assert made.expires_at == NOW + timedelta(days=90)


def test_a_revoked_key_is_refused_at_once_and_listed_as_ended(owner: Client) -> None:
    secret = make(owner)
    key = ApiKey.objects.get(digest=digest_of(secret))
    owner.post(f"{PAGE}{key.pk}/revoke/", {"form_key": str(uuid4())})
    assert read(secret, "organisations/lindenhof/wallet").status_code == 401
    assert "Keys that have ended" in owner.get(PAGE).content.decode()
    assert owner.get(f"{PAGE}{key.pk}/revoke/").status_code == 404


def test_keys_stand_in_the_organisations_trail(owner: Client) -> None:
    make(owner)
    record = AuditRecord.objects.get(action="api_key.create", subject="organisation:lindenhof")
    assert record.actor == "user:mira"
    assert "scrip_" in str(record.after)
    assert "Accounting export" in owner.get("/orgs/lindenhof/audit/?kind=keys").content.decode()


def test_there_is_an_end_to_keys(campus: Organisation) -> None:
    for _n in range(MOST_KEYS):
        create_organisation_key(
            organisation="lindenhof", label="", at=NOW, by=BY, expires_at=None, form_key=uuid4()
        )
    with pytest.raises(InvalidState, match="Revoke one first"):
        create_organisation_key(
            organisation="lindenhof", label="", at=NOW, by=BY, expires_at=None, form_key=uuid4()
        )


def test_no_platform_client_takes_the_name_of_an_organisations(campus: Organisation) -> None:
    with pytest.raises(ValidationError):
        create_api_client(name="organisation:lindenhof", at=NOW, by=BY)
