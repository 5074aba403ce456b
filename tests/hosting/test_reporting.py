"""What is reported is kept with its time: late, twice, ended, come back, shared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apps.core.errors import NotFound, ValidationError
from apps.hosting.models import Report
from apps.hosting.reporting import end_resource, latest_shares
from tests.cast import AT, an_organisation
from tests.hosting.world import LINDENHOF, bill, report, tokens_of

START = datetime(2026, 10, 1, tzinfo=UTC)


def _day(number: int) -> datetime:
    return START + timedelta(days=number - 1)


@pytest.fixture(autouse=True)
def lindenhof(prices: None) -> None:
    an_organisation("lindenhof", credit="9000", at=START)
    an_organisation("harbour", credit="9000", at=START)
    report("campus", "free-one", members=0, since=START - timedelta(days=1))


def test_a_quantity_holds_until_the_next_report() -> None:
    report("campus", "south", members=31, since=START)
    report("campus", "south", members=62, since=_day(16))
    report("campus", "south", members=0, since=_day(26))
    bill("2026-10")
    assert tokens_of("2026-10", "hosting") == 10 * (15 + 2 * 10)


def test_reports_may_come_in_any_order() -> None:
    report("campus", "south", members=0, since=_day(26))
    report("campus", "south", members=31, since=START)
    resource = report("campus", "south", members=62, since=_day(16))
    assert (resource.members, resource.created_at) == (0, START)
    bill("2026-10")
    assert tokens_of("2026-10", "hosting") == 10 * (15 + 2 * 10)


def test_of_two_reports_of_one_instant_the_last_counts() -> None:
    report("campus", "south", members=31, since=START)
    report("campus", "south", members=62, since=START)
    bill("2026-10")
    assert tokens_of("2026-10", "hosting") == 620


def test_the_same_report_again_is_kept_once() -> None:
    for _ in range(3):
        report("campus", "south", members=31, since=START)
    report("campus", "south", members=31, since=_day(9), name="South")
    assert Report.objects.filter(resource__platform_id="south").count() == 1


def test_an_end_holds_whatever_was_reported_for_later() -> None:
    report("campus", "south", members=31, since=START)
    report("campus", "south", members=62, since=_day(16))
    end_resource(kind="campus", key="south", since=_day(11), actor="t", at=AT)
    bill("2026-10")
    assert tokens_of("2026-10", "hosting") == 100


def test_what_ended_can_come_back() -> None:
    report("campus", "south", members=31, since=START)
    end_resource(kind="campus", key="south", since=_day(11), actor="t", at=AT)
    resource = report("campus", "south", members=31, since=_day(22))
    assert resource.ended_at is None
    bill("2026-10")
    assert tokens_of("2026-10", "hosting") == 200


def test_shares_may_change_within_the_month() -> None:
    harbour = ("organisation", "harbour")
    report("campus", "harbours-free-one", members=0, since=START, owner=harbour)
    report("campus", "south", members=62, since=_day(2))
    report("campus", "south", members=62, since=_day(17), shares=[(LINDENHOF, 1), (harbour, 2)])
    bill("2026-10")
    assert tokens_of("2026-10", "hosting", payer__owner_key="lindenhof") == 10 * 2 * 15 + 100
    assert tokens_of("2026-10", "hosting", payer__owner_key="harbour") == 200


def test_another_owner_pays_from_the_day_it_is_theirs() -> None:
    harbour = ("organisation", "harbour")
    report("campus", "south", members=31, since=START)
    resource = report("campus", "south", members=31, since=_day(11), owner=harbour)
    assert latest_shares(resource) == []
    bill("2026-10")
    assert tokens_of("2026-10", "hosting", payer__owner_key="lindenhof") == 100


def test_what_cannot_be_reported_says_why_and_changes_nothing() -> None:
    for since in (AT + timedelta(microseconds=1), AT - timedelta(days=800)):
        with pytest.raises(ValidationError):
            report("campus", "south", members=1, since=since)
    with pytest.raises(NotFound):
        report("campus", "south", members=1, owner=("user", "nobody"))
    with pytest.raises(NotFound):
        report("campus", "south", members=1, shares=[(("organisation", "nobody"), 1)])
    with pytest.raises(NotFound):
        end_resource(kind="campus", key="south", since=None, actor="t", at=AT)
    assert not Report.objects.filter(resource__platform_id="south").exists()
    report("campus", "south", members=1, since=START)
    with pytest.raises(ValidationError):
        end_resource(kind="campus", key="south", since=START - timedelta(days=1), actor="t", at=AT)
