"""One box: what is meant opens at once, what is not clear is listed, what may not be seen is not there."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from apps.core import sql
from apps.identity.models import User
from apps.ledger.models import Transfer
from apps.usage.state import ChargeState
from apps.wallets.models import Wallet

HOSTILE = (
    "9" * 30,
    "T-" + "9" * 18,
    "１２",
    "a\x00b",
    "1' OR '1'='1",
    "%",
    "_",
    "\\",
    "é" * 500,
    "T-",
    "",
)


def wallet_of(key: str) -> str:
    return reverse("admin:wallets_wallet_change", args=[Wallet.objects.get(owner_key=key).pk])


def test_what_is_read_out_opens_at_once(staff: Client, charges: Mapping[str, ChargeState]) -> None:
    User.objects.filter(platform_id="ada").update(email="Ada@Lovelace.example")
    number = charges["captured"].id
    transfer = Transfer.objects.get(charge_id=number).pk
    charge_page = reverse("admin:usage_charge_change", args=[number])
    transfer_page = reverse("admin:ledger_transfer_change", args=[transfer])
    expected = {
        f"C-{number}": charge_page,
        f"ch_{number}": charge_page,
        f" {number} ": charge_page,
        f"T-{transfer}": transfer_page,
        f"t-{transfer}": transfer_page,
        "ada@lovelace.example": wallet_of("ada"),
        "ada": wallet_of("ada"),
        "school": wallet_of("school"),
        "platform": reverse("admin:identity_apiclient_change", args=[1]),
    }
    for typed, page in expected.items():
        answer = staff.get(reverse("staff_search"), {"q": typed})
        if typed == "platform":
            assert answer.status_code == 302
        else:
            assert answer.headers.get("Location") == page, typed


def test_the_beginning_of_a_name_lists_everybody_it_fits(staff: Client) -> None:
    User.objects.filter(platform_id__in=("ada", "ben")).update(name="Émile_Zola")
    page = staff.get(reverse("staff_search"), {"q": "Émile_"}).content.decode()
    assert wallet_of("ada") in page
    assert wallet_of("ben") in page
    assert "Nothing found" in staff.get(reverse("staff_search"), {"q": "ÉmileX"}).content.decode()


@pytest.mark.parametrize("typed", HOSTILE)
def test_hostile_words_find_nothing_and_break_nothing(typed: str, staff: Client) -> None:
    answer = staff.get(reverse("staff_search"), {"q": typed})
    assert answer.status_code == 200
    assert not answer.context["found"].hits


def test_words_are_shown_as_they_are_and_not_as_markup(staff: Client) -> None:
    page = staff.get(reverse("staff_search"), {"q": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert" not in page


def test_support_does_not_find_api_clients(support: Client, operations: Client) -> None:
    assert support.get(reverse("staff_search"), {"q": "platform"}).status_code == 200
    assert operations.get(reverse("staff_search"), {"q": "platform"}).status_code == 302


def test_a_search_takes_few_queries(
    staff: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for typed in ("12", "ada@lovelace.example", "b"):
        with django_assert_max_num_queries(14):
            staff.get(reverse("staff_search"), {"q": typed})


def test_names_and_addresses_are_found_by_an_index(db: None) -> None:
    """Not by reading every row: with many rows the planner must take the index."""
    if sql.is_postgresql():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        plans = {
            column: sql.fetch(f"EXPLAIN SELECT id FROM identity_user WHERE LOWER({column}) LIKE 'ada%%'")
            for column in ("name", "email")
        }
    else:
        plans = {
            column: sql.fetch(
                f"EXPLAIN QUERY PLAN SELECT id FROM identity_user WHERE {column} COLLATE NOCASE >= 'ada' "
                f"AND {column} COLLATE NOCASE < 'adb'"
            )
            for column in ("name", "email")
        }
    for column, plan in plans.items():
        assert f"identity_user_{column}_words" in str(plan)
