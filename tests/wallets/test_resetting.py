"""Free tokens reset by the job: as the first write would have done it, once, in each wallet's own zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.core.clock import stopped_at
from apps.core.errors import ValidationError
from apps.core.periods import day_start, month_of
from apps.core.proof import verify_ledger
from apps.core.units import MICRO
from apps.jobs.models import Run
from apps.jobs.working import carry_out
from apps.ledger.models import Account
from apps.usage.services import create_charge
from apps.usage.settling import expire_holds
from apps.usage.state import ChargeRequest
from apps.wallets.books import settle_wallets
from apps.wallets.models import Grant, Movement, Wallet
from apps.wallets.resetting import start_due_reset, start_reset
from tests.cast import AT, a_user, an_organisation, load_prices

pytestmark = pytest.mark.django_db
ZONES = ["Etc/GMT+12", "America/New_York", "UTC", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Kiritimati"]


@pytest.fixture(autouse=True)
def prices(db: None) -> None:
    load_prices()


def _reset(cycle: str, at: datetime) -> Run:
    return carry_out(start_reset(cycle=cycle, actor="tests", at=at), clock=lambda: at)


def _free(key: str) -> int:
    return Account.objects.get(holder_id=Wallet.objects.get(owner_key=key).pk, kind="free").balance // MICRO


def _told(key: str) -> list[tuple[str, datetime, int, int]]:
    rows = Movement.objects.filter(wallet__owner_key=key).order_by("sequence")
    return list(rows.values_list("kind", "at", "amount", "balance_after"))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("joined", ["2024-01-31", "2026-02-28", "2026-03-15", "2026-10-20"])
def test_the_job_does_what_the_first_write_would(zone: str, joined: str) -> None:
    at = datetime.fromisoformat(f"{joined}T12:00:00+00:00")
    for key in ("job", "write"):
        a_user(key, at=at, time_zone=zone, credit="7.5")
    later = at + timedelta(days=70)
    cycle = later.astimezone(UTC).strftime("%Y-%m")
    settle_wallets([Wallet.objects.get(owner_key="write").pk], at=later)
    assert _reset(cycle, later).state == "done"
    assert _told("job") == _told("write")
    wallets = [(w.cycle_month, w.cycle_ends_at, w.cycle_basis) for w in Wallet.objects.order_by("owner_key")]
    assert wallets[0] == wallets[1]
    assert verify_ledger().differences == ()


def test_only_wallets_in_which_the_month_has_come_are_reset() -> None:
    for number, zone in enumerate(ZONES):
        a_user(f"user-{number}", time_zone=zone)
    at = day_start(month_of("2026-12"), "Europe/Berlin")
    run = _reset("2026-12", at)
    assert run.total == 3, "Berlin, Kathmandu and Kiritimati are in December"
    assert start_due_reset(at=at) is None
    last = day_start(month_of("2026-12"), "Etc/GMT+12")
    due = start_due_reset(at=last)
    assert due is not None
    carry_out(due, clock=lambda: last)
    assert Grant.objects.filter(cycle_month=month_of("2026-12")).count() == 6


def test_the_clock_starts_with_the_first_zone_and_not_before() -> None:
    a_user("kiri", time_zone="Pacific/Kiritimati")
    first = day_start(month_of("2026-12"), "Pacific/Kiritimati")
    assert start_due_reset(at=first - timedelta(microseconds=1)) is None
    run = start_due_reset(at=first)
    assert run is not None
    assert (run.subject, run.total) == ("2026-12", 1)


def test_running_it_again_changes_nothing() -> None:
    a_user("ada")
    december = datetime(2026, 12, 1, tzinfo=UTC)
    assert _reset("2026-12", december).total == 1
    assert _reset("2026-12", december).total == 0
    assert Grant.objects.count() == 2


def test_organisations_begin_their_month_without_a_grant() -> None:
    an_organisation("school", credit="10")
    _reset("2026-12", datetime(2026, 12, 1, tzinfo=UTC))
    wallet = Wallet.objects.get(owner_key="school")
    assert (wallet.cycle_month, wallet.cycle_basis) == (month_of("2026-12"), 10 * MICRO)
    assert not Grant.objects.exists()


def test_a_hold_across_midnight_keeps_its_tokens_and_a_due_one_ends_first() -> None:
    a_user("ada")
    a_user("ben")
    midnight = datetime(2026, 12, 1, tzinfo=UTC)
    for user, seconds in (("ada", 7200), ("ben", 600)):
        request = ChargeRequest(
            user=user, operation="page", quantities={"page": 50 * MICRO}, hold_seconds=seconds
        )
        create_charge(request, client_id=None, at=midnight - timedelta(minutes=20))
    _reset("2026-12", midnight)
    assert (_free("ada"), _free("ben")) == (250, 200), "50 of ada's are still held"
    expire_holds(at=midnight + timedelta(hours=3))
    assert _free("ada") == 200, "what returns after its month lapses"
    assert verify_ledger().differences == ()


def test_the_command_says_what_it_did() -> None:
    a_user("ada")
    out = StringIO()
    with stopped_at(datetime(2026, 12, 3, tzinfo=UTC)):
        call_command("reset_free_tokens", cycle="2026-12", stdout=out)
    assert "1 of 1 wallets done for 2026-12." in out.getvalue()
    assert _free("ada") == 200


@pytest.mark.parametrize("cycle", ["2027-01", "december", "2026-13", "2026-1"])
def test_a_month_that_cannot_be_is_refused(cycle: str) -> None:
    a_user("ada")
    with stopped_at(AT), pytest.raises(CommandError):
        call_command("reset_free_tokens", cycle=cycle, stdout=StringIO())
    with pytest.raises(ValidationError):
        start_reset(cycle=cycle, actor="tests", at=AT)
    assert not Run.objects.exists()
