"""Inviting by e-mail, one by one and by CSV, and becoming a member by it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.allocations.guest_list import GuestRow, read_guests
from apps.allocations.inviting import (
    Guest,
    accept,
    find_invitation,
    invite,
    known_addresses,
    link_of,
    revoke_invitation,
)
from apps.allocations.joining import open_account
from apps.allocations.models import Invitation
from apps.core.errors import InvalidState, NotFound, ValidationError
from apps.core.units import MICRO, parse_tokens
from apps.events.models import Event
from apps.identity.models import User
from apps.organisations.models import Membership, Organisation
from tests.cast import AT, a_user, an_organisation
from tests.usage.charging import left


def read(text: str, known: dict[str, str] | None = None) -> list[GuestRow]:
    return read_guests(text, known=known or {}, read_amount=parse_tokens)


def problems(text: str, known: dict[str, str] | None = None) -> list[tuple[int, str]]:
    return [(row.line, row.problem) for row in read(text, known) if row.problem]


def test_a_file_is_read_in_any_order_of_columns_and_with_any_separator() -> None:
    wanted = Guest("ada@x.example", "teacher", "Ada, née Byron", 12_500_000)
    for text in (
        "role;email;tokens;name\nteacher;ada@x.example;12.5;Ada, née Byron",
        'ada@x.example,"Ada, née Byron",teacher,12.5',
        "email;name;role;tokens\rada@x.example;Ada, née Byron;teacher;12.5\r",
        "\ufeffE-Mail\tName\tRolle\tTokens\r\nada@x.example\tAda, née Byron\tTeacher\t12.5\r\n",
    ):
        assert [row.guest for row in read(text)] == [wanted]


def test_every_wrong_line_is_named_with_its_reason() -> None:
    text = """email,name,role,tokens
ada@x.example,Ada,member,10

nobody,Bob,member,
cem@x.example,Cem,chief,
dan@x.example,Dan,member,-5
eve@x.example,Eve,member,1e3
ADA@x.example,Ada again,,
,Fay,member,
gus@x.example,Gus,member,1,too many
old@x.example,Old,,
"""
    found = problems(text, {"old@x.example": "is a member already."})
    assert [line for line, _problem in found] == [4, 5, 6, 7, 8, 9, 10, 11]
    said = [problem for _line, problem in found]
    assert said[0] == "“nobody” is no e-mail address."
    assert said[1].startswith("“chief” is no role.")
    assert said[4] == "ADA@x.example is in line 2 already."
    assert said[5] == "The e-mail address is missing."
    assert said[6].startswith("It has 5 columns")
    assert said[7] == "old@x.example is a member already."


def test_a_cell_without_end_is_no_list() -> None:
    with pytest.raises(ValidationError, match="no list"):
        read("ada@x.example," + "x" * 200_000)


def test_an_empty_file_has_nobody() -> None:
    assert read("") == read("\n\n") == read("email,name,role,tokens\n") == []


def ask(school: Organisation, *guests: Guest) -> list[Invitation]:
    return invite(organisation=school, guests=guests, actor="user:mira", at=AT)


def test_a_guest_becomes_a_member_with_the_role_and_the_tokens(school: Organisation) -> None:
    (made,) = ask(school, Guest("Dan@X.example", "teacher", "Dan", 25 * MICRO))
    assert Event.objects.get().kind == "invitation.made"
    found = find_invitation(link_of(made), at=AT)
    user = open_account(invitation=found, name="Dan", password="correct horse", at=AT)
    member = accept(invitation=found, user=user, at=AT)
    assert (member.role, user.email, user.check_password("correct horse")) == (
        "teacher",
        "dan@x.example",
        True,
    )
    assert left(user.platform_id) == {"free": "200", "allocated": "25"}


def test_somebody_with_an_account_joins_by_it(school: Organisation) -> None:
    (made,) = ask(school, Guest("eve@work.example"))
    eve = a_user("eve", email="eve@home.example")
    accept(invitation=made, user=eve, at=AT)
    assert Membership.objects.filter(user=eve, organisation=school, ended_at=None).exists()


def test_an_address_that_has_an_account_does_not_get_a_second_one(school: Organisation) -> None:
    (made,) = ask(school, Guest("eve@home.example"))
    a_user("eve", email="EVE@home.example")
    with pytest.raises(InvalidState):
        open_account(invitation=made, name="Eve", password="correct horse", at=AT)
    assert User.objects.filter(email__iexact="eve@home.example").count() == 1


def test_an_invitation_is_used_once(school: Organisation) -> None:
    (made,) = ask(school, Guest("eve@x.example"))
    accept(invitation=made, user=a_user("eve"), at=AT)
    with pytest.raises(InvalidState):
        accept(invitation=made, user=a_user("fay"), at=AT)


def test_tokens_that_are_not_there_do_not_stand_in_the_way(school: Organisation) -> None:
    (made,) = ask(school, Guest("eve@x.example", tokens=1_000 * MICRO))
    eve = a_user("eve")
    accept(invitation=made, user=eve, at=AT)
    made.refresh_from_db()
    assert "missing" in made.problem
    assert left("eve") == {"free": "200"}


def test_taken_back_expired_and_forged_links_lead_nowhere(school: Organisation) -> None:
    (made,) = ask(school, Guest("eve@x.example"))
    link = link_of(made)
    with pytest.raises(NotFound):
        find_invitation(link, at=AT + timedelta(days=30))
    with pytest.raises(NotFound):
        find_invitation(link[:-2] + "xx", at=AT)
    revoke_invitation(organisation=school, number=made.pk, actor="t", at=AT)
    with pytest.raises(NotFound):
        find_invitation(link, at=AT)
    with pytest.raises(InvalidState):
        revoke_invitation(organisation=school, number=made.pk, actor="t", at=AT)
    with pytest.raises(NotFound):
        revoke_invitation(organisation=an_organisation("other"), number=made.pk, actor="t", at=AT)


def test_all_of_a_list_are_invited_or_nobody(school: Organisation) -> None:
    with pytest.raises(ValidationError):
        ask(school, Guest("eve@x.example"), Guest("nobody"))
    assert not Invitation.objects.exists()
    ask(school, Guest("eve@x.example"))
    with pytest.raises(ValidationError):
        ask(school, Guest("EVE@x.example"))
    assert known_addresses(school, at=AT) == {"eve@x.example": "is invited already."}


def test_an_expired_invitation_makes_way_for_a_new_one(school: Organisation) -> None:
    ask(school, Guest("eve@x.example"))
    later = AT + timedelta(days=31)
    (made,) = invite(organisation=school, guests=[Guest("eve@x.example")], actor="t", at=later)
    assert find_invitation(link_of(made), at=later) == made
