"""Bills as their payer reads them: what is owed, what is blocked, the month so far, one bill explained."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from apps.core.clock import stopped_at
from apps.core.units import MICRO
from apps.hosting.models import Bill
from apps.organisations.models import Organisation
from apps.portal.bills_page.page import BillsPage, load_bills_page
from apps.portal.holdings import load_shell
from apps.wallets.models import Wallet
from tests.hosting.world import GB, bill, report, report_the_seeds_scenario
from tests.portal.world import NOW, person

CAMPUS = ("organisation", "lindenhof")
OCTOBER = datetime(2026, 9, 30, 22, tzinfo=UTC)
"""As it began in the campus's zone."""


def _page(key: str = "mira", at: datetime = NOW, **asked: str) -> BillsPage:
    shell = load_shell(person(key), at, "lindenhof")
    assert shell.here is not None
    return load_bills_page(shell.here, shell, asked)


@pytest.fixture
def hosted(campus: Organisation) -> None:
    report_the_seeds_scenario(OCTOBER, at=NOW, owner=CAMPUS)


def test_the_month_so_far_is_the_part_that_is_over(hosted: None) -> None:
    page = _page()
    assert page.accruing is not None
    wallet = Wallet.objects.get(owner_key="lindenhof")
    assert wallet.time_zone == "Europe/Brussels"
    october = _page().accruing
    assert october is not None
    assert october.waiting == ("October 2026",), "it has ended and is not billed yet"
    assert october.whole == (1650 + 475) * MICRO
    over = (NOW - datetime(2026, 10, 31, 23, tzinfo=UTC)) / timedelta(days=30)
    assert abs(october.so_far / MICRO - (1650 * over + 3.99 * (120 * over - 1))) <= 1


def test_the_month_so_far_reaches_the_bill_at_its_end(hosted: None) -> None:
    end = datetime(2026, 11, 30, 23, tzinfo=UTC)
    last = _page(at=end - timedelta(microseconds=1)).accruing
    assert last is not None
    bill("2026-11", at=end)
    billed = Bill.objects.filter(month="2026-11-01")
    assert sum(b.tokens_micro for b in billed) == last.whole == last.so_far


def test_bills_are_listed_by_month_the_largest_first(hosted: None) -> None:
    bill("2026-11", at=datetime(2026, 12, 1, tzinfo=UTC))
    page = _page(at=datetime(2026, 12, 1, tzinfo=UTC))
    assert [(row.month.month, row.tokens // MICRO) for row in page.months] == [(11, 2125), (10, 2125)]
    assert [b.tokens for b in page.bills] == sorted((b.tokens for b in page.bills), reverse=True)
    assert sum(b.tokens for b in page.bills) == page.total == 2125 * MICRO
    assert all(b.hosting + b.storage + b.corrections == b.tokens for b in page.bills)
    assert _page(at=NOW, month="2026-10").month == page.months[1].month
    assert _page(at=NOW, month="1999-01").month == page.months[0].month, "a month without bills"


def test_what_is_overdue_says_since_when_and_how_much_lifts_it(hosted: None) -> None:
    report("course", "archive", stored=100_000 * GB, since=OCTOBER, at=NOW, owner=CAMPUS)
    bill("2026-10", at=NOW - timedelta(days=8))
    page = _page()
    assert page.blocked is not None
    wallet = load_shell(person("mira"), NOW, "lindenhof").here_wallet
    assert wallet is not None
    assert page.blocked.missing == page.blocked.tokens - wallet.available
    assert page.blocked.since == (NOW - timedelta(days=1)).date()


def test_the_page_says_what_is_blocked_in_words(hosted: None, client: Client) -> None:
    report("course", "archive", stored=100_000 * GB, since=OCTOBER, at=NOW, owner=CAMPUS)
    bill("2026-10", at=NOW - timedelta(days=8))
    client.force_login(person("mira"))
    for address in ("/orgs/lindenhof/bills/", "/orgs/lindenhof/"):
        assert "Uploads are blocked" in client.get(address).content.decode()


def test_a_bill_explains_itself(hosted: None, client: Client) -> None:
    bill("2026-10", at=NOW)
    client.force_login(person("mira"))
    large = Bill.objects.get(resource__platform_id="lindenhof-campus-2")
    text = client.get(f"/bills/B-{large.pk}/").content.decode()
    for words in (
        "75 members on average",
        "× 10 tokens per member and month = 750",
        "120 GB − 1 GB free = 119 GB × 3.99 tokens = 475",
        "30 GB on average",
    ):
        assert words in text


def test_a_free_resource_and_a_correction_say_why(hosted: None, client: Client) -> None:
    bill("2026-10", at=NOW)
    report("campus", "lindenhof-campus-2", members=60, stored=30 * GB, since=OCTOBER, at=NOW, owner=CAMPUS)
    end = datetime(2026, 12, 1, tzinfo=UTC)
    bill("2026-11", at=end)
    client.force_login(person("mira"))
    with stopped_at(end):
        november = Bill.objects.filter(month="2026-11-01")
        free = november.get(resource__platform_id="lindenhof-campus-1")
        assert "free: one of the payer" in client.get(f"/bills/B-{free.pk}/").content.decode()
        put_right = november.get(resource__platform_id="lindenhof-campus-2")
        text = client.get(f"/bills/B-{put_right.pk}/").content.decode()
    assert "Hosting of October 2026" in text
    assert "750 were billed, 600 is right" in text


def test_the_csv_has_every_bill(hosted: None, client: Client) -> None:
    bill("2026-10", at=NOW)
    client.force_login(person("mira"))
    lines = client.get("/orgs/lindenhof/bills.csv?month=2026-10").content.decode().splitlines()
    assert lines[0] == "number,month,kind,id,name,hosting,storage,corrections,tokens,state"
    assert len(lines) == 9
    assert sum(int(line.split(",")[8]) for line in lines[1:]) == 2125
    assert client.get("/orgs/lindenhof/bills.csv?month=never").status_code == 404


def test_without_anything_hosted_the_page_says_so(campus: Organisation, client: Client) -> None:
    client.force_login(person("jonas"))
    text = client.get("/wallet/bills/").content.decode()
    assert "Nothing is hosted for this wallet" in text
    assert 'href="/wallet/bills/"' not in text, "nor does the navigation speak of it"
