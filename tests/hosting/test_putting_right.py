"""Late reports, voided bills, and months run again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from apps.core.errors import InvalidState, NotFound, ValidationError
from apps.core.proof import verify_ledger
from apps.hosting.models import Bill, ClosedMonth
from apps.hosting.reporting import end_resource
from apps.hosting.voiding import void_bill
from tests.cast import a_user, an_organisation
from tests.hosting.world import GB, balance, bill, report, report_the_seeds_scenario, tokens_of

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)
LATE = datetime(2026, 11, 20, tzinfo=UTC)


def _corrections(month: str) -> dict[str, int]:
    bills = Bill.objects.filter(month=f"{month}-01").exclude(state="void").select_related("resource")
    return {
        b.resource.platform_id: sum(line["tokens"] for line in b.lines if line["kind"] == "correction")
        for b in bills
        if any(line["kind"] == "correction" for line in b.lines)
    }


def _two_campuses(credit: str = "9000") -> None:
    an_organisation("lindenhof", credit=credit)
    report("campus", "free-one", members=1, since=OCTOBER)
    report("campus", "south", members=60, since=OCTOBER)
    bill("2026-10")


def test_more_members_reported_late_become_a_line_on_the_next_bill() -> None:
    _two_campuses()
    report("campus", "south", members=75, since=OCTOBER, at=LATE)
    assert bill("2026-10").total == 0, "the closed month itself stays as it is"
    bill("2026-11")
    assert _corrections("2026-11") == {"south": 150}
    assert tokens_of("2026-11", "hosting") == 750
    assert balance("lindenhof", "purchased") == 9000 - 600 - 750 - 150
    bill("2026-12")
    assert _corrections("2026-12") == {}, "it is put right once"
    assert verify_ledger().holds


def test_a_negative_total_returns_tokens_to_the_earned_bucket() -> None:
    _two_campuses()
    report("campus", "south", members=0, since=OCTOBER, at=LATE)
    bill("2026-11")
    south = Bill.objects.get(month=NOVEMBER, resource__platform_id="south")
    assert (south.tokens_micro, south.state) == (-600_000_000, "settled")
    assert balance("lindenhof", "earned") == 600
    assert verify_ledger().holds


def test_a_resource_first_reported_for_a_closed_month_is_on_the_next_bill() -> None:
    _two_campuses()
    report("course", "a", members=30, since=OCTOBER, at=LATE)
    for name in "bcd":
        report("course", name, members=30, since=OCTOBER, at=LATE)
    bill("2026-11")
    assert _corrections("2026-11") == {"d": 300}, "three courses are free"


def test_a_resource_that_has_gone_is_put_right_on_a_bill_of_its_own() -> None:
    _two_campuses()
    end_resource(kind="campus", key="south", since=OCTOBER.replace(day=16, hour=12), actor="t", at=LATE)
    bill("2026-11")
    south = Bill.objects.get(month=NOVEMBER, resource__platform_id="south")
    assert [line["tokens"] for line in south.lines] == [-300]


def test_a_month_before_the_first_closed_one_is_billed_as_a_correction() -> None:
    _two_campuses()
    report("campus", "south", members=60, since=datetime(2026, 8, 1, tzinfo=UTC), at=LATE)
    bill("2026-11")
    assert list(ClosedMonth.objects.order_by("month").values_list("month__month", flat=True)) == [
        8,
        9,
        10,
        11,
    ]
    # In August and September south is the first campus, and free; in October it was created first.
    assert _corrections("2026-11") == {"south": -600, "free-one": 10}


def test_a_voided_bill_returns_its_tokens_to_where_they_came_from() -> None:
    _two_campuses()
    south = Bill.objects.get(resource__platform_id="south")
    void_bill(bill_id=south.pk, reason="Never used", actor="t", at=LATE)
    assert balance("lindenhof", "purchased") == 9000
    assert verify_ledger().holds
    bill("2026-11")
    assert _corrections("2026-11") == {}, "it was waived: nothing asks for it again"
    with pytest.raises(InvalidState):
        void_bill(bill_id=south.pk, reason="Again", actor="t", at=LATE)


def test_a_voided_bill_is_made_anew_when_its_month_is_run_again() -> None:
    _two_campuses()
    south = Bill.objects.get(resource__platform_id="south")
    report("campus", "south", members=45, since=OCTOBER, at=LATE)
    void_bill(bill_id=south.pk, reason="Wrong number of members", actor="t", at=LATE)
    run = bill("2026-10", at=LATE)
    assert run.total == 1
    anew = Bill.objects.exclude(state="void").get(resource__platform_id="south")
    assert (anew.tokens_micro, anew.state) == (450_000_000, "settled")
    bill("2026-11")
    assert _corrections("2026-11") == {}, "the new bill knows what was reported late"
    assert bill("2026-10", at=LATE).total == 0
    assert verify_ledger().holds


def test_a_voided_correction_is_worked_out_anew() -> None:
    _two_campuses()
    report("campus", "south", members=75, since=OCTOBER, at=LATE)
    bill("2026-11")
    south = Bill.objects.get(month=NOVEMBER, resource__platform_id="south")
    void_bill(bill_id=south.pk, reason="x", actor="t", at=datetime(2026, 12, 3, tzinfo=UTC))
    bill("2026-11")
    assert _corrections("2026-11") == {"south": 150}
    assert tokens_of("2026-11", "hosting") == 750


def test_free_tokens_of_an_earlier_month_lapse_when_a_void_returns_them() -> None:
    a_user("ada")
    report("course", "poems", stored=11 * GB, since=OCTOBER, owner=("user", "ada"))
    bill("2026-10")
    assert balance("ada", "free", "user") == 160
    paid = Bill.objects.get()
    void_bill(bill_id=paid.pk, reason="x", actor="t", at=datetime(2026, 12, 5, tzinfo=UTC))
    assert balance("ada", "free", "user") == 200
    assert verify_ledger().holds


def test_an_unpaid_bill_can_be_voided_and_the_next_one_is_paid() -> None:
    an_organisation("lindenhof", credit="100")
    report("campus", "free-one", members=1, since=OCTOBER)
    report("campus", "large", members=60, since=OCTOBER)
    report("campus", "small", members=10, since=OCTOBER.replace(hour=1))
    bill("2026-10")
    large = Bill.objects.get(resource__platform_id="large")
    assert Bill.objects.filter(state="open").count() == 2
    void_bill(bill_id=large.pk, reason="x", actor="t", at=LATE)
    assert Bill.objects.get(resource__platform_id="small").state == "settled"


def test_voiding_says_what_is_wrong() -> None:
    _two_campuses()
    with pytest.raises(ValidationError):
        void_bill(bill_id=Bill.objects.values_list("pk", flat=True)[0], reason=" ", actor="t", at=LATE)
    with pytest.raises(NotFound):
        void_bill(bill_id=1, reason="x", actor="t", at=LATE)


def test_the_scenario_run_and_run_again_in_every_order_gives_the_same_books() -> None:
    an_organisation("lindenhof", credit="9000")
    report_the_seeds_scenario(OCTOBER)
    for month in ("2026-11", "2026-10", "2026-11"):
        bill(month, at=datetime(2026, 12, 2, tzinfo=UTC))
    assert Bill.objects.count() == 16
    assert balance("lindenhof", "purchased") == 9000 - 2 * 2125
