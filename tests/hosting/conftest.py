from __future__ import annotations

import pytest

from tests.hosting.world import load_hosting_prices


@pytest.fixture(autouse=True)
def prices(db: None) -> None:
    """The books `campus` and `studio`, hosting and storage as they ship."""
    load_hosting_prices()
