"""Who is told what, in the page and by e-mail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from apps.allocations.alerts import set_member_alert
from apps.allocations.inviting import Guest, invite, revoke_invitation
from apps.allocations.recurring import carry_out, repeat_allocation
from apps.allocations.requests import Answer, LimitName, ask_for_more, decide_request, withdraw_request
from apps.allocations.rules import SubjectRef
from apps.core.units import MICRO
from apps.events.outbox import deliver
from apps.identity.models import User
from apps.notifications.models import Notice
from apps.notifications.wording import sentence, title
from apps.organisations.models import Organisation
from apps.wallets.services import credit_wallet
from tests.cast import AT, a_member, a_user, an_organisation, load_prices, pays
from tests.usage.charging import charge, limit

pytestmark = pytest.mark.django_db
SOON = AT + timedelta(minutes=1)


@pytest.fixture
def school() -> Organisation:
    load_prices()
    school = an_organisation("school", credit="1000")
    for key, role in (("mira", "owner"), ("anna", "admin"), ("bruno", "billing"), ("ada", "teacher")):
        a_user(key, email=f"{key}@school.example")
        a_member(school, key, role=role)
    pays(school, "shared_pool")
    return school


def tell() -> None:
    deliver(seconds=10, clock=lambda: AT + timedelta(seconds=1))


def told() -> dict[str, list[str]]:
    """What each person reads, by their id."""
    found: dict[str, list[str]] = {}
    for notice in Notice.objects.select_related("user").order_by("pk"):
        found.setdefault(notice.user.platform_id, []).append(title(notice.kind, notice.facts))
    return found


def ask(school: Organisation) -> int:
    limit(school, "members", "week", "100")
    asked = ask_for_more(
        organisation=school,
        user=User.objects.get(platform_id="ada"),
        name=LimitName(SubjectRef("member"), "week"),
        tokens=1_650 * MICRO,
        reason="Exams",
        at=AT,
    )
    return asked.pk


def decide(school: Organisation, number: int, answer: Answer, word: str = "") -> None:
    decide_request(
        organisation=school,
        request_id=number,
        answer=answer,
        tokens=None,
        word=word,
        actor="user:mira",
        at=AT,
    )


def test_owners_and_admins_are_told_of_a_request_once(school: Organisation) -> None:
    ask(school)
    tell()
    tell()
    said = ["Ada asks for 1,650 tokens more"]
    assert told() == {"mira": said, "anna": said}
    assert sorted(message.to[0] for message in mail.outbox) == ["anna@school.example", "mira@school.example"]
    assert "/orgs/school/requests/" in mail.outbox[0].body


def test_a_request_that_was_taken_back_meanwhile_is_not_told(school: Organisation) -> None:
    number = ask(school)
    withdraw_request(request_id=number, user=User.objects.get(platform_id="ada"), at=AT)
    tell()
    assert told() == {}


@pytest.mark.parametrize(
    ("answer", "word", "said"),
    [
        ("granted", "Go on", "School granted 1,650 tokens until the period ends"),
        ("raised", "", "School granted 1,650 tokens more for good"),
        ("declined", "Not now", "School declined your request for 1,650 tokens"),
    ],
)
def test_who_asked_is_told_what_was_decided(
    school: Organisation, answer: Answer, word: str, said: str
) -> None:
    number = ask(school)
    tell()
    mail.outbox.clear()
    decide(school, number, answer, word)
    tell()
    assert told()["ada"] == [said]
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["ada@school.example"], said)
    notice = Notice.objects.get(user__platform_id="ada")
    assert word in sentence(notice.kind, notice.facts)


def test_a_low_balance_is_told_to_the_member_and_to_who_decides(school: Organisation) -> None:
    set_member_alert(organisation=school, below=150 * MICRO, actor="t", at=AT)
    charge("ada", "60", organisation=None)
    tell()
    assert told() == {
        "ada": ["Your balance is low: 140 tokens"],
        "mira": ["The balance of Ada is low: 140 tokens"],
        "anna": ["The balance of Ada is low: 140 tokens"],
    }


def test_a_balance_that_rose_again_before_it_was_told_is_not_told(school: Organisation) -> None:
    set_member_alert(organisation=school, below=150 * MICRO, actor="t", at=AT)
    charge("ada", "60", organisation=None)
    credit_wallet(
        owner_type="user", key="ada", tokens=50 * MICRO, kind="promotion", reason="", actor="t", at=AT
    )
    tell()
    assert told() == {}


def test_each_organisation_is_told_at_its_own_threshold_and_once(school: Organisation) -> None:
    other = an_organisation("other")
    a_member(other, "olga", role="owner")
    a_member(other, "ada")
    set_member_alert(organisation=school, below=150 * MICRO, actor="t", at=AT)
    set_member_alert(organisation=other, below=100 * MICRO, actor="t", at=AT)

    def spend_and_tell(tokens: str) -> dict[str, list[str]]:
        Notice.objects.update(read_at=AT)
        charge("ada", tokens, organisation=None)
        tell()
        unread = Notice.objects.filter(read_at=None).values_list("user__platform_id", flat=True)
        return {who: told()[who][-1:] for who in unread}

    assert set(spend_and_tell("60")) == {"ada", "mira", "anna"}
    assert set(spend_and_tell("50")) == {"ada", "olga"}
    assert set(spend_and_tell("10")) == set()
    credit_wallet(
        owner_type="user", key="ada", tokens=30 * MICRO, kind="promotion", reason="", actor="t", at=SOON
    )
    assert set(spend_and_tell("20")) == {"ada", "olga"}


def test_what_repeats_and_was_skipped_is_told_with_the_reason(school: Organisation) -> None:
    made = repeat_allocation(
        organisation=school,
        subject=SubjectRef("role", "teacher"),
        mode="add",
        tokens=5_000 * MICRO,
        every="week",
        day=2,
        note="",
        actor="t",
        at=AT,
    )
    carry_out(made.pk, at=AT + timedelta(days=2))
    deliver(seconds=10, clock=lambda: AT + timedelta(days=3))
    notice = Notice.objects.filter(user__platform_id="mira").get()
    assert "4000 earned or purchased tokens are missing" in sentence(notice.kind, notice.facts)


def test_an_invitation_goes_out_with_its_link_unless_it_was_taken_back(school: Organisation) -> None:
    first, second = invite(
        organisation=school,
        guests=[Guest("dan@x.example"), Guest("eve@x.example")],
        actor="t",
        at=AT,
    )
    revoke_invitation(organisation=school, number=second.pk, actor="t", at=AT)
    tell()
    (message,) = mail.outbox
    assert message.to == ["dan@x.example"]
    assert "/invitations/" in message.body
    assert first.email == "dan@x.example"
