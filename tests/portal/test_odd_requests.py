"""Days, pages, amounts and files as no form of ours sends them: every page has an answer to them."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.allocations.models import AllocationRun, Invitation
from apps.organisations.models import Organisation
from tests.portal.world import person

HOME = "/orgs/lindenhof"


@pytest.fixture
def owner(campus: Organisation, client: Client) -> Client:
    client.force_login(person("mira"))
    return client


@pytest.mark.parametrize("days", ["to=9999-12-31", "from=9999-12-31", "from=0001-01-01&to=0001-01-01"])
@pytest.mark.parametrize(
    "page",
    [
        f"{HOME}/plan/",
        f"{HOME}/generations.csv",
        "/budget/generations/",
        "/budget/generations.csv",
        "/wallet/transactions/",
        "/wallet/usage/",
        f"{HOME}/usage.csv",
    ],
)
def test_a_day_at_the_end_of_time_is_answered(owner: Client, page: str, days: str) -> None:
    assert owner.get(f"{page}?{days}").status_code == 200


@pytest.mark.parametrize("number", ["9" * 23, "9" * 5000, "0", "-1", "x"])
@pytest.mark.parametrize("page", ["requests/", "allocations/", "members/", "bills/"])
def test_a_page_that_no_list_has_is_answered(owner: Client, page: str, number: str) -> None:
    assert owner.get(f"{HOME}/{page}?page={number}").status_code == 200


@pytest.mark.parametrize("step", ["preview", "confirm"])
def test_nothing_is_not_moved(owner: Client, step: str) -> None:
    runs = AllocationRun.objects.count()
    form = {"giver": "jonas", "taker": "lotte", "tokens": "0", "form_key": uuid4(), "step": step}
    answer = owner.post(f"{HOME}/allocations/move/", form)
    assert answer.status_code == 422
    assert "More than 0" in answer.content.decode()
    assert AllocationRun.objects.count() == runs


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04\x14\x00\x06\r\r\xff\xfe", "This is not a text file: save it as CSV."),
        (b"ada@x.example," + b"x" * 200_000, "This is no list: one cell has more than 131072 characters."),
        (b"", "The submitted file is empty."),
    ],
)
def test_a_file_that_is_no_list_is_refused(owner: Client, content: bytes, said: str) -> None:
    form = {"do": "invite", "people": "", "file": SimpleUploadedFile("list.xlsx", content)}
    answer = owner.post(f"{HOME}/members/invitations/", form)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Invitation.objects.exists()


def test_lines_of_an_old_spreadsheet_are_read(owner: Client) -> None:
    file = SimpleUploadedFile("list.csv", b"email;name\rada@x.example;Ada\rbob@x.example;Bob\r")
    owner.post(f"{HOME}/members/invitations/", {"do": "invite", "people": "", "file": file})
    assert Invitation.objects.count() == 2
