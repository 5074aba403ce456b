"""Making and changing a cost centre on its page."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.identity.models import AuditRecord
from apps.organisations.models import CostCentre, Organisation
from apps.organisations.services import end_membership, set_people
from tests.portal.world import NOW, person

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


def test_a_centre_can_be_renamed_after_somebody_has_left(owner: Client, campus: Organisation) -> None:
    own = CostCentre.objects.get(platform_id="statistics")
    set_people(centre=own, users=["jonas", "lotte"], actor="t", at=NOW)
    end_membership(organisation=campus, user=person("jonas"), actor="t", at=NOW)
    assert own.people.count() == 2
    page = f"{HOME}/is/statistics/change/"
    begun = owner.get(page).context["form"].initial
    assert begun["people"] == "lotte@lindenhof.example"
    assert owner.post(page, begun | {"name": "Statistics II"}).status_code == 302
    own.refresh_from_db()
    assert (own.name, own.people.get().user) == ("Statistics II", person("lotte"))
