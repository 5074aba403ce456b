"""A month to be billed, in chunks of few payers. Only PostgreSQL has connections that can be lost."""

from __future__ import annotations

from random import Random

import pytest
from django.db import connection

from apps.hosting.models import Payer
from apps.jobs import starting
from apps.wallets.models import Wallet
from tests.cast import a_user
from tests.crashes.books import EACH, END, GB, PER_CHUNK, SHORT, START, WHOLE, Expected, Size, host
from tests.hosting.world import load_hosting_prices

collect_ignore = [] if connection.vendor == "postgresql" else ["test_lost_connections.py"]


@pytest.fixture
def size(long: bool) -> Size:
    return WHOLE if long else SHORT


@pytest.fixture
def expected(size: Size, monkeypatch: pytest.MonkeyPatch) -> Expected:
    """Payers with ten campuses each since the month began, every third too poor; chunks of few payers."""
    load_hosting_prices()
    random, found = Random(4), Expected()
    a_user("user-0", at=START)
    for number in range(1, size.payers):
        a_user(f"user-{number}", at=START, credit="100000" if number % 3 else "0")
    wallets = list(Wallet.objects.order_by("pk").values_list("pk", flat=True))
    Payer.objects.bulk_create(
        Payer(wallet_id=pk, month=START.date(), starts_at=START, ends_at=END, due_at=END) for pk in wallets
    )
    for wallet in wallets:
        members = [random.randrange(1, 40) for _ in range(EACH)]
        stored = [random.randrange(GB) for _ in range(EACH)]
        host(wallet, members, stored)
        found.add(wallet, members, stored)
    monkeypatch.setattr(starting, "_CUT", starting._CUT.replace("{size}", str(PER_CHUNK)))
    return found
