"""Deadlines are carried out by a sweep, whoever starts it, and only once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command

from apps.core.clock import stopped_at
from apps.core.proof import verify_ledger
from apps.usage.models import Charge
from apps.usage.state import ChargeState
from apps.usage.tasks import expire_holds
from config.celery import app
from tests.usage.books import AT, build_books


@pytest.fixture
def charges(db: None) -> Mapping[str, ChargeState]:
    return build_books()


def _status(charges: Mapping[str, ChargeState]) -> str:
    return Charge.objects.get(pk=charges["held"].id).status


def _swept() -> str:
    out = StringIO()
    call_command("expire_holds", stdout=out)
    return out.getvalue()


def test_a_hold_stays_until_its_deadline(charges: Mapping[str, ChargeState]) -> None:
    with stopped_at(AT + timedelta(seconds=899)):
        assert _swept() == "0 holds ended.\n"
    assert _status(charges) == "held"


def test_the_command_ends_what_is_due_once(charges: Mapping[str, ChargeState]) -> None:
    with stopped_at(AT + timedelta(seconds=900)):
        assert _swept() == "1 hold ended.\n"
        assert _swept() == "0 holds ended.\n"
    assert _status(charges) == "expired"
    assert verify_ledger().holds


def test_the_task_does_the_same(charges: Mapping[str, ChargeState]) -> None:
    with stopped_at(AT + timedelta(hours=1)):
        assert expire_holds() == 1
    assert _status(charges) == "expired"


def test_every_scheduled_task_exists() -> None:
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert scheduled <= set(app.tasks)
