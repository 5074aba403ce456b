from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation

from apps.core.clock import stopped_at
from apps.organisations.models import Organisation
from tests.portal.world import NOW, build_campus


@pytest.fixture
def campus(db: None) -> Iterator[Organisation]:
    """The campus, looked at on 21 November 2026 in the afternoon."""
    found = build_campus()
    with stopped_at(NOW):
        yield found


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """A request in German leaves its language to the test that comes next."""
    with translation.override("en"):
        yield
