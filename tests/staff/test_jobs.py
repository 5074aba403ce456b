"""Jobs on the staff's pages: schedule, progress, starting, failures and their retry; bills, grants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from pytest_django import Settings

from apps.core.clock import stopped_at
from apps.core.units import MICRO
from apps.hosting.models import Bill
from apps.hosting.running import start_billing
from apps.identity.granting import grant_of
from apps.identity.models import AuditRecord, User
from apps.jobs.models import Chunk, Ring, Run
from apps.jobs.working import carry_out
from apps.support.models import Proposal
from apps.wallets.resetting import start_reset
from tests.cast import a_user, an_organisation
from tests.hosting.world import balance, bill, load_hosting_prices, report
from tests.staff.conftest import of_role
from tests.staff.desk import Desk

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def world(db: None, settings: Settings) -> None:
    """An organisation with two campuses, not billed yet; no second factor needed."""
    settings.STAFF_SECOND_FACTOR = False
    load_hosting_prices()
    an_organisation("lindenhof", credit="1000", at=OCTOBER)
    report("campus", "free-one", members=1, since=OCTOBER, at=OCTOBER)
    report("campus", "south", members=60, since=OCTOBER, at=OCTOBER)


def _page(client: Client, address: str = "/admin/jobs/", at: datetime = NOW) -> str:
    with stopped_at(at):
        answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_schedule_says_when_each_task_last_rang_and_whether_it_is_late() -> None:
    client = of_role("support")
    assert "has not run yet" in _page(client)
    Ring.objects.create(
        task="hosting.bill_months", started_at=NOW - timedelta(seconds=20), result="nothing due"
    )
    page = _page(client)
    assert "last 2 Nov, 11:59:40 UTC" in page
    assert "nothing due" in page
    assert "It missed its time" not in page
    assert "It missed its time" in _page(client, at=NOW + timedelta(hours=1))


def test_a_late_task_and_a_failed_run_need_attention() -> None:
    Ring.objects.create(
        task="hosting.bill_months", started_at=NOW - timedelta(hours=1), error="ValueError: x"
    )
    Run.objects.create(
        job="bills", subject="2026-10", actor="clock", state="failed", under_way=None, asked_at=NOW
    )
    page = _page(of_role("operations"), "/admin/")
    assert "1 run has failures" in page
    assert "1 scheduled task is late" in page


def test_operations_start_a_run_and_see_its_progress() -> None:
    client = of_role("operations")
    with stopped_at(NOW):
        answer = client.post("/admin/jobs/start/", {"job": "bills", "month": "2026-10", "owner": ""})
    run = Run.objects.get()
    assert answer["Location"] == f"/admin/jobs/runs/{run.pk}/"
    assert (run.actor, run.total) == ("user:operations", 1)
    page = _page(client, f"/admin/jobs/runs/{run.pk}/")
    assert 'hx-trigger="every 1s"' in page
    carry_out(run, clock=lambda: NOW)
    page = _page(client, f"/admin/jobs/runs/{run.pk}/")
    assert "hx-trigger" not in page
    assert Bill.objects.count() == 2


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"job": "bills", "month": "2026-11"}, "has not ended yet"),
        ({"job": "bills", "month": "October"}, "Write a month such as 2026-10."),
        (
            {"job": "bills", "month": "2026-10", "owner": "organisation:nobody"},
            "There is no organisation nobody",
        ),
        ({"job": "bills", "month": "2026-10", "owner": "nobody"}, "Write an owner such as"),
        ({"job": "free_tokens", "month": "2027-05"}, "has not begun anywhere"),
        ({"job": "dance", "month": "2026-10"}, "dance"),
    ],
)
def test_what_cannot_be_run_says_why(values: dict[str, str], words: str) -> None:
    with stopped_at(NOW):
        answer = of_role("operations").post("/admin/jobs/start/", values)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Run.objects.exists()


def test_what_failed_is_tried_again() -> None:
    run = start_reset(cycle="2026-11", actor="clock", at=NOW)
    run.chunks.update(state=Chunk.State.FAILED, error="The disk was full.")
    carry_out(run, clock=lambda: NOW)
    client = of_role("operations")
    assert "The disk was full." in _page(client, f"/admin/jobs/runs/{run.pk}/")
    with stopped_at(NOW):
        client.post(f"/admin/jobs/runs/{run.pk}/retry/")
    run.refresh_from_db()
    assert carry_out(run, clock=lambda: NOW).state == "done"


def _act(client: Client, address: str, **values: str) -> None:
    with stopped_at(NOW):
        Desk(client).confirm(address, reason="As agreed", **values)


def test_finance_voids_a_bill_and_support_proposes_it() -> None:
    bill("2026-10", at=NOW)
    south = Bill.objects.get(resource__platform_id="south")
    assert balance("lindenhof", "purchased") == 400
    _act(of_role("support"), f"/admin/support/proposal/bill/{south.pk}/void/")
    assert Proposal.objects.get().state == "open"
    assert Bill.objects.get(pk=south.pk).state == "settled"
    _act(of_role("finance"), f"/admin/support/proposal/bill/{south.pk}/void/")
    south.refresh_from_db()
    assert (south.state, south.void_reason) == ("void", "As agreed")
    assert balance("lindenhof", "purchased") == 1000
    assert AuditRecord.objects.filter(action="bill.void").count() == 1
    assert "Made void" in _page(of_role("operations"), f"/admin/hosting/bill/{south.pk}/change/")


def test_a_voided_bill_can_be_run_again_by_operations() -> None:
    bill("2026-10", at=NOW)
    south = Bill.objects.get(resource__platform_id="south")
    _act(of_role("finance"), f"/admin/support/proposal/bill/{south.pk}/void/")
    run = start_billing(month="2026-10", owner="organisation:lindenhof", actor="user:ops", at=NOW)
    carry_out(run, clock=lambda: NOW)
    assert Bill.objects.filter(resource__platform_id="south", state="settled").count() == 1


def test_a_grant_changes_from_the_next_cycle_once_another_approves() -> None:
    a_user("ada", at=OCTOBER)
    superuser = of_role("finance")
    _act(superuser, "/admin/support/proposal/grant/learner/", tokens="300")
    assert Proposal.objects.get().state == "open", "finance proposes prices, another person approves"
    assert grant_of("learner", NOW) == 200 * MICRO
    proposal = Proposal.objects.get()
    with stopped_at(NOW):
        assert Desk(_another_of_finance()).approve(proposal) == 302
    assert grant_of("learner", NOW) == 300 * MICRO
    assert balance("ada", "free", "user") == 200
    december = datetime(2026, 12, 1, tzinfo=UTC)
    carry_out(start_reset(cycle="2026-12", actor="t", at=december), clock=lambda: december)
    assert balance("ada", "free", "user") == 300


def _another_of_finance() -> Client:
    user = User.objects.create_user("fiona", email="fiona@scrip.example", is_staff=True)
    user.groups.add(Group.objects.get(name="finance"))
    client = Client()
    client.force_login(user)
    return client


def test_a_new_account_type_is_there_for_the_platform() -> None:
    _act(_superuser(), "/admin/support/proposal/account-type/", code="alumni", name="Alumni", tokens="50")
    assert grant_of("alumni", NOW) == 50 * MICRO
    a_user("ada", account_type="alumni", at=NOW + timedelta(days=1))
    assert balance("ada", "free", "user") == 50
    assert "Alumni" in _page(of_role("support"), "/admin/identity/accounttype/")


def _superuser() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss", email="boss@scrip.example"))
    return client


def test_a_bill_is_found_by_its_number_and_explains_itself_to_staff() -> None:
    bill("2026-10", at=NOW)
    south = Bill.objects.get(resource__platform_id="south")
    client = of_role("support")
    with stopped_at(NOW):
        assert (
            client.get(f"/admin/search/?q=B-{south.pk}")["Location"]
            == f"/admin/hosting/bill/{south.pk}/change/"
        )
    page = _page(client, f"/admin/hosting/bill/{south.pk}/change/")
    assert "60 members on average" in page
    assert f"T-{south.transfer_id}" in page
    assert f"B-{south.pk}" in _page(client, f"/admin/ledger/transfer/{south.transfer_id}/change/")
    assert "south" in _page(client, f"/admin/hosting/resource/{south.resource_id}/change/")
    assert f"B-{south.pk}" in _page(client, "/admin/hosting/bill/?q=lindenhof")
