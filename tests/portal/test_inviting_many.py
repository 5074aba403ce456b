"""Inviting a list of people: lines that are wrong are left out when somebody says so, never silently."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.allocations.models import Invitation
from apps.organisations.models import Organisation
from tests.portal.world import person

PAGE = "/orgs/lindenhof/members/invitations/"
LIST = "new@lindenhof.example,New,member,5\nnobody,Wrong,member,\n"


@pytest.fixture
def owner(campus: Organisation, client: Client) -> Client:
    client.force_login(person("mira"))
    return client


def test_wrong_lines_are_not_forgotten(owner: Client) -> None:
    form: dict[str, Any] = {"do": "invite", "people": LIST}
    answer = owner.post(PAGE, form)
    assert answer.status_code == 422
    assert "Correct the wrong lines" in answer.content.decode()
    assert not Invitation.objects.exists()
    assert owner.post(PAGE, form | {"leave_out": "on"}).status_code == 302
    assert [one.email for one in Invitation.objects.all()] == ["new@lindenhof.example"]


@pytest.mark.parametrize("do", ["read", "invite"])
def test_what_came_as_a_file_need_not_be_chosen_again(owner: Client, do: str) -> None:
    file = SimpleUploadedFile("list.csv", LIST.encode())
    answer = owner.post(PAGE, {"do": do, "people": "", "file": file})
    assert "nobody,Wrong,member," in answer.content.decode()
    assert answer.context["many"]["leave_out"].data is False
