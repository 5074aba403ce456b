"""The start page: what needs attention first, each line leading to what it counts; figures of the day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from apps.core.action_words import action_name
from apps.core.clock import stopped_at
from apps.core.units import MICRO
from apps.identity.auditing import record_audit
from apps.identity.models import User
from apps.ledger.models import Account
from apps.ledger.tasks import prove_ledger
from apps.staff.start_page import load_start_page
from apps.staff.start_page.days import load_days
from apps.support.models import Proposal
from apps.usage.models import Charge
from apps.usage.state import ChargeState
from apps.wallets.models import Wallet
from tests.usage.books import AT

SOON = AT + timedelta(minutes=6)


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def start(client: Client) -> str:
    return client.get(reverse("staff_start")).content.decode()


def test_when_all_is_well_it_says_so(staff: Client) -> None:
    with stopped_at(SOON):
        page = start(staff)
    assert "Nothing needs attention" in page
    assert "The ledger adds up" in page


def test_what_needs_attention_is_counted_and_leads_to_its_list(staff: Client) -> None:
    Wallet.objects.update(frozen=True)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_account SET balance = balance + 1 WHERE kind = 'earned'")
    later = AT + timedelta(days=3)
    with stopped_at(SOON):
        prove_ledger()
    with stopped_at(later):
        page = start(staff)
    assert "4 things need attention" in page
    order = [
        page.index(words)
        for words in (
            "does not add up",
            "older than a day",
            "1 hold is past its deadline",
            "wallets are frozen",
        )
    ]
    assert order == sorted(order)
    for address in ("?frozen__exact=1", "?expires_at__lt="):
        assert address in page


def test_the_days_figures_are_the_books(charges: Mapping[str, ChargeState]) -> None:
    today = load_days(at=SOON)[-1]
    captured = Charge.objects.filter(status="captured")
    net = sum(c.price_micro - c.uncollected_micro - c.refunded_micro for c in captured)
    assert (today.charges, today.spent) == (len(captured), net)
    assert today.denied == {"insufficient_tokens": 1}
    assert today.credited == 1182 * 1_000_000


def test_todays_figures_are_read_again_after_a_minute(charges: Mapping[str, ChargeState]) -> None:
    load_days(at=SOON)
    Charge.objects.all().delete()
    assert load_days(at=SOON + timedelta(seconds=50))[-1].charges
    assert not load_days(at=SOON + timedelta(seconds=61))[-1].charges


def test_a_day_is_summed_once_more_when_it_is_over(charges: Mapping[str, ChargeState]) -> None:
    load_days(at=SOON)
    Charge.objects.all().delete()
    tomorrow = load_days(at=SOON + timedelta(days=1))
    assert tomorrow[-2].day == SOON.date()
    assert not tomorrow[-2].charges


def test_only_what_staff_did_stands_under_staff_actions(staff: Client) -> None:
    for actor, action in (("user:boss", "wallet.freeze"), ("client:platform", "limit.set")):
        record_audit(actor=actor, action=action, subject="user:ada", before=None, after={"a": 1}, at=AT)
    with stopped_at(SOON):
        page = start(staff)
    assert ">froze a wallet</a>" in page
    assert "set a limit" not in page


def test_every_recorded_action_has_words() -> None:
    written = {
        action
        for file in (settings.BASE_DIR / "apps").rglob("*.py")
        for action in re.findall(r'(?:_?audit\([^()]*?|action=)"([a-z_]+\.[a-z_]+)"', file.read_text())
    }
    written |= {f"proposal.{state}" for state in Proposal.State.values if state not in ("open", "executed")}
    assert len(written) > 15
    assert {
        action for action in written if "." in action_name(action) or action_name(action)[:1].isupper()
    } == set()


def test_what_is_paid_afterwards_is_not_outstanding(staff: Client) -> None:
    account = Account.objects.filter(holder_id=Wallet.objects.earliest("pk").pk, kind="purchased")
    account.update(balance=-40 * MICRO, overdraft=True)
    with stopped_at(SOON):
        prove_ledger()
        page = load_start_page(User.objects.get(platform_id="boss"), at=SOON)
    assert page.owed == 40 * MICRO
    assert all(line.amount >= 0 for line in page.outstanding)


def test_a_wallets_action_belongs_to_the_wallets(staff: Client) -> None:
    wallet = Wallet.objects.filter(user__isnull=False).earliest("pk")
    page = staff.get(f"/admin/support/proposal/wallet/{wallet.pk}/adjust/").content.decode()
    current = re.findall(r'href="([^"]+)"[^>]*aria-current="page"', page)
    assert "/admin/wallets/wallet/" in current
    assert "/admin/support/proposal/" not in current


def test_the_page_takes_few_queries_with_nothing_remembered(
    staff: Client, support: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for client in (staff, support):
        cache.clear()
        with django_assert_max_num_queries(15):
            assert client.get(reverse("staff_start")).status_code == 200
