"""The bills of a month: the seed's scenario, lines, shares, order of payment, and doing it again."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.core.clock import stopped_at
from apps.core.errors import NotFound, ValidationError
from apps.core.proof import verify_ledger
from apps.hosting.models import Bill
from apps.hosting.reporting import end_resource
from apps.hosting.running import start_billing
from tests.cast import a_user, an_organisation
from tests.hosting.world import GB, LINDENHOF, balance, bill, report, report_the_seeds_scenario, tokens_of

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)
HALF = datetime(2026, 10, 16, 12, tzinfo=UTC)
"""October has 31 days: exactly half of it is over."""


def test_the_seeds_scenario_costs_1650_and_475_for_a_full_month() -> None:
    an_organisation("lindenhof", credit="3000")
    report_the_seeds_scenario(OCTOBER)
    run = bill("2026-10")
    assert (run.state, run.total) == ("done", 1)
    assert Bill.objects.filter(state="settled").count() == 8
    assert (tokens_of("2026-10", "hosting"), tokens_of("2026-10", "storage")) == (1650, 475)
    assert balance("lindenhof", "purchased") == 3000 - 1650 - 475
    assert verify_ledger().holds


def test_exactly_half_of_a_month_costs_825_and_235() -> None:
    an_organisation("lindenhof", credit="3000")
    report_the_seeds_scenario(HALF)
    bill("2026-10")
    assert (tokens_of("2026-10", "hosting"), tokens_of("2026-10", "storage")) == (825, 235)


def test_the_first_half_of_a_month_costs_the_same() -> None:
    an_organisation("lindenhof", credit="3000")
    report_the_seeds_scenario(OCTOBER)
    for kind, count in (("campus", 2), ("course", 6)):
        for number in range(1, count + 1):
            end_resource(
                kind=kind,
                key=f"lindenhof-{kind}-{number}",
                since=HALF,
                actor="tests",
                at=HALF.replace(month=11),
            )
    bill("2026-10")
    assert (tokens_of("2026-10", "hosting"), tokens_of("2026-10", "storage")) == (825, 235)


def test_the_first_campus_and_three_courses_by_creation_are_free() -> None:
    an_organisation("lindenhof", credit="3000")
    report("campus", "late", members=75, since=OCTOBER.replace(day=2))
    report("campus", "early", members=75, since=OCTOBER)
    report("campus", "also-early", members=10, since=OCTOBER)
    bill("2026-10")
    free = {b.resource.platform_id: b.lines[0]["free"] for b in Bill.objects.select_related("resource")}
    assert free == {"also-early": True, "early": False, "late": False}


def test_sessions_and_tasks_cost_nothing_but_what_they_store() -> None:
    an_organisation("lindenhof", credit="3000")
    report("session", "lecture", members=500, stored=2 * GB, since=OCTOBER)
    report("task", "essay", members=500, stored=GB, since=OCTOBER)
    bill("2026-10")
    assert (tokens_of("2026-10", "hosting"), tokens_of("2026-10", "storage")) == (0, 8)


def test_shares_count_once_in_all() -> None:
    an_organisation("lindenhof", credit="3000")
    an_organisation("harbour", credit="3000")
    shares = [(LINDENHOF, 2), (("organisation", "harbour"), 1)]
    for number in range(2):
        report("campus", f"campus-{number}", members=90, stored=90 * GB, since=OCTOBER, shares=shares)
    bill("2026-10")
    assert tokens_of("2026-10", "hosting", payer__owner_key="lindenhof") == 600
    assert tokens_of("2026-10", "hosting", payer__owner_key="harbour") == 300
    storage = [tokens_of("2026-10", "storage", payer__owner_key=key) for key in ("lindenhof", "harbour")]
    assert storage == [475, 235], "119 GB and 59 GB above each one's free pool"


def test_a_user_pays_for_what_is_theirs() -> None:
    a_user("ada", credit="100")
    report("course", "poems", members=0, stored=11 * GB, since=OCTOBER, owner=("user", "ada"))
    bill("2026-10")
    assert tokens_of("2026-10", "storage") == 40
    assert balance("ada", "free", "user") == 160, "free tokens go first"


def test_lines_add_up_to_the_rounded_whole() -> None:
    an_organisation("lindenhof", credit="3000")
    report("campus", "free-one", members=1, since=OCTOBER)
    for number in range(3):
        since = datetime(2026, 10, 11 + number, 7, tzinfo=UTC)
        report("campus", f"part-{number}", members=7, stored=GB + 333_333_333, since=since)
    bill("2026-10")
    hosting = sum(line["exact"] for b in Bill.objects.all() for line in b.lines if line["kind"] == "hosting")
    assert tokens_of("2026-10", "hosting") == (hosting + 500_000) // 1_000_000
    storage = {
        line["all_tokens"] for b in Bill.objects.all() for line in b.lines if line["kind"] == "storage"
    }
    assert {tokens_of("2026-10", "storage")} == storage


def test_running_a_month_again_changes_nothing() -> None:
    an_organisation("lindenhof", credit="3000")
    report_the_seeds_scenario(OCTOBER)
    bill("2026-10")
    before = list(Bill.objects.order_by("pk").values())
    assert bill("2026-10").total == 0
    assert bill("2026-10", owner="organisation:lindenhof").total == 0
    assert list(Bill.objects.order_by("pk").values()) == before


def test_bills_are_paid_oldest_first_and_the_first_that_cannot_be_paid_stops_the_rest() -> None:
    an_organisation("lindenhof", credit="460")
    report("campus", "free-one", members=1, since=OCTOBER)
    report("campus", "large", members=45, since=OCTOBER)
    report("campus", "small", members=1, since=OCTOBER.replace(day=31))
    bill("2026-11", at=datetime(2026, 12, 2, tzinfo=UTC))
    states = {
        (b.resource.platform_id, b.month.month): b.state for b in Bill.objects.select_related("resource")
    }
    assert states == {
        ("free-one", 10): "settled",
        ("large", 10): "settled",
        ("small", 10): "settled",
        ("free-one", 11): "settled",
        ("large", 11): "open",
        ("small", 11): "open",
    }
    assert balance("lindenhof", "purchased") == 10


def test_an_unlimited_wallet_pays_below_zero() -> None:
    an_organisation("lindenhof", unlimited=True)
    report_the_seeds_scenario(OCTOBER)
    bill("2026-10")
    assert not Bill.objects.exclude(state="settled").exists()
    assert balance("lindenhof", "purchased") == -2125


def test_one_owner_is_billed_alone() -> None:
    for key in ("lindenhof", "harbour"):
        an_organisation(key, credit="3000")
        report_the_seeds_scenario(OCTOBER, owner=("organisation", key))
    bill("2026-10", owner="organisation:harbour")
    assert set(Bill.objects.values_list("payer__owner_key", flat=True)) == {"harbour"}


def test_what_cannot_be_billed_says_why() -> None:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    for month, owner, problem in (
        ("2026-11", "", ValidationError),
        ("2026-13", "", ValidationError),
        ("October", "", ValidationError),
        ("2026-10", "lindenhof", ValidationError),
        ("2026-10", "organisation:nobody", NotFound),
    ):
        with pytest.raises(problem):
            start_billing(month=month, owner=owner, actor="tests", at=at)


def test_the_command_bills_a_month_and_says_what_failed() -> None:
    an_organisation("lindenhof", credit="3000")
    report_the_seeds_scenario(OCTOBER)
    out = StringIO()
    with stopped_at(datetime(2026, 11, 2, tzinfo=UTC)):
        call_command("run_billing", "2026-10", owner="organisation:lindenhof", stdout=out)
        assert "1 of 1 payers done for 2026-10 (organisation:lindenhof)." in out.getvalue()
        call_command("run_billing", "2026-10", stdout=out)
        with pytest.raises(CommandError, match="has not ended yet"):
            call_command("run_billing", "2026-11", stdout=out)
        with pytest.raises(CommandError, match="no user nobody"):
            call_command("run_billing", "2026-10", owner="user:nobody", stdout=out)
    assert "0 of 0 payers done for 2026-10." in out.getvalue()
    assert Bill.objects.count() == 8
