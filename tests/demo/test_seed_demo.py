"""The demo is made once, by the services alone, and only where its public password does no harm."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.test import RequestFactory
from pytest_django import Settings

from apps.core.clock import stopped_at
from apps.core.proof import verify_ledger
from apps.demo.people import EVERYBODY_SAYS, HOUSES
from apps.demo.work import MODELS
from apps.identity.models import User
from apps.pricing.services import load_shipped_catalogue
from apps.usage.models import Charge, DeniedAttempt
from tests.conftest import LONG
from tests.usage.books import AT


def seeded(at: datetime, settings: Settings) -> str:
    settings.DEBUG = True
    out = StringIO()
    load_shipped_catalogue(at=AT, actor="tests", only_models=MODELS)
    with stopped_at(at):
        call_command("seed_demo", stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_demo_lets_everybody_in_shows_every_kind_of_charge_and_is_made_once(settings: Settings) -> None:
    at = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)
    assert "The ledger holds." in seeded(at, settings)
    statuses = Counter(Charge.objects.values_list("status", flat=True))
    assert statuses["captured"] > 300
    assert statuses["held"] == 3
    assert min(statuses["released"], statuses["expired"]) >= 5
    assert Charge.objects.filter(refunded_micro__gt=0).exists()
    assert Charge.objects.filter(cost_centre__isnull=False).exists()
    denied = set(DeniedAttempt.objects.values_list("code", flat=True))
    assert {"limit_reached", "insufficient_tokens"} <= denied

    check_log_ins()
    before = verify_ledger().counts
    assert seeded(at, settings) == "The demo is there already.\n"
    assert verify_ledger().counts == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    "at",
    [datetime(2026, 3, 29, 1, 30, tzinfo=UTC), datetime(2028, 3, 1, 0, 5, tzinfo=UTC)][: 2 if LONG else 1],
)
def test_the_demo_can_be_made_in_a_skipped_hour_or_just_past_midnight(
    at: datetime, settings: Settings
) -> None:
    assert "The ledger holds." in seeded(at, settings)


def check_log_ins() -> None:
    request = RequestFactory().post("/accounts/login/")
    addresses = [f"{who}@{house.key}.example" for house in HOUSES for who in ("owner", "teacher", "learner")]
    for address in (*addresses, "staff@scrip.example"):
        user = authenticate(request, email=address, password=EVERYBODY_SAYS)
        assert isinstance(user, User)
        assert user.is_staff == (address == "staff@scrip.example")


@pytest.mark.django_db
def test_the_demo_is_refused_without_debug() -> None:
    with pytest.raises(CommandError, match="DEBUG=1 only"):
        call_command("seed_demo")
    assert not User.objects.exists()
