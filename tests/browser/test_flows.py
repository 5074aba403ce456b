"""What people come for, from beginning to end: with the keyboard alone, and on a phone without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from apps.allocations.models import AllocationRun, FundingRule, LimitRequest
from apps.allocations.recurring import repeat_allocation
from apps.allocations.rules import SubjectRef
from apps.core.units import MICRO
from apps.hosting.models import Bill
from apps.identity.models import ApiKey
from apps.jobs.models import Run
from apps.jobs.working import carry_out
from apps.organisations.models import Organisation
from apps.pricing.services import load_shipped_catalogue
from apps.support.models import Case, Proposal
from apps.wallets.models import Wallet
from tests.browser.hands import Finger, Hand, Keyboard
from tests.hosting.world import GB, bill, report
from tests.portal.world import BEFORE, NOW, PASSWORD
from tests.support.staff import a_clerk

SCENARIO = {
    "Campuses": "2",
    "Members per campus": "75",
    "Courses": "6",
    "Members per course": "30",
    "Hosted files": "120",
    "Members in all": "150",
    "Budget per member": "5.00",
}


@pytest.fixture(params=["keyboard alone", "phone without scripts"])
def hand(request: pytest.FixtureRequest, page: Page, browser: Browser) -> Iterator[Hand]:
    if request.param == "keyboard alone":
        yield Keyboard(page)
        return
    phone = ViewportSize(width=390, height=844)
    with browser.new_context(java_script_enabled=False, has_touch=True, viewport=phone) as context:
        yield Finger(context.new_page())


@pytest.fixture
def staff(campus: Organisation, settings: Settings) -> None:
    """Fay and Finn of finance, Sam of support, Otto of operations."""
    settings.STAFF_SECOND_FACTOR = False
    for key, role in (("fay", "finance"), ("finn", "finance"), ("sam", "support"), ("otto", "operations")):
        clerk = a_clerk(key, role)
        clerk.set_password(PASSWORD)
        clerk.save()


def _log_in(hand: Hand, server: LiveServer, mail: str, then: str = "/wallet/") -> None:
    hand.page.context.clear_cookies()
    hand.page.goto(f"{server.url}/accounts/login/?next={quote(then)}")
    hand.write(hand.page.locator("input[name=login]"), mail)
    hand.write(hand.page.locator("input[name=password]"), PASSWORD)
    hand.send(hand.page.locator("input[name=password]"))
    expect(hand.page).to_have_url(f"{server.url}{then}")


def _link(hand: Hand, name: str | re.Pattern[str]) -> Locator:
    return hand.page.get_by_role("link", name=name)


def _button(hand: Hand, name: str | re.Pattern[str]) -> Locator:
    return hand.page.get_by_role("button", name=name)


def _fits(hand: Hand) -> None:
    """No page of a flow is wider than the window."""
    assert hand.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), hand.page.url


def _find(hand: Hand, what: str) -> None:
    box = hand.page.get_by_role("searchbox", name="Find anything")
    hand.write(box, what)
    hand.send(box)


def _report_the_exam(hand: Hand, text: str) -> None:
    """From the list of transactions over the charge to the report, and see it there."""
    hand.press(_link(hand, "Exam preparation, two people").first)
    expect(hand.page.get_by_role("heading", name="Who paid")).to_be_visible()
    if _link(hand, "Open C-").count():
        hand.press(_link(hand, "Open C-"))
    expect(hand.page.get_by_role("heading", name="What happened")).to_be_visible()
    _fits(hand)
    hand.press(_link(hand, "Report a problem").first)
    hand.tick(hand.page.get_by_label("It cost too much"))
    hand.write(hand.page.get_by_label("What happened, and what you expected"), text)
    _fits(hand)
    hand.press(_button(hand, "Send the report"))
    expect(hand.page.get_by_text(text)).to_be_visible()
    _fits(hand)


def test_somebody_finds_a_charge_and_reports_it(
    live_server: LiveServer, hand: Hand, campus: Organisation
) -> None:
    _log_in(hand, live_server, "jonas@lindenhof.example")
    hand.press(_link(hand, "All transactions"))
    hand.write(hand.page.get_by_label("Find", exact=True), "exam")
    hand.send(hand.page.get_by_label("Find", exact=True))
    expect(hand.page).to_have_url(re.compile("q=exam"))
    _fits(hand)
    _report_the_exam(hand, "We were two, not four.")
    assert Case.objects.get().charge_id is not None


def test_somebody_sets_a_budget_and_an_alert(
    live_server: LiveServer, hand: Hand, campus: Organisation
) -> None:
    _log_in(hand, live_server, "jonas@lindenhof.example")
    hand.press(_link(hand, "Budget and alert"))
    hand.write(hand.page.get_by_label("Tokens a month"), "400")
    hand.press(_button(hand, "See the effect").first)
    hand.press(_button(hand, "Set the budget to 400"))
    expect(hand.page.get_by_text("Your personal budget is 400 tokens a month.")).to_be_visible()
    hand.write(hand.page.get_by_label("Tell me below"), "150")
    hand.press(_button(hand, "See the effect").last)
    hand.press(_button(hand, "Tell below 150"))
    expect(hand.page.get_by_text("The wallet page tells when less than 150 are left.")).to_be_visible()
    _fits(hand)


def test_somebody_works_out_what_an_organisation_costs(
    live_server: LiveServer, hand: Hand, campus: Organisation
) -> None:
    load_shipped_catalogue(at=BEFORE, actor="tests", only_models={"claude-sonnet-4-6"})
    hand.page.goto(f"{live_server.url}/calculator/")
    for label, value in SCENARIO.items():
        hand.write(hand.page.get_by_label(label, exact=True), value)
    hand.send(hand.page.get_by_label("Budget per member", exact=True))
    answer = hand.page.locator("main")
    for figure in ("771.25", "9,255.00", "77,125", "75,000", "1,650", "475", "About 26 conversations"):
        expect(answer).to_contain_text(figure)
    _fits(hand)


def test_somebody_keeps_a_calculation_of_an_operation(
    live_server: LiveServer, hand: Hand, campus: Organisation
) -> None:
    _log_in(
        hand, live_server, "jonas@lindenhof.example", "/calculator/operations/?book=studio&operation=image"
    )
    hand.write(hand.page.get_by_label("Image", exact=True), "3")
    hand.send(hand.page.get_by_label("Image", exact=True))
    expect(hand.page.locator("#answer")).to_contain_text("51")
    hand.write(hand.page.get_by_label("Name for this calculation"), "Three images")
    hand.press(_button(hand, "Save preset"))
    expect(_link(hand, "Three images")).to_be_visible()
    _fits(hand)


def test_staff_find_somebody_adjust_and_another_person_approves(
    live_server: LiveServer, hand: Hand, campus: Organisation, staff: None
) -> None:
    wallet = Wallet.objects.get(user__platform_id="bruno")
    _log_in(hand, live_server, "fay@scrip.example", "/admin/")
    _find(hand, "bruno@lindenhof.example")
    expect(_link(hand, "Adjust")).to_be_visible()
    _fits(hand)
    hand.press(_link(hand, "Adjust"))
    hand.write(hand.page.get_by_label("How many tokens"), "1,200")
    hand.write(hand.page.get_by_label("Reason"), "Paid twice")
    hand.press(_button(hand, "Show the effect"))
    expect(_button(hand, "Propose it")).to_be_visible()
    _fits(hand)
    hand.press(_button(hand, "Propose it"))
    expect(hand.page.get_by_text("Another person decides.")).to_be_visible()
    expect(_button(hand, "Approve and do it")).to_have_count(0)
    _log_in(hand, live_server, "finn@scrip.example", "/admin/")
    hand.press(hand.page.locator("main").get_by_role("link", name=re.compile("approv", re.IGNORECASE)).first)
    hand.press(_button(hand, "Approve and do it"))
    expect(hand.page.get_by_role("heading", name=re.compile("Done"))).to_be_visible()
    _fits(hand)
    proposal = Proposal.objects.get(wallet=wallet)
    assert (proposal.state, proposal.decided_by and proposal.decided_by.platform_id) == ("executed", "finn")


def test_staff_answer_a_case_with_a_refund(
    live_server: LiveServer, hand: Hand, campus: Organisation, staff: None
) -> None:
    _log_in(hand, live_server, "jonas@lindenhof.example", "/wallet/transactions/?month=all&q=exam")
    _report_the_exam(hand, "Too dear.")
    case = Case.objects.get()
    _log_in(hand, live_server, "sam@scrip.example", "/admin/")
    _find(hand, case.number)
    hand.press(_button(hand, "Take it"))
    hand.write(hand.page.get_by_label("Tokens to refund"), "2")
    hand.write(hand.page.get_by_label("Reason"), "Half the people")
    hand.press(_button(hand, "Show the refund"))
    expect(_button(hand, "Confirm")).to_be_visible()
    _fits(hand)
    hand.press(_button(hand, "Confirm"))
    expect(hand.page.get_by_role("heading", name="Done and proposed here")).to_be_visible()
    hand.write(hand.page.get_by_label(re.compile("^What .* reads$")), "You have two tokens back.")
    _fits(hand)
    hand.press(_button(hand, "Answer and solve"))
    expect(hand.page.locator("main")).to_contain_text("You have two tokens back.")
    case.refresh_from_db()
    assert case.state == "solved"


def test_staff_publish_a_price_after_seeing_last_month(
    live_server: LiveServer, hand: Hand, campus: Organisation, staff: None
) -> None:
    _log_in(hand, live_server, "fay@scrip.example", "/admin/pricing/pricebook/")
    hand.press(_link(hand, "Studio").first)
    hand.press(hand.page.locator("main").get_by_role("link", name=re.compile("stable-diffusion")).first)
    hand.press(_link(hand, "Change this price"))
    field = hand.page.locator("main input[inputmode=decimal]").first
    hand.write(field, "0.5")
    hand.write(hand.page.get_by_label("Reason"), "The provider is dearer")
    hand.press(_button(hand, "Show the effect"))
    expect(_button(hand, "Propose it")).to_be_visible()
    _fits(hand)
    hand.press(_button(hand, "Propose it"))
    expect(hand.page.get_by_text("Another person decides.")).to_be_visible()
    _fits(hand)


def test_operations_make_a_key_and_revoke_it(
    live_server: LiveServer, hand: Hand, campus: Organisation, staff: None
) -> None:
    _log_in(hand, live_server, "otto@scrip.example", "/admin/identity/apiclient/")
    hand.press(hand.page.locator("main").get_by_role("link", name=re.compile("client", re.IGNORECASE)).first)
    hand.write(hand.page.get_by_label("Name"), "Course platform")
    hand.write(hand.page.get_by_label("Reason"), "Goes live in spring")
    hand.press(hand.page.locator("main button.primary"))
    hand.tick(hand.page.locator("main input[value=charges]"))
    hand.write(hand.page.get_by_label("Reason"), "Goes live in spring")
    hand.press(hand.page.locator("main button.primary"))
    expect(hand.page.get_by_label("Key", exact=True)).to_have_value(re.compile("^.{30,}$"))
    _fits(hand)
    hand.press(_link(hand, "I have copied it"))
    hand.press(_link(hand, re.compile("^Revoke")))
    hand.write(hand.page.get_by_label("Reason"), "Sent by mail by mistake")
    _fits(hand)
    hand.press(hand.page.locator("main button.primary"))
    expect(hand.page.locator("main")).to_contain_text("Course platform")
    assert ApiKey.objects.get().revoked_at is not None


def test_a_payer_learns_what_is_blocked_reads_the_bill_and_the_statement(
    live_server: LiveServer, hand: Hand, campus: Organisation
) -> None:
    since = BEFORE.replace(day=1, hour=0)
    for key, stored in (("first", 0), ("archive", 9_000_000)):
        report(
            "campus",
            key,
            members=20,
            stored=stored * GB,
            since=since,
            at=NOW,
            owner=("organisation", "lindenhof"),
        )
    bill("2026-10", at=NOW - timedelta(days=9))
    _log_in(hand, live_server, "mira@lindenhof.example", "/orgs/lindenhof/")
    expect(hand.page.locator("main")).to_contain_text("Uploads are blocked.")
    hand.press(_link(hand, "See the bills"))
    expect(hand.page.locator("main")).to_contain_text(re.compile(r"Add [0-9.,]+ tokens to lift this"))
    _fits(hand)
    hand.press(_link(hand, "archive").first)
    expect(hand.page.locator("main")).to_contain_text("members on average")
    expect(hand.page.locator("main")).to_contain_text("Overdue")
    _fits(hand)
    hand.page.goto(f"{live_server.url}/orgs/lindenhof/")
    hand.press(_link(hand, "Monthly statements"))
    expect(hand.page.locator("main")).to_contain_text("Balance at the end")
    hand.press(_link(hand, "November 2026"))
    expect(hand.page.locator("main")).to_contain_text("The month is still under way.")
    _fits(hand)


def test_operations_run_a_month_and_finance_voids_one_of_its_bills(
    live_server: LiveServer, hand: Hand, campus: Organisation, staff: None
) -> None:
    since = BEFORE.replace(day=1, hour=0)
    for key in ("first", "second"):
        report("campus", key, members=2, since=since, at=NOW, owner=("organisation", "lindenhof"))
    _log_in(hand, live_server, "otto@scrip.example", "/admin/jobs/")
    hand.write(hand.page.locator("input[name=month]"), "2026-10")
    hand.press(_button(hand, "Start the run"))
    expect(hand.page.locator("main")).to_contain_text("Running")
    _fits(hand)
    carry_out(Run.objects.get(), clock=lambda: NOW)
    hand.page.reload()
    expect(hand.page.locator("main")).to_contain_text("Done")
    second = Bill.objects.get(resource__platform_id="second")
    _log_in(hand, live_server, "fay@scrip.example", f"/admin/hosting/bill/{second.pk}/change/")
    hand.press(_link(hand, "Void the bill"))
    hand.write(hand.page.get_by_label("Reason"), "Opened by mistake")
    hand.press(_button(hand, "Show the effect"))
    expect(_button(hand, "Confirm")).to_be_visible()
    _fits(hand)
    hand.press(_button(hand, "Confirm"))
    expect(hand.page.locator("main")).to_contain_text("Void B-")
    second.refresh_from_db()
    assert second.state == "void"


def test_an_admin_allocates_to_a_role_and_takes_back(
    live_server: LiveServer, hand: Hand, campus: Organisation
) -> None:
    _log_in(hand, live_server, "mira@lindenhof.example", "/orgs/lindenhof/allocations/")
    hand.press(_link(hand, "Allocate").first)
    hand.tick(hand.page.get_by_label("A role", exact=True))
    hand.pick(hand.page.get_by_label("Role", exact=True), "Teacher")
    hand.write(hand.page.get_by_label("Tokens", exact=True), "5")
    hand.press(_button(hand, "See the effect"))
    expect(hand.page.get_by_role("heading", name="1 of 1 members receive tokens")).to_be_visible()
    _fits(hand)
    hand.press(_button(hand, "Allocate 5 tokens"))
    expect(hand.page.get_by_text("5 tokens went to 1 member.")).to_be_visible()
    _fits(hand)
    hand.press(_link(hand, "Reclaim").first)
    hand.press(_button(hand, "See the effect"))
    expect(_button(hand, re.compile("^Reclaim .* tokens"))).to_be_visible()
    _fits(hand)
    hand.press(_button(hand, re.compile("^Reclaim .* tokens")))
    expect(hand.page.get_by_text("tokens are back from 1 member.")).to_be_visible()
    assert [run.direction for run in AllocationRun.objects.order_by("-number")[:2]] == ["reclaim", "allocate"]


def test_an_owner_changes_a_role_bars_a_member_and_ends_what_repeats(
    live_server: LiveServer, hand: Hand, campus: Organisation
) -> None:
    repeat_allocation(
        organisation=campus,
        subject=SubjectRef("role", "teacher"),
        mode="add",
        tokens=5 * MICRO,
        every="month",
        day=1,
        note="",
        actor="tests",
        at=NOW,
    )
    _log_in(hand, live_server, "mira@lindenhof.example", "/orgs/lindenhof/members/jonas/")
    hand.pick(hand.page.get_by_label("Role", exact=True), "Teacher")
    hand.press(_button(hand, "Change the role"))
    expect(hand.page.get_by_text("Repeating allocations with Jonas Vermeulen")).to_be_visible()
    _fits(hand)
    hand.press(_button(hand, "Change the role"))
    expect(hand.page.get_by_text("Jonas Vermeulen has the role Teacher now.")).to_be_visible()
    hand.press(_button(hand, "Bar from allocations"))
    expect(hand.page.get_by_role("heading", name="What stops")).to_be_visible()
    _fits(hand)
    hand.press(_button(hand, "Bar from allocations"))
    expect(hand.page.get_by_text("Jonas Vermeulen can no longer receive allocations.")).to_be_visible()
    _log_in(hand, live_server, "mira@lindenhof.example", "/orgs/lindenhof/allocations/")
    hand.press(_link(hand, re.compile("^End")))
    expect(hand.page.get_by_text("Given so far")).to_be_visible()
    _fits(hand)
    hand.press(_link(hand, "Cancel"))
    hand.press(_link(hand, re.compile("^End")))
    hand.press(_button(hand, "End it"))
    expect(hand.page.get_by_text("It no longer repeats.")).to_be_visible()


def test_a_member_asks_for_more_and_an_owner_says_no(
    live_server: LiveServer, hand: Hand, campus: Organisation
) -> None:
    _log_in(hand, live_server, "jonas@lindenhof.example", "/budget/")
    hand.press(_link(hand, "Ask for more").first)
    hand.write(hand.page.get_by_label("How many more tokens"), "40")
    hand.write(hand.page.get_by_label("What for"), "Exams")
    _fits(hand)
    hand.press(_button(hand, "Ask for more"))
    expect(hand.page.get_by_text("Request sent.")).to_be_visible()
    _log_in(hand, live_server, "mira@lindenhof.example", "/orgs/lindenhof/requests/")
    hand.press(_button(hand, "Decline"))
    expect(hand.page.get_by_text("Say why: the person reads it.")).to_be_visible()
    hand.write(hand.page.get_by_label("A note to the person"), "Not before the exams")
    _fits(hand)
    hand.press(_button(hand, "Decline"))
    expect(hand.page.get_by_text("Declined. Jonas Vermeulen is told why.")).to_be_visible()
    assert LimitRequest.objects.get().answer == "Not before the exams"


def test_an_owner_sets_a_limit_and_says_who_pays(
    live_server: LiveServer, hand: Hand, campus: Organisation
) -> None:
    _log_in(hand, live_server, "mira@lindenhof.example", "/orgs/lindenhof/limits/")
    hand.press(_link(hand, "Set a limit").first)
    hand.tick(hand.page.get_by_label("Some members", exact=True))
    hand.write(hand.page.get_by_label("Members, one on each line"), "lotte")
    hand.tick(hand.page.get_by_label("per week", exact=True))
    hand.write(hand.page.get_by_label("Tokens", exact=True), "250")
    hand.press(_button(hand, "See the effect"))
    expect(_button(hand, "Set the limit")).to_be_visible()
    _fits(hand)
    hand.press(_button(hand, "Set the limit"))
    expect(hand.page.get_by_text("Lotte Maes: 250 per week.")).to_be_visible()
    hand.page.goto(f"{live_server.url}/orgs/lindenhof/coverage/")
    hand.tick(hand.page.get_by_label("The organisation pays all", exact=True))
    hand.press(_button(hand, "See the effect"))
    expect(_button(hand, "Apply this")).to_be_visible()
    _fits(hand)
    hand.press(_button(hand, "Apply this"))
    expect(hand.page.get_by_role("status").get_by_text("pays all that a member spends")).to_be_visible()
    assert FundingRule.objects.get(subject_type="organisation").mode == "shared_pool"
