"""What acts at once says first what it changes: roles, bars, and the end of what repeats."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.allocations.bars import bars_of, set_bar
from apps.allocations.models import RecurringAllocation
from apps.allocations.recurring import carry_out, repeat_allocation
from apps.allocations.rules import LimitChange, SubjectRef, set_limits
from apps.core.units import MICRO
from apps.organisations.models import Membership, Organisation
from apps.organisations.services import set_member
from tests.portal.world import BEFORE, NOW, add_person, person

HOME = "/orgs/lindenhof"
JONAS = f"{HOME}/members/jonas/change/"


@pytest.fixture
def owner(campus: Organisation, client: Client) -> Client:
    client.force_login(person("mira"))
    return client


def _text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def _role(key: str = "jonas") -> str:
    return Membership.objects.get(user=person(key), ended_at=None).role


def _repeat(campus: Organisation, subject: str = "role member") -> RecurringAllocation:
    kind, _, key = subject.partition(" ")
    return repeat_allocation(
        organisation=campus,
        subject=SubjectRef(kind, key),
        mode="add",
        tokens=5 * MICRO,
        every="month",
        day=1,
        note="",
        actor="tests",
        at=BEFORE,
    )


def test_a_role_is_changed_once_its_effect_was_confirmed(owner: Client) -> None:
    page = _text(owner.get(f"{JONAS}?do=role&role=teacher"))
    assert "Change the role of Jonas Vermeulen" in page
    assert _role() == "member"
    form = {"do": "role", "role": "teacher", "was": "member", "form_key": str(uuid4())}
    answer = owner.post(JONAS, form, follow=True)
    assert "Jonas Vermeulen has the role Teacher now." in _text(answer)
    assert _role() == "teacher"


def test_a_role_says_which_limits_and_coverage_hold_instead(owner: Client) -> None:
    page = _text(owner.get(f"{JONAS}?do=role&role=teacher"))
    assert "Limit per week" in page
    assert "no limit" in page
    assert '<p class="hint">role Teacher</p>' in page
    assert "Member wallets, 60 % covered" in page
    assert "Shared pool: the organisation pays all" in page
    assert "Limit per day" not in page, "his own stays"
    assert "Limit per month" not in page, "the default for all stays"


def test_a_role_says_what_it_lets_people_do_and_no_longer_do(owner: Client) -> None:
    more = _text(owner.get(f"{JONAS}?do=role&role=admin"))
    assert "Jonas Vermeulen may from now on" in more
    assert "Allocate and reclaim tokens" in more
    less = _text(owner.get(f"{HOME}/members/bruno/change/?do=role&role=member"))
    assert "Bruno Keller may no longer" in less
    assert "balance, transactions and bills" in less
    same = _text(owner.get(f"{JONAS}?do=role&role=teacher"))
    assert "What Jonas Vermeulen may see and do stays the same." in same


def test_a_new_owner_is_more_than_a_role(owner: Client) -> None:
    assert "An owner may also change or remove you." in _text(owner.get(f"{JONAS}?do=role&role=owner"))


def test_a_role_says_what_repeats_with_and_without_the_member(campus: Organisation, owner: Client) -> None:
    _repeat(campus, "role member")
    _repeat(campus, "role teacher")
    page = _text(owner.get(f"{JONAS}?do=role&role=teacher"))
    without, with_them = page.split("Repeating allocations with Jonas Vermeulen from now on")
    assert "Members of the role Member get 5 each" in without
    assert "Members of the role Teacher get 5 each" in with_them


def test_the_bar_of_a_role_is_said_and_the_end_of_it(campus: Organisation, owner: Client) -> None:
    subject = SubjectRef("role", "teacher")
    set_bar(organisation=campus, subject=subject, barred=True, actor="tests", at=NOW)
    _repeat(campus, "role teacher")
    page = _text(owner.get(f"{JONAS}?do=role&role=teacher"))
    assert "barred" in page
    assert "Repeating allocations with" not in page


def test_what_somebody_changed_meanwhile_is_looked_at_again(campus: Organisation, owner: Client) -> None:
    set_member(organisation=campus, user=person("jonas"), role="teacher", actor="tests", at=NOW)
    form = {"do": "role", "role": "admin", "was": "member", "form_key": str(uuid4())}
    answer = owner.post(JONAS, form)
    assert answer.status_code == 422
    assert "Somebody has changed this in the meantime" in _text(answer)
    assert _role() == "teacher"


def test_a_form_sent_twice_changes_a_role_once(campus: Organisation, owner: Client) -> None:
    form = {"do": "role", "role": "admin", "form_key": str(uuid4())}
    owner.post(JONAS, form)
    set_member(organisation=campus, user=person("jonas"), role="member", actor="tests", at=NOW)
    owner.post(JONAS, form)
    assert _role() == "member"


def test_who_gives_up_a_role_is_told_and_led_to_their_wallet(campus: Organisation, client: Client) -> None:
    client.force_login(add_person("ada", "Ada Bloom", "teacher", campus, "admin"))
    place = f"{HOME}/members/ada/change/"
    assert "This is you" in _text(client.get(f"{place}?do=role&role=member"))
    form = {"do": "role", "role": "member", "form_key": str(uuid4())}
    assert client.post(place, form)["Location"] == "/wallet/"


@pytest.mark.parametrize("query", ["", "?do=role", "?do=role&role=chief", "?do=nothing", "?do=remove"])
def test_what_is_no_change_is_not_found(owner: Client, query: str) -> None:
    assert owner.get(f"{JONAS}{query}").status_code == 404


def test_the_role_somebody_has_needs_no_button(owner: Client) -> None:
    page = _text(owner.get(f"{JONAS}?do=role&role=member"))
    assert "has that role already" in page
    assert "Change the role</button>" not in page


def test_a_bar_says_what_stays_and_what_stops(campus: Organisation, owner: Client) -> None:
    _repeat(campus, "members")
    page = _text(owner.get(f"{JONAS}?do=bar"))
    assert "allocated tokens: they can still be spent, and you can reclaim them." in page
    assert "nothing reaches this person" in page
    assert "All members get 5 each, every month, on day 1; next on 1 Nov 2026" in page
    assert not bars_of(campus)
    owner.post(JONAS, {"do": "bar", "form_key": str(uuid4())})
    assert bars_of(campus) == {("member", "jonas"): True}


def test_a_bar_is_lifted_and_left_to_the_role_the_same_way(campus: Organisation, owner: Client) -> None:
    subject = SubjectRef("member", "jonas")
    set_bar(organisation=campus, subject=subject, barred=True, actor="tests", at=NOW)
    assert "can go to this person again" in _text(owner.get(f"{JONAS}?do=allow"))
    owner.post(JONAS, {"do": "allow", "form_key": str(uuid4())})
    assert "Nothing changes for now" in _text(owner.get(f"{JONAS}?do=by-role"))
    owner.post(JONAS, {"do": "by-role", "form_key": str(uuid4())})
    assert not bars_of(campus)


def test_the_end_of_what_repeats_says_what_it_gave(campus: Organisation, owner: Client) -> None:
    made = _repeat(campus)
    assert "nothing yet" in _text(owner.get(f"{HOME}/allocations/repeating/{made.pk}/end/"))
    assert carry_out(made.pk, at=NOW)
    page = _text(owner.get(f"{HOME}/allocations/repeating/{made.pk}/end/"))
    assert "5 tokens, 1 time" in page
    assert "1 Dec 2026" in page
    made.refresh_from_db()
    assert made.ended_at is None
    owner.post(f"{HOME}/allocations/repeating/{made.pk}/end/", {"form_key": str(uuid4())})
    made.refresh_from_db()
    assert made.ended_at is not None
    again = owner.get(f"{HOME}/allocations/repeating/{made.pk}/end/", follow=True)
    assert "It has ended already." in _text(again)


def test_what_repeats_elsewhere_is_not_found(owner: Client) -> None:
    assert owner.get(f"{HOME}/allocations/repeating/99/end/").status_code == 404


def test_roles_are_barred_once_their_effect_was_confirmed(campus: Organisation, owner: Client) -> None:
    place, allowed = f"{HOME}/allocations/roles/", ["owner", "admin", "billing", "member"]
    page = _text(owner.get(place, {"role": allowed}))
    assert "1 member" in page
    assert "nothing reaches members of a barred role" in page
    assert not bars_of(campus)
    owner.post(place, {"role": allowed, "form_key": str(uuid4())})
    assert bars_of(campus) == {("role", "teacher"): True}
    assert "that is already so" in _text(owner.get(place, {"role": allowed}, follow=True))


def test_a_limit_of_their_own_is_not_among_what_a_role_changes(campus: Organisation, owner: Client) -> None:
    own = LimitChange(SubjectRef("member", "jonas"), "week", 50 * MICRO)
    set_limits(organisation=campus, changes=[own], actor="tests", at=NOW)
    assert "Limit per week" not in _text(owner.get(f"{JONAS}?do=role&role=teacher"))


def test_a_limit_that_is_reached_at_once_says_so(campus: Organisation, owner: Client) -> None:
    low = LimitChange(SubjectRef("role", "teacher"), "month", 1 * MICRO)
    set_limits(organisation=campus, changes=[low], actor="tests", at=NOW)
    assert "role Teacher; reached at once" in _text(owner.get(f"{JONAS}?do=role&role=teacher"))
