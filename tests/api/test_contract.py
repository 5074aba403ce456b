"""The API against its own description: what schemathesis makes of it finds no fault."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as run
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.core.result import Ok

from apps.api.shapes.texts import KnownCode
from config.wsgi import application
from tests.cast import Platform, a_user, an_organisation


def described() -> Any:
    """The API as it describes itself now."""
    return schemathesis.openapi.from_wsgi("/api/v1/schema/", application)


def calls_of(schema: Any) -> dict[str, Any]:
    found = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    return {call.label: call for call in found}


with pytest.MonkeyPatch.context() as patch:  # the names of the calls, without the codes that rows give
    patch.setattr(KnownCode, "schema", lambda self: {"type": "string"})
    LABELS = list(calls_of(described()))
ONCE_EACH = {
    "POST /api/v1/organisations/{organisation_id}/allocations",
    "POST /api/v1/organisations/{organisation_id}/reclaims",
    "PUT /api/v1/organisations/{organisation_id}/limits",
    "PUT /api/v1/organisations/{organisation_id}/cost-centres/{cost_centre_id}",
    "PUT /api/v1/resources/{kind}/{resource_id}",
    "DELETE /api/v1/resources/{kind}/{resource_id}",
    "GET /api/v1/entitlements",
}
"""Calls with a rule that a description cannot state: each member, limit or payer named once, no centre inside
itself, nothing reported for the future, a user or an organisation but not both. Only there a request of the
right shape may be refused."""
BRIEFLY = run(
    deadline=None,
    derandomize=os.environ.get("SCRIP_LONG") != "1",
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)


@pytest.fixture
def people(platform: Platform, settings: Any) -> None:
    """The people whom the description's examples name; many wrong keys are tried on their behalf."""
    settings.API_FAILED_KEYS_PER_MINUTE = 0
    a_user("ada", credit="1000")
    an_organisation("aldermoor", credit="1000")


@pytest.fixture
def one_connection() -> Iterator[None]:
    """The server under test shares the test's connection, which the end of a request must not close."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("people", "one_connection")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda m: m.value)
@pytest.mark.parametrize("label", LABELS)
def test_every_call_keeps_to_its_description(
    label: str, mode: GenerationMode, platform: Platform, long: bool
) -> None:
    called = calls_of(described())[label]
    excused = [CHECKS.get_one("positive_data_acceptance")] if label in ONCE_EACH else []

    @given(called.as_strategy(generation_mode=mode))
    @run(BRIEFLY, max_examples=200 if long else 10)
    def check(case: Any) -> None:
        case.call_and_validate(
            headers={"Authorization": f"Bearer {platform.secret}"}, excluded_checks=excused
        )

    check()


@pytest.mark.usefixtures("people", "one_connection")
def test_the_description_is_openapi_3_1_and_names_every_call_once() -> None:
    raw = described().raw_schema
    assert raw["openapi"].startswith("3.1")
    calls = [call for methods in raw["paths"].values() for call in methods.values()]
    assert len({call["operationId"] for call in calls}) == len(calls)
    assert all("401" in call["responses"] and "422" in call["responses"] for call in calls)
