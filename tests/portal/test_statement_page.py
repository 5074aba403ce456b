"""The monthly statement equals the ledger: on the page, as CSV and as PDF."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db.models import Sum
from django.test import Client

from apps.core.units import MICRO, format_tokens
from apps.organisations.models import Organisation
from apps.portal.holdings import load_shell
from apps.portal.statement_page.pdf import drawable
from apps.portal.statement_page.statement import MonthStatement, load_statement, months_of
from apps.wallets.models import Movement, Wallet
from tests.hosting.world import bill, report
from tests.portal.world import NOW, person

OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)
TURN = datetime(2026, 10, 31, 23, tzinfo=UTC)
"""When November begins in the zone of these wallets."""


def _statement(key: str, month: date, at: datetime = NOW, slug: str = "") -> MonthStatement:
    shell = load_shell(person(key), at, slug)
    assert shell.here is not None
    wallet = shell.desk.wallets[shell.here.wallet_id]
    return load_statement(wallet.id, wallet.calendar, month, shell.desk, at)


def _moved(key: str, **conditions: object) -> int:
    rows = Movement.objects.filter(wallet__owner_key=key, **conditions)
    return int(rows.aggregate(total=Sum("amount"))["total"] or 0)


@pytest.mark.parametrize(("key", "slug"), [("jonas", ""), ("mira", "lindenhof")])
def test_it_equals_the_ledger(campus: Organisation, key: str, slug: str) -> None:
    owner = slug or key
    october, november = (_statement(key, month, slug=slug) for month in (OCTOBER, NOVEMBER))
    assert october.opening == 0
    assert october.closing == november.opening == _moved(owner, at__lt=TURN)
    assert november.closing == _moved(owner)
    assert november.total_in == _moved(owner, at__gte=TURN, amount__gt=0)
    assert november.total_out == -_moved(owner, at__gte=TURN, amount__lt=0)
    assert october.is_whole
    assert not november.is_whole


def test_what_is_not_yet_written_is_in_it(campus: Organisation) -> None:
    at = NOW + timedelta(days=12)
    december = _statement("jonas", DECEMBER, at)
    wallet = load_shell(person("jonas"), at).here_wallet
    assert wallet is not None
    assert december.closing == wallet.balance
    assert {line.label for line in december.came_in} == {"Free tokens granted"}


def test_bills_and_categories_are_lines_of_their_own(campus: Organisation) -> None:
    report(
        "course", "poems", stored=11 * 10**9, since=TURN - timedelta(days=31), at=NOW, owner=("user", "jonas")
    )
    bill("2026-10", at=NOW)
    lines = {line.label: line for line in _statement("jonas", NOVEMBER).went_out}
    assert lines["Hosting and storage"].amount == 40 * MICRO
    assert lines["Real-time sessions"].count == 2


def test_there_is_one_for_each_month_since_the_wallet_was_opened(campus: Organisation) -> None:
    wallet = Wallet.objects.get(owner_key="jonas")
    calendar = load_shell(person("jonas"), NOW).desk.wallets[wallet.pk].calendar
    assert months_of(calendar, wallet.created_at, NOW) == [NOVEMBER, OCTOBER]


def test_the_page_the_csv_and_the_pdf_say_the_same(campus: Organisation, client: Client) -> None:
    client.force_login(person("jonas"))
    assert (
        client.get("/wallet/statements/", follow=True).request["PATH_INFO"] == "/wallet/statements/2026-10/"
    )
    found = _statement("jonas", OCTOBER)
    text = client.get("/wallet/statements/2026-10.csv").content.decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0] == {"part": "opening", "what": "", "movements": "", "tokens": format_tokens(found.opening)}
    assert rows[-1]["tokens"] == format_tokens(found.closing)
    assert len(rows) == 2 + len(found.came_in) + len(found.went_out)
    pdf = client.get("/wallet/statements/2026-10.pdf")
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-1.")
    assert b"Statement of October 2026" in pdf.content, "its title"
    page = client.get("/wallet/statements/2026-10/").content.decode()
    assert all(line.label in page for line in (*found.came_in, *found.went_out))


@pytest.mark.parametrize("month", ["2026-09", "2026-12", "2026-1", "october", "2026-13"])
def test_other_months_do_not_exist(campus: Organisation, client: Client, month: str) -> None:
    client.force_login(person("jonas"))
    for ending in ("/", ".csv", ".pdf"):
        assert client.get(f"/wallet/statements/{month}{ending}").status_code == 404


def test_letters_that_the_font_lacks_become_plain_ones() -> None:
    assert drawable("Agnieszka Zielińska, Yıldız, Müller") == "Agnieszka Zielinska, Yıldız, Müller"
    assert drawable("−12 €") in ("−12 €", "-12 €")
