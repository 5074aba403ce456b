"""Fixtures of API tests: time stands still, prices are loaded, one platform calls with every scope."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.core.clock import stopped_at
from tests.cast import AT, Platform, an_api_key, load_prices


@pytest.fixture
def still() -> Iterator[None]:
    """The clock stands at `AT`."""
    with stopped_at(AT):
        yield


@pytest.fixture
def platform(db: None, still: None) -> Platform:
    """The platform, in a world that has prices and nobody yet."""
    load_prices()
    return Platform(an_api_key())
