"""Free tokens month by month (clockwork.md): what lapses, what arrives, when, and only once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from apps.core.units import MICRO
from apps.usage.changing import capture_charge, refund_charge, release_charge
from apps.usage.services import create_charge
from apps.usage.state import ChargeRequest, ChargeState
from apps.wallets.books import project, settle_wallets
from apps.wallets.models import Grant, Movement, Wallet
from apps.wallets.services import sync_user
from tests.cast import load_prices

pytestmark = pytest.mark.django_db
Line = tuple[str, int, int, datetime]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture(autouse=True)
def prices() -> None:
    load_prices()


def join(at: datetime, **fields: str) -> Wallet:
    return sync_user(key="ada", fields=fields, at=at).wallet


def page(tokens: int, at: datetime, *, capture: bool = True, seconds: int = 86_400) -> ChargeState:
    request = ChargeRequest(
        user="ada",
        operation="page",
        quantities={"page": tokens * MICRO},
        capture=capture,
        hold_seconds=seconds,
    )
    return create_charge(request, client_id=None, at=at)


def statement(wallet: Wallet) -> list[Line]:
    """Kind, whole tokens, whole tokens after it, instant."""
    rows = Movement.objects.filter(wallet=wallet).order_by("sequence")
    return [(row.kind, row.amount // MICRO, row.balance_after // MICRO, row.at) for row in rows]


def test_a_new_user_has_the_whole_grant_of_the_month_under_way() -> None:
    wallet = join(utc("2026-11-30T23:00"), account_type="teacher")
    assert statement(wallet) == [("grant", 500, 500, utc("2026-11-30T23:00"))]
    assert wallet.cycle_ends_at == utc("2026-12-01T00:00")


def test_what_is_left_lapses_at_the_end_of_the_month_and_the_grant_arrives_then() -> None:
    wallet = join(utc("2026-11-02T12:00"))
    page(30, utc("2026-11-03T12:00"))
    settle_wallets([wallet.pk], at=utc("2026-12-07T15:00"))
    assert statement(wallet)[2:] == [
        ("lapse", -170, 0, utc("2026-12-01T00:00")),
        ("grant", 200, 200, utc("2026-12-01T00:00")),
    ]


def test_a_read_projects_the_new_month_and_writes_nothing() -> None:
    wallet = join(utc("2026-11-02T12:00"))
    page(30, utc("2026-11-03T12:00"))
    for at, left in (("2026-11-30T23:59:59", 170), ("2026-12-01T00:00", 200)):
        assert project([wallet.pk], at=utc(at)).wallets[wallet.pk].balance == left * MICRO
    assert Grant.objects.count() == 1


def test_the_first_charge_after_midnight_spends_the_new_tokens_without_any_job() -> None:
    wallet = join(utc("2026-11-02T12:00"))
    page(200, utc("2026-11-03T12:00"))
    page(150, utc("2026-12-01T00:00"))
    assert statement(wallet)[-1] == ("charge", -150, 50, utc("2026-12-01T00:00"))


def test_the_grant_comes_once_however_often_the_reset_runs() -> None:
    wallet = join(utc("2026-11-02T12:00"))
    for minute in range(3):
        settle_wallets([wallet.pk], at=utc("2026-12-01T00:00") + timedelta(minutes=minute))
    assert list(Grant.objects.values_list("cycle_month", flat=True)) == [date(2026, 11, 1), date(2026, 12, 1)]


def test_after_missed_months_only_the_present_one_is_granted_and_the_old_rest_lapses_once() -> None:
    wallet = join(utc("2026-11-02T12:00"))
    page(50, utc("2026-11-03T12:00"))
    settle_wallets([wallet.pk], at=utc("2027-03-15T12:00"))
    assert statement(wallet)[2:] == [
        ("lapse", -150, 0, utc("2026-12-01T00:00")),
        ("grant", 200, 200, utc("2027-03-01T00:00")),
    ]


@pytest.mark.parametrize(
    ("zone", "joined", "ends"),
    [
        ("Pacific/Kiritimati", "2026-01-15T00:00", ["2026-01-31T10:00", "2026-02-28T10:00"]),
        ("Etc/GMT+12", "2026-01-15T00:00", ["2026-02-01T12:00", "2026-03-01T12:00"]),
        ("Europe/Berlin", "2026-02-15T00:00", ["2026-02-28T23:00", "2026-03-31T22:00", "2026-04-30T22:00"]),
        ("Europe/Berlin", "2026-09-15T00:00", ["2026-09-30T22:00", "2026-10-31T23:00", "2026-11-30T23:00"]),
        ("UTC", "2028-01-31T23:59", ["2028-02-01T00:00", "2028-03-01T00:00", "2028-04-01T00:00"]),
        ("America/New_York", "2026-12-31T12:00", ["2027-01-01T05:00", "2027-02-01T05:00"]),
    ],
)
def test_months_end_at_local_midnight(zone: str, joined: str, ends: list[str]) -> None:
    wallet = join(utc(joined), time_zone=zone)
    for end in ends:
        before = project([wallet.pk], at=utc(end) - timedelta(microseconds=1)).wallets[wallet.pk]
        assert before.cycle_ends_at == utc(end)
        settle_wallets([wallet.pk], at=utc(end))
    assert [line[3] for line in statement(wallet) if line[0] == "lapse"] == [utc(end) for end in ends]
    assert [line[3] for line in statement(wallet) if line[0] == "grant"][1:] == [utc(end) for end in ends]


@pytest.mark.parametrize(
    ("zone", "second_end"),
    [("Pacific/Kiritimati", "2026-12-31T10:00"), ("Etc/GMT+12", "2027-01-01T12:00")],
)
def test_a_zone_changed_in_mid_month_holds_for_the_next_month_without_gap_or_overlap(
    zone: str, second_end: str
) -> None:
    wallet = join(utc("2026-11-02T12:00"))
    join(utc("2026-11-15T12:00"), time_zone=zone)
    settle_wallets([wallet.pk], at=utc("2026-11-30T23:59:59"))
    assert len(statement(wallet)) == 1
    settle_wallets([wallet.pk], at=utc("2026-12-01T00:00"))
    assert [line[3] for line in statement(wallet)[1:]] == [utc("2026-12-01T00:00")] * 2
    settle_wallets([wallet.pk], at=utc(second_end) - timedelta(seconds=1))
    assert len(statement(wallet)) == 3
    settle_wallets([wallet.pk], at=utc(second_end))
    assert [line[3] for line in statement(wallet)[3:]] == [utc(second_end)] * 2


def test_another_account_type_is_granted_from_the_next_month() -> None:
    wallet = join(utc("2026-11-02T12:00"))
    join(utc("2026-11-15T12:00"), account_type="creator")
    settle_wallets([wallet.pk], at=utc("2026-12-01T00:00"))
    assert [line[1] for line in statement(wallet)] == [200, -200, 500]


def test_held_free_tokens_outlive_their_month_and_are_spent_when_captured() -> None:
    wallet = join(utc("2026-11-02T12:00"))
    charge = page(80, utc("2026-11-30T20:00"), capture=False)
    capture_charge(charge.id, quantities=None, options=None, at=utc("2026-12-01T09:00"))
    assert statement(wallet)[1:] == [
        ("lapse", -120, 80, utc("2026-12-01T00:00")),
        ("grant", 200, 280, utc("2026-12-01T00:00")),
        ("charge", -80, 200, utc("2026-12-01T09:00")),
    ]


def test_free_tokens_that_return_after_their_month_lapse_at_once_on_a_line_of_their_own() -> None:
    wallet = join(utc("2026-11-02T12:00"))
    charge = page(80, utc("2026-11-30T20:00"), capture=False)
    release_charge(charge.id, at=utc("2026-12-01T09:00"))
    assert statement(wallet)[3:] == [("lapse", -80, 200, utc("2026-12-01T09:00"))]


def test_a_deadline_after_midnight_lets_held_tokens_lapse_at_the_deadline() -> None:
    wallet = join(utc("2026-11-02T12:00"))
    page(80, utc("2026-11-30T23:50"), capture=False, seconds=900)
    settle_wallets([wallet.pk], at=utc("2026-12-05T12:00"))
    assert statement(wallet)[1:] == [
        ("lapse", -120, 80, utc("2026-12-01T00:00")),
        ("grant", 200, 280, utc("2026-12-01T00:00")),
        ("lapse", -80, 200, utc("2026-12-01T00:05")),
    ]


def test_a_refund_of_last_months_free_tokens_lapses_at_once() -> None:
    wallet = join(utc("2026-11-02T12:00"))
    charge = page(80, utc("2026-11-30T20:00"))
    refund_charge(charge.id, tokens=30 * MICRO, reason="", actor="tests", at=utc("2026-12-02T09:00"))
    assert statement(wallet)[-2:] == [
        ("refund", 30, 230, utc("2026-12-02T09:00")),
        ("lapse", -30, 200, utc("2026-12-02T09:00")),
    ]


def test_a_refund_within_the_month_comes_back_to_stay() -> None:
    wallet = join(utc("2026-11-02T12:00"))
    charge = page(80, utc("2026-11-05T20:00"))
    refund_charge(charge.id, tokens=None, reason="", actor="tests", at=utc("2026-11-06T09:00"))
    assert statement(wallet)[-1] == ("refund", 80, 200, utc("2026-11-06T09:00"))
