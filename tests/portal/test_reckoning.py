"""From what an organisation's wallet spent this month to what its limits count: the lines add up exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

from apps.core.clock import stopped_at
from apps.core.units import MICRO
from apps.hosting.models import Bill
from apps.organisations.models import Organisation
from apps.portal.holdings import load_shell
from apps.portal.overview_page import load_overview
from apps.portal.overview_page.reckoning import Reckoning
from apps.portal.wallet_page import load_wallet_page
from apps.usage import history
from apps.usage.changing import capture_charge, extend_charge, refund_charge
from tests.hosting.world import bill, report_the_seeds_scenario
from tests.portal.world import BEFORE, NOW, person, spend

OCTOBER = datetime(2026, 9, 30, 22, tzinfo=UTC)
WHY = "Why is this not the same as “Spent this month”?"
FROM_ALLOCATED = "Spent by members from allocated tokens"


def _reckoning(at: Any = NOW) -> Reckoning | None:
    shell = load_shell(person("mira"), at, "lindenhof")
    assert shell.here is not None
    return load_overview(load_wallet_page(shell.here, shell), shell).reckoning


def _lines(at: Any = NOW) -> dict[str, int]:
    """The lines by name, once they were found to add up to what the chart draws."""
    found = _reckoning(at)
    assert found is not None
    assert found.spent + sum(line.amount for line in found.lines) == found.counted
    return {line.label: line.amount for line in found.lines}


def _allocated(campus: Organisation) -> int:
    """What usage says was spent of allocated tokens this month."""
    calendar = campus.wallet.calendar
    span = (calendar.start_of(NOW.date().replace(day=1)), NOW)
    parts = history.breakdown(history.Wanted(campus.wallet.pk, True), span, "payer", limit=9)
    return sum(part.sum.amount for part in parts if part.key == history.ALLOCATED)


def test_allocated_tokens_holds_and_refunds_lead_from_one_number_to_the_other(campus: Organisation) -> None:
    lines = _lines()
    assert lines[FROM_ALLOCATED] == _allocated(campus) > 0
    assert lines["Held for what is under way"] > 0


def test_what_is_left_is_what_usage_calls_allocated(campus: Organisation) -> None:
    made = spend("jonas", "search", 40, NOW - timedelta(hours=2))
    refund_charge(made.id, tokens=MICRO, reason="Cut off", actor="tests", at=NOW)
    spend("lotte", "search", 30, NOW - timedelta(hours=1))
    assert _lines()[FROM_ALLOCATED] == _allocated(campus)


def test_a_refund_for_last_month_is_named(campus: Organisation) -> None:
    made = spend("lotte", "search", 90, BEFORE + timedelta(days=24))
    before = _lines()
    refund_charge(made.id, tokens=2 * MICRO, reason="Cut off", actor="tests", at=NOW)
    after = _lines()
    assert after.pop("For use that began before this month") == 2 * MICRO
    assert after == before


def test_a_hold_of_last_month_that_was_captured_in_this_is_named(campus: Organisation) -> None:
    began = NOW.replace(day=1, hour=0) - timedelta(hours=3)
    made = spend("lotte", "search", 60, began, hold_seconds=24 * 3600)
    capture_charge(made.id, quantities=None, options=None, at=began + timedelta(hours=6))
    assert _lines()["For use that began before this month"] == -made.price


def test_a_hold_that_has_just_ended_is_named_until_it_is_written(campus: Organisation) -> None:
    made = spend("lotte", "search", 60, NOW - timedelta(minutes=10), hold_seconds=900)
    used = {"request": 30 * MICRO}
    extend_charge(made.id, used=used, reserve=None, hold_seconds=None, at=NOW - timedelta(minutes=9))
    assert (
        _lines(NOW + timedelta(minutes=10))["Holds that just ended, not settled yet"]
        == made.price - made.price // 2
    )


def test_bills_are_in_neither_number(campus: Organisation) -> None:
    before = _reckoning()
    report_the_seeds_scenario(OCTOBER, at=NOW, owner=("organisation", "lindenhof"))
    bill("2026-10", at=NOW)
    assert Bill.objects.filter(payer=campus.wallet).exists()
    assert _reckoning() == before


def test_without_allocated_tokens_and_holds_there_is_nothing_to_explain(
    campus: Organisation, client: Client
) -> None:
    assert _reckoning(NOW + timedelta(days=40)) is None
    client.force_login(person("mira"))
    with stopped_at(NOW):
        assert WHY in client.get("/orgs/lindenhof/").content.decode()
