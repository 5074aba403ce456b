"""What pages list is there as a file too, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client

from apps.allocations.models import AllocationRun
from apps.allocations.requests import LimitName, ask_for_more, decide_request
from apps.allocations.rules import SubjectRef
from apps.core.periods import Period
from apps.core.units import MICRO
from apps.organisations.models import Organisation
from apps.usage.models import UsageStatement
from apps.wallets.models import Wallet
from tests.portal.world import BEFORE, NOW, person

HOME = "/orgs/lindenhof"


@pytest.fixture
def owner(campus: Organisation, client: Client) -> Client:
    client.force_login(person("mira"))
    return client


def rows(owner: Client, page: str, file: str) -> list[dict[str, str]]:
    """The lines of a file that a page links."""
    assert f'href="{HOME}/{file}"' in owner.get(f"{HOME}/{page}").content.decode()
    answer: Any = owner.get(f"{HOME}/{file}")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_requests_open_and_decided(owner: Client, campus: Organisation) -> None:
    limits: tuple[tuple[Period, int], ...] = (("day", 5), ("month", 7))
    for period, tokens in limits:
        last = ask_for_more(
            organisation=campus,
            user=person("jonas"),
            name=LimitName(SubjectRef("member"), period),
            tokens=tokens * MICRO,
            reason="=Exams",
            at=NOW,
        )
    told: Any = {"answer": "granted", "tokens": None, "word": "Well", "actor": "user:mira", "at": NOW}
    decide_request(organisation=campus, request_id=last.pk, **told)
    found = rows(owner, "requests/", "requests.csv")
    assert [(row["Id"], row["Asked for"], row["Granted"]) for row in found] == [
        ("jonas", "7", "7"),
        ("jonas", "5", ""),
    ]
    assert (found[0]["Reason"], found[0]["Who decided"], found[1]["Decided"]) == (
        "'=Exams",
        "Mira Okafor",
        "",
    )


def test_who_pays(owner: Client) -> None:
    found = rows(owner, "coverage/", "coverage.csv")
    assert [(row["Applies to"], row["Id"], row["Who pays"], row["Percent covered"]) for row in found] == [
        ("organisation", "", "member_wallets", "60"),
        ("role", "teacher", "shared_pool", "0"),
    ]


def test_everybody_in_an_allocation(owner: Client) -> None:
    number = AllocationRun.objects.get().number
    (row,) = rows(owner, f"allocations/A-{number}/", f"allocations/A-{number}.csv")
    assert (row["Id"], row["Tokens"], row["Reclaimed"]) == ("jonas", "1602.5", "0")
    assert float(row["Spent"]) + float(row["Left"]) == 1602.5


def test_usage_statements(owner: Client) -> None:
    UsageStatement.objects.create(
        wallet=Wallet.objects.get(owner_key="lindenhof"),
        month=BEFORE.date().replace(day=1),
        lines=[],
        tokens_micro=1_250_500_000,
        money_minor=1_251,
        currency="EUR",
        issued_at=NOW,
    )
    (row,) = rows(owner, "usage-statements/", "usage-statements.csv")
    assert (row["Month"], row["Tokens"], row["Worth"], row["Paid"]) == ("2026-10", "1250.5", "12.51", "")
