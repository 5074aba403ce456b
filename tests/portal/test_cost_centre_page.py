"""Making and changing a cost centre on its page."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.identity.models import AuditRecord
from apps.organisations.models import CostCentre, Organisation
from tests.portal.world import person

HOME = "/orgs/lindenhof/cost-centres"


@pytest.fixture
def owner(campus: Organisation, client: Client) -> Client:
    client.force_login(person("mira"))
    return client


def a_centre(**typed: object) -> dict[str, Any]:
    return {"name": "Laboratory", "kind": "group", "people": "", "form_key": str(uuid4()), **typed}


def test_a_centre_is_saved_with_all_that_was_typed_or_not_at_all(owner: Client) -> None:
    form = a_centre(earmark="999999999", people="jonas")
    records = AuditRecord.objects.count()
    assert owner.post(f"{HOME}/new/", form).status_code == 422
    assert not CostCentre.objects.filter(name="Laboratory").exists()
    assert AuditRecord.objects.count() == records
    assert owner.post(f"{HOME}/new/", form | {"earmark": "100"}).status_code == 302
    assert CostCentre.objects.get(name="Laboratory").earmark.tokens_micro == 100_000_000
