"""Redis only rings: what it loses, the rows still know."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from django.conf import settings

from apps.core.proof import verify_ledger
from apps.hosting.models import Bill
from apps.jobs.models import Ring, Run
from tests.clock.running import clock, host_twelve, wait

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_emptied_redis_loses_nothing(tmp_path: Path) -> None:
    with clock(tmp_path):
        wait(lambda: Ring.objects.filter(task="hosting.bill_months").exists(), 60, tmp_path)
        redis.Redis.from_url(settings.REDIS_URL).flushall()
        host_twelve()
        wait(lambda: Bill.objects.count() == 24, 60, tmp_path)
        wait(lambda: Run.objects.filter(job="bills", state="done").exists(), 20, tmp_path)
    assert verify_ledger().differences == ()
