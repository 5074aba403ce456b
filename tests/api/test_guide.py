"""The integration guide does what it says: its Python runs from top to bottom against a running server."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings

from apps.core.clock import now
from apps.identity.scopes import SCOPES
from apps.identity.services import Author, create_api_client, create_api_key
from apps.pricing.services import load_shipped_catalogue

GUIDE = settings.BASE_DIR / "docs" / "integration.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.django_db(transaction=True)
def test_the_guide_runs_from_top_to_bottom(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    load_shipped_catalogue(at=now(), actor="test", only_models={"gpt-4o-mini", "claude-sonnet-4-6"})
    client = create_api_client(name="guide", at=now(), by=Author("tests"))
    _, key = create_api_key(client=client, scopes=SCOPES, at=now(), by=Author("tests"))
    monkeypatch.setenv("SCRIP", f"{live_server.url}/api/v1")
    monkeypatch.setenv("KEY", key)
    blocks = BLOCK.findall(GUIDE.read_text())
    assert len(blocks) >= 8
    for _ in range(2):  # everything in it may be done again: keys and ids are the same
        exec(compile("\n".join(blocks), GUIDE.name, "exec"), {})
