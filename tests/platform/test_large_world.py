"""The world that pages are measured in is filled by statements; they keep up with the tables."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Sum

from apps.ledger.models import Entry
from apps.wallets.models import Wallet
from tests.bench.pages import filling, pattern, rows
from tests.bench.pages.scale import Scale

TINY = Scale("", wallets=200, charges=400, denied=10)


@pytest.mark.django_db
def test_the_large_world_can_be_filled_and_its_entries_sum_to_zero() -> None:
    pattern.prepare()
    values = filling.values_of(TINY)
    with connection.cursor() as cursor:
        for statement in rows.STATEMENTS:
            if statement is not rows.TIDY:
                cursor.execute(statement.format(**values))
    assert Wallet.objects.filter(pk__gt=rows.FIRST).count() == TINY.wallets
    assert Group.objects.exists()
    assert Entry.objects.aggregate(sum=Sum("amount")) == {"sum": 0}
