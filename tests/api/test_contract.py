"""The API against its own description: what schemathesis makes of it finds no fault."""

from __future__ import annotations

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

from config.wsgi import application
from tests.cast import Platform, a_user, an_organisation

SCHEMA = schemathesis.openapi.from_wsgi("/api/v1/schema/", application)
CALLS: list[Any] = [found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)]
EXCUSED = {"positive_data_acceptance"}
"""A request of the right shape may still name an operation or a book that does not exist: that is 422."""
BRIEFLY = run(
    deadline=None,
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
@pytest.mark.parametrize("called", CALLS, ids=lambda called: called.label)
def test_every_call_keeps_to_its_description(
    called: Any, mode: GenerationMode, platform: Platform, long: bool
) -> None:
    excused = [CHECKS.get_one(name) for name in EXCUSED]

    @given(called.as_strategy(generation_mode=mode))
    @run(BRIEFLY, max_examples=200 if long else 10)
    def check(case: Any) -> None:
        case.call_and_validate(
            headers={"Authorization": f"Bearer {platform.secret}"}, excluded_checks=excused
        )

    check()


def test_the_description_is_openapi_3_1_and_names_every_call_once() -> None:
    raw = SCHEMA.raw_schema
    assert raw["openapi"].startswith("3.1")
    calls = [call for methods in raw["paths"].values() for call in methods.values()]
    assert len({call["operationId"] for call in calls}) == len(calls)
    assert all("401" in call["responses"] and "422" in call["responses"] for call in calls)
