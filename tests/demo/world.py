"""The demo's world for tests, at a Wednesday afternoon in term."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

from django.core.management import call_command
from django.test import override_settings

from apps.core.clock import stopped_at
from apps.demo.work import MODELS, UNPRICED
from apps.pricing.services import load_shipped_catalogue

AT = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)


def load_prices() -> None:
    """Everything shipped, but of the models only those that the demo uses."""
    load_shipped_catalogue(at=AT, actor="tests", only_models=(*MODELS, UNPRICED))


def seed(at: datetime = AT) -> str:
    """Call the command as `make run` does; answers what it says."""
    out = StringIO()
    with override_settings(DEBUG=True), stopped_at(at):
        call_command("seed_demo", stdout=out)
    return out.getvalue()
