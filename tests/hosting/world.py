"""Hosted resources, reported and billed by the services, at fixed times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from apps.core.periods import month_of, next_month
from apps.core.units import MICRO
from apps.hosting.models import Bill, Resource
from apps.hosting.reporting import Reported, report_resource
from apps.hosting.running import start_billing
from apps.jobs.models import Run
from apps.jobs.working import carry_out
from apps.ledger.models import Account
from apps.pricing.price_book_file import parse_price_book
from apps.pricing.services import load_price_book
from apps.wallets.models import Wallet
from tests.cast import AT, BOOK

HOSTING = """
[hosting]
grace_days = 7
campus = { tokens_per_member = 10, free = 1 }
course = { tokens_per_member = 10, free = 3 }

[storage]
tokens_per_gb = 3.99
free_gb = { organisation = 1, user = 1 }
"""
GB = 10**9
LINDENHOF = ("organisation", "lindenhof")


def load_hosting_prices() -> None:
    for code, currency in (("campus", "EUR"), ("studio", "USD")):
        text = BOOK.format(code=code, name=code.title(), currency=currency) + HOSTING
        load_price_book(book=parse_price_book(text, f"{code}.toml"), at=AT, actor="tests")


def report(
    kind: str,
    key: str,
    *,
    members: int = 0,
    stored: int = 0,
    owner: tuple[str, str] = LINDENHOF,
    since: datetime | None = None,
    at: datetime = AT,
    **more: Any,
) -> Resource:
    """Report a resource; `shares` are (owner, weight in whole numbers)."""
    shares = [(payer, weight * MICRO) for payer, weight in more.pop("shares", ())]
    reported = Reported(owner, members, stored, since=since, shares=shares, **more)
    return report_resource(kind=kind, key=key, reported=reported, actor="tests", at=at)[0]


def report_the_seeds_scenario(since: datetime, at: datetime = AT, owner: tuple[str, str] = LINDENHOF) -> None:
    """2 campuses of 75 members, 6 courses of 30, 120 GB: 1,650 tokens hosting and 475 storage a month."""
    for number in (1, 2):
        report(
            "campus",
            f"{owner[1]}-campus-{number}",
            members=75,
            stored=30 * GB,
            since=since,
            at=at,
            owner=owner,
        )
    for number in range(1, 7):
        report(
            "course",
            f"{owner[1]}-course-{number}",
            members=30,
            stored=10 * GB,
            since=since,
            at=at,
            owner=owner,
        )


def bill(month: str, *, at: datetime | None = None, owner: str = "") -> Run:
    """Run the bills of a month, by default on the day after its end."""
    end = next_month(month_of(month))
    run = start_billing(
        month=month, owner=owner, actor="tests", at=at or datetime(end.year, end.month, 2, tzinfo=UTC)
    )
    moment = at or datetime(end.year, end.month, 2, tzinfo=UTC)
    return carry_out(run, clock=lambda: moment)


def tokens_of(month: str, kind: str, **of: Any) -> int:
    """What the bills of a month say of hosting or storage, in whole tokens."""
    bills = Bill.objects.exclude(state="void").filter(month=month_of(month), **of)
    return sum(line["tokens"] for b in bills for line in b.lines if line["kind"] == kind)


def balance(key: str, bucket: str, owner_type: str = "organisation") -> int:
    """Whole tokens in a bucket."""
    wallet = Wallet.objects.get(owner_type=owner_type, owner_key=key)
    return Account.objects.get(holder_id=wallet.pk, kind=bucket, source_id=0).balance // MICRO
