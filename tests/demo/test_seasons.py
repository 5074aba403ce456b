"""A small world is made like the whole one: at awkward hours, the same from a seed, only by services."""

from __future__ import annotations

import ast
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from pytest_django import Settings

from apps import demo
from apps.core.proof import verify_ledger
from apps.demo import people
from apps.demo.houses import HOUSES
from apps.demo.seasons import Season, gathered, shares
from apps.demo.year import Scale, live_through
from apps.identity.models import User
from apps.ledger.models import Account
from apps.usage.models import Charge
from apps.wallets.services import sync_user
from tests.conftest import LONG
from tests.demo.world import AT, load_prices, seed

SMALL = Scale(days=40, charges=130)
MONEY = {"Account", "Transfer", "Entry", "Movement", "Grant", "Hold", "HoldPart", "Charge", "DeniedAttempt"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        datetime(2026, 6, 1, 0, 5, tzinfo=UTC),
        datetime(2028, 3, 1, 0, 5, tzinfo=UTC),
    ][: 3 if LONG else 2],
)
def test_a_world_can_be_made_in_a_skipped_hour_or_just_past_midnight(at: datetime) -> None:
    load_prices()
    live_through(at, SMALL)
    assert verify_ledger().holds
    for house in HOUSES:
        held = Charge.objects.filter(wallet__owner_key=house.user("learner"), status="held")
        assert held.filter(expires_at__gt=at).exists()


@pytest.mark.django_db
def test_the_same_seed_makes_the_same_world() -> None:
    load_prices()
    worlds = []
    for _ in range(2):
        with transaction.atomic():
            live_through(AT, SMALL)
            told = ("created_at", "operation", "activity_label", "price_micro", "status", "wallet__owner_key")
            worlds.append(sorted(Charge.objects.values_list(*told)))
            transaction.set_rollback(True)
    assert worlds[0] == worlds[1]
    assert len(worlds[0]) > 350


@pytest.mark.django_db
def test_the_demo_is_refused_without_debug(settings: Settings) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG=1 only"):
        call_command("seed_demo")
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_demo_that_was_cut_off_is_not_taken_for_a_whole_one() -> None:
    load_prices()
    people.open_house(HOUSES[0], AT)
    with pytest.raises(CommandError, match="empty database"):
        seed()


@pytest.mark.django_db
def test_books_that_do_not_hold_end_the_command_with_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def spoil(at: datetime) -> None:
        ada = sync_user(key="ada", fields={}, at=at).wallet
        Account.objects.filter(holder_id=ada.pk, kind="earned").update(balance=7)

    load_prices()
    monkeypatch.setattr("apps.demo.management.commands.seed_demo.live_through", spoil)
    with pytest.raises(SystemExit) as ended:
        seed()
    assert ended.value.code == 1


def test_the_demo_writes_no_row_of_money_itself() -> None:
    for path in Path(demo.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert MONEY.isdisjoint(alias.name for alias in node.names), path


def test_everybody_has_an_address_that_can_be_typed() -> None:
    for house in HOUSES:
        keys = [person.key for person in house.people]
        assert len(set(keys)) == len(keys)
        assert all(key.replace(".", "").replace("-", "").isascii() for key in keys)
    assert people.EVERYBODY_SAYS == "scrip-demo"


def test_shares_add_up_and_groups_keep_their_order() -> None:
    assert shares([1, 1, 1], 10) == [3, 3, 4]
    assert sum(shares([7, 0, 5, 13], 1_001)) == 1_001
    times = [AT + timedelta(minutes=minutes) for minutes in (0, 30, 61, 200)]
    assert gathered(times, timedelta(hours=1)) == [[0, 1], [2], [3]]
    assert gathered(times, timedelta(0)) == [[0], [1], [2], [3]]


def test_a_season_may_cross_new_year() -> None:
    christmas = Season((12, 21), (1, 6), 8)
    assert christmas.holds(date(2026, 12, 31))
    assert christmas.holds(date(2027, 1, 6))
    assert not christmas.holds(date(2027, 1, 7))
