"""Tests that commit leave a database behind as they found it."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from apps.core import append_only
from apps.ledger.models import Account
from apps.ledger.posting import APPEND_ONLY

ROW = """
INSERT INTO ledger_transfer (number, kind, at, recorded_at, description, actor, note)
VALUES (1, 'x', %s, %s, '', '', '')
"""
AT = "2026-01-01 00:00:00+00:00"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", ["first", "second"])
def test_a_committed_transfer_is_gone_and_the_triggers_stand_again(time: str) -> None:
    assert append_only.missing(APPEND_ONLY) == []
    assert Account.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute(ROW, [AT, AT])
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_transfer")
