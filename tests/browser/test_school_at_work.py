"""A school of a thousand people without a spreadsheet: every flow in at most twelve steps, counted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import pytest
from django.test import Client
from playwright.sync_api import FilePayload, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from apps.allocations.inviting import Guest, accept, invite, link_of
from apps.allocations.models import (
    Allocation,
    AllocationRun,
    Invitation,
    LimitRequest,
    SpendingLimit,
    SpendingTotal,
)
from apps.allocations.rules import SubjectRef, set_funding
from apps.core.errors import LimitReached
from apps.core.units import MICRO
from apps.identity.models import User
from apps.organisations.models import Membership, Organisation
from apps.plans.services import PlanTerms, assign_plan, define_plan
from apps.usage.denials import as_asked, record_denials
from apps.wallets.models import Wallet
from apps.wallets.services import credit_wallet, sync_user
from tests.counting import counted_queries
from tests.portal.world import BEFORE, NOW, PASSWORD, person, spend
from tests.usage.charging import limit

Pressed = Literal["button", "link"]
MOST_STEPS = 12
LATER = NOW + timedelta(seconds=1)
MOST_QUERIES = 15
PEOPLE = 1_000
BROKEN = {
    10: "nobody",
    60: "@lindenhof.example",
    110: "p110@lindenhof.example,,chief",
    160: "p160@lindenhof.example,,member,-5",
    210: "p210@lindenhof.example,,member,many",
    260: "p3@lindenhof.example",
    310: ",Nameless,member",
    360: "p360@lindenhof.example,,member,1,2,3",
    410: "jonas@lindenhof.example",
    460: "p460 lindenhof.example",
}


@dataclass(slots=True)
class Steps:
    """What somebody does on the way to a goal, counted."""

    page: Page
    taken: int = 0

    def press(self, name: str | re.Pattern[str], role: Pressed = "button") -> None:
        self._step(self.page.get_by_role(role, name=name).first).click()

    def choose(self, name: str) -> None:
        self._step(self.page.locator("label.choice", has_text=name).first).click()

    def tick(self, label: str) -> None:
        self._step(self.page.get_by_label(label, exact=True)).check()

    def write(self, label: str, text: str) -> None:
        self._step(self.page.get_by_label(label, exact=True)).fill(text)

    def pick(self, label: str, choice: str) -> None:
        self._step(self.page.get_by_label(label, exact=True)).select_option(label=choice)

    def file(self, label: str, name: str, text: str) -> None:
        upload = FilePayload(name=name, mimeType="text/csv", buffer=text.encode())
        self._step(self.page.get_by_label(label, exact=True)).set_input_files(upload)

    def _step(self, control: Locator) -> Locator:
        self.taken += 1
        assert self.taken <= MOST_STEPS, f"more than {MOST_STEPS} steps"
        return control


def _log_in(page: Page, server: LiveServer, mail: str, then: str) -> Steps:
    page.context.clear_cookies()
    page.goto(f"{server.url}/accounts/login/?next={then}")
    page.fill("input[name=login]", mail)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    expect(page).to_have_url(f"{server.url}{then}")
    return Steps(page)


def _list() -> str:
    """A thousand lines below a head; two of each kind of broken ones."""
    lines = [f"p{n}@lindenhof.example,Person {n},member," for n in range(PEOPLE)]
    for place, line in BROKEN.items():
        lines[place] = lines[place + 500] = line
    return "email,name,role,tokens\n" + "\n".join(lines)


def _accept_all(campus: Organisation) -> None:
    """Everybody who was invited joins, by the service that the link leads to."""
    for invitation in Invitation.objects.filter(organisation=campus).select_related("organisation"):
        key = invitation.email.partition("@")[0]
        fields = {"name": invitation.name, "email": invitation.email}
        user = sync_user(key=key, fields=fields, at=NOW).wallet.user
        assert user is not None
        accept(invitation=invitation, user=user, at=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_thousand_people_are_invited_given_tokens_and_limited(
    live_server: LiveServer, page: Page, campus: Organisation
) -> None:
    credit_wallet(
        owner_type="organisation",
        key="lindenhof",
        tokens=100_000 * MICRO,
        kind="migration",
        reason="",
        actor="t",
        at=NOW,
    )
    _invite(page, live_server, campus)
    _accept_all(campus)
    assert Membership.objects.filter(organisation=campus, ended_at=None).count() == 984
    _allocate(page, live_server)
    _limit(page, live_server)
    _count_queries()


def _invite(page: Page, server: LiveServer, campus: Organisation) -> None:
    steps = _log_in(page, server, "mira@lindenhof.example", "/orgs/lindenhof/members/")
    steps.press(re.compile("^Invite"), "link")
    steps.file("Or a CSV file", "school.csv", _list())
    steps.press("Check the list")
    expect(page.get_by_text("980 people can be invited")).to_be_visible()
    wrong = page.get_by_role("table").first.get_by_role("row")
    assert wrong.count() == 21  # the head, and twenty lines
    assert not Invitation.objects.exists()
    said = page.get_by_role("table").first.inner_text()
    for line, reason in (
        (12, "“nobody” is no e-mail address."),
        (112, "“chief” is no role."),
        (262, "p3@lindenhof.example is in line 5 already."),
        (312, "The e-mail address is missing."),
        (362, "It has 6 columns"),
        (412, "jonas@lindenhof.example is a member already."),
    ):
        assert re.search(rf"^{line}\t.*{re.escape(reason)}", said, re.MULTILINE), (line, reason)
    steps.tick("Leave the wrong lines out")
    steps.press("Invite 980 people")
    expect(page.get_by_text("980 people are invited.")).to_be_visible()
    assert Invitation.objects.filter(organisation=campus).count() == 980


def _allocate(page: Page, server: LiveServer) -> None:
    steps = _log_in(page, server, "mira@lindenhof.example", "/orgs/lindenhof/allocations/")
    steps.press("Allocate", "link")
    steps.write("Tokens", "50")
    steps.press("See the effect")
    expect(page.get_by_role("heading", name="984 of 984 members receive tokens")).to_be_visible()
    steps.press("Allocate 49,200 tokens")
    expect(page.get_by_text("49,200 tokens went to 984 members.")).to_be_visible()
    run = AllocationRun.objects.latest("number")
    assert (run.members, run.tokens_micro) == (984, 49_200 * MICRO)
    assert Allocation.objects.filter(number=run.number).count() == 984


def _limit(page: Page, server: LiveServer) -> None:
    """A limit for a role, and three that override it."""
    steps = _log_in(page, server, "mira@lindenhof.example", "/orgs/lindenhof/limits/")
    steps.press("Set a limit", "link")
    steps.choose("A role")
    steps.pick("Role", "Member")
    steps.choose("per week")
    steps.write("Tokens", "300")
    steps.press("See the effect")
    steps.press("Set the limit")
    expect(page.get_by_text("Member: 300 per week.")).to_be_visible()
    steps = _log_in(page, server, "mira@lindenhof.example", "/orgs/lindenhof/limits/")
    steps.press("Set a limit", "link")
    steps.choose("Some members")
    steps.write("Members, one on each line", "p1@lindenhof.example\nPerson 2\np5")
    steps.choose("per week")
    steps.write("Tokens", "900")
    steps.press("See the effect")
    steps.press("Set the limit")
    expect(page.get_by_text("The limits of 3 members are set.")).to_be_visible()
    own = SpendingLimit.objects.filter(subject_type="member", period="week", tokens_micro=900 * MICRO)
    assert sorted(own.values_list("subject_key", flat=True)) == ["p1", "p2", "p5"]


def _count_queries() -> None:
    """No page asks more of the database for a thousand members than for ten."""
    client = Client()
    client.force_login(person("mira"))
    base = "/orgs/lindenhof/"
    run = AllocationRun.objects.latest("number").number
    for address in ("members/", "allocations/", f"allocations/A-{run}/", "limits/", "members/p1/", ""):
        with counted_queries() as queries:
            assert client.get(base + address).status_code == 200
        assert queries[0] <= MOST_QUERIES, address
    for body in ({"to": "all", "how": "each", "tokens": "1"}, {"to": "all", "how": "top_up", "tokens": "60"}):
        form = {**body, "form_key": "7b1c6cf7-5d0e-4f31-8df2-3f6f0f6c0b6e", "step": "preview"}
        with counted_queries() as queries:
            assert client.post(f"{base}allocations/new/", form).status_code == 200
        assert queries[0] <= MOST_QUERIES


@pytest.fixture
def school(campus: Organisation) -> Organisation:
    """The campus with a plan; it pays all for teachers."""
    terms = PlanTerms("Team", 4900, "month", 500)
    define_plan(code="team", price_book="campus", terms=terms, actor="t", at=BEFORE)
    assign_plan(organisation=campus, code="team", actor="t", at=BEFORE)
    role = SubjectRef("role", "teacher")
    set_funding(organisation=campus, subject=role, mode="shared_pool", micro_percent=0, actor="t", at=NOW)
    return campus


@pytest.mark.django_db(transaction=True)
def test_a_teacher_sees_the_budget_is_stopped_asks_in_two_clicks_and_goes_on(
    live_server: LiveServer, page: Page, school: Organisation
) -> None:
    limit(school, "organisation", "month", None, at=NOW)
    limit(school, "role teacher", "month", None, at=NOW)
    limit(school, "members", "month", None, at=NOW)
    cap = _spent_this_week("lotte") + 20
    limit(school, "member lotte", "week", str(cap), at=NOW)
    steps = _log_in(page, live_server, "lotte@lindenhof.example", "/budget/")
    rail = page.locator(".rail .rail-foot")
    expect(rail).to_contain_text(re.compile(r"20\S* left"))
    expect(rail).to_contain_text(f"of {cap:,} per week")
    expect(rail).to_contain_text("Resets 23 Nov")
    _spend_all()
    page.reload()
    expect(page.get_by_text("Budget exceeded.")).to_be_visible()
    expect(page.locator(".status").first).to_contain_text("Near")
    steps.press("Ask for more")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Budget exceeded")
    expect(dialog).to_contain_text("Resets in 2 days")
    steps.write("How many more tokens", "40")
    steps.write("What for", "Two exam groups")
    dialog.get_by_role("button", name="Ask for more").click()
    expect(page.get_by_text("Request sent.")).to_be_visible()
    decide = _log_in(page, live_server, "mira@lindenhof.example", "/orgs/lindenhof/requests/")
    decide.press("Grant until it resets")
    expect(page.get_by_text("is told, and can go on.")).to_be_visible()
    assert LimitRequest.objects.get().state == "granted"
    spend("lotte", "search", 1, NOW)
    _log_in(page, live_server, "lotte@lindenhof.example", "/budget/")
    expect(rail).to_contain_text(f"of {cap + 40:,} per week")


def _spent_this_week(key: str) -> int:
    """Whole tokens, rounded up."""
    days = SpendingTotal.objects.filter(subject_type="member", subject_key=key, day__gte=date(2026, 11, 16))
    return -(-sum(days.values_list("spent_micro", flat=True)) // MICRO)


def _spend_all() -> None:
    """Use until the week's limit says no."""
    for _use in range(200):
        try:
            made = spend("lotte", "search", 50, NOW)
        except LimitReached as refused:
            record_denials([(as_asked(made), refused)], client_name="t", at=LATER)
            return
    raise AssertionError("nothing stopped it")


@pytest.mark.django_db(transaction=True)
def test_a_guest_follows_the_link_makes_an_account_and_is_a_member(
    live_server: LiveServer, page: Page, campus: Organisation
) -> None:
    (made,) = invite(
        organisation=campus,
        guests=[Guest("nia@lindenhof.example", "teacher", "Nia", 25 * MICRO)],
        actor="user:mira",
        at=NOW,
    )
    page.goto(f"{live_server.url}/invitations/{link_of(made)}/")
    steps = Steps(page)
    steps.write("Your name", "Nia Ferri")
    steps.write("A password", "a-rather-long-one")
    steps.press("Make an account and join")
    expect(page.get_by_text("You are a member of Campus Lindenhof now.")).to_be_visible()
    nia = User.objects.get(email="nia@lindenhof.example")
    assert Membership.objects.get(user=nia).role == "teacher"
    assert Wallet.objects.get(user=nia).price_book_id == "campus"
