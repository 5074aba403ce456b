"""Hosting and storage rates: from the price books' files into dated rows that never change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from apps.core.errors import InvalidState, NoPrice
from apps.pricing.file_tables import PriceFileError
from apps.pricing.hosting import GIGABYTE, HostingRates, KindRate
from apps.pricing.models import HostingRateVersion
from apps.pricing.price_book_file import parse_price_book, shipped_path
from apps.pricing.selectors import find_hosting_rates
from apps.pricing.services import LoadReport, load_price_book
from tests.pricing.conftest import AT

CAMPUS = shipped_path("campus").read_text(encoding="utf-8")
DEARER = CAMPUS.replace("tokens_per_gb = 3.99", "tokens_per_gb = 5")


def load(text: str, hours: int = 1) -> LoadReport:
    book = parse_price_book(text, "book.toml")
    return load_price_book(book=book, at=AT + timedelta(hours=hours), actor="tests")


def rates(hours: int = 0) -> HostingRates:
    return find_hosting_rates(price_book="campus", at=AT + timedelta(hours=hours))


@pytest.mark.parametrize("code", ["campus", "school", "studio"])
def test_the_shipped_rates_are_those_of_the_contract(catalogue: None, code: str) -> None:
    found = find_hosting_rates(price_book=code, at=AT)
    assert found.kind("campus") == KindRate(10_000_000, 1)
    assert found.kind("course") == KindRate(10_000_000, 3)
    assert found.kind("session") == found.kind("task") == KindRate(0, 0)
    assert found.micro_per_gigabyte == 3_990_000
    assert found.free_bytes == {"organisation": GIGABYTE, "user": GIGABYTE}
    assert found.grace_days == 7


def test_an_unchanged_file_changes_nothing(catalogue: None) -> None:
    assert load(CAMPUS).is_empty
    assert HostingRateVersion.objects.filter(price_book="campus").count() == 1


def test_a_changed_rate_holds_from_the_load_on(catalogue: None) -> None:
    report = load(DEARER)
    assert (report.hosting, report.published) == (True, ())
    assert (rates(0).micro_per_gigabyte, rates(1).micro_per_gigabyte) == (3_990_000, 5_000_000)
    assert rates(1).version_id != rates(0).version_id


def test_rates_are_never_changed_backwards(catalogue: None) -> None:
    load(DEARER, hours=2)
    with pytest.raises(InvalidState, match="new rates must begin after"):
        load(CAMPUS, hours=1)


def test_a_file_without_hosting_says_that_it_costs_nothing(catalogue: None) -> None:
    start, end = CAMPUS.index("[hosting]"), CAMPUS.index("[categories]")
    load(CAMPUS[:start] + CAMPUS[end:])
    assert rates(1).is_free
    assert not rates(0).is_free


def test_an_unknown_book_or_an_earlier_time_has_no_rates(catalogue: None) -> None:
    with pytest.raises(NoPrice):
        find_hosting_rates(price_book="nowhere", at=AT)
    with pytest.raises(NoPrice):
        rates(hours=-24 * 365 * 10)


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ("campus = { tokens_per_member = -1 }", "hosting.campus"),
        ("campus = { tokens_per_member = 0.0000001 }", "more than 6 decimals"),
        ("campus = { free = 1.5 }", "hosting.campus.free"),
        ("castle = { tokens_per_member = 1 }", "must be one of: campus"),
        ("campus = { tokens = 1 }", "unknown key"),
    ],
)
def test_a_wrong_rate_is_named(wrong: str, place: str) -> None:
    text = CAMPUS.replace("campus = { tokens_per_member = 10, free = 1 }", wrong)
    with pytest.raises(PriceFileError, match=place):
        parse_price_book(text, "book.toml")


def test_published_rates_can_neither_be_changed_nor_deleted(catalogue: None) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        HostingRateVersion.objects.update(spec={})
    with pytest.raises(DatabaseError), transaction.atomic():
        HostingRateVersion.objects.all().delete()
