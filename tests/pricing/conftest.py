from __future__ import annotations

from datetime import UTC, datetime

import pytest

from apps.pricing.services import load_shipped_catalogue

AT = datetime(2026, 11, 2, 12, tzinfo=UTC)
MODELS = {
    "gpt-4o-mini",
    "claude-haiku-4-5",
    "claude-sonnet-4-6",
    "gemini-2.5-pro",
    "gpt-5.6",
    "anthropic.claude-sonnet-4-5-20250929-v1:0",
    "kyma/qwen3.7-flash",
    "text-embedding-3-small",
    "gpt-5.5-pro",
    "gpt-3.5-turbo-instruct",
    "gemini-2.5-computer-use-preview-10-2025",
    "coralbricks/glm-5.3",
    "databricks/databricks-claude-sonnet-4-1",
    "twelvelabs.marengo-embed-2-7-v1:0",
}


@pytest.fixture
def catalogue(db: None) -> None:
    """The three shipped price books with a dozen real models."""
    load_shipped_catalogue(at=AT, actor="tests", only_models=MODELS)
