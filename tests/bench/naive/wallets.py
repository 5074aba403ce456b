"""The naive view's tables and wallets, and the key for Scrip's own."""

from __future__ import annotations

from django.db import connection

from apps.core.clock import now
from apps.core.units import MICRO
from apps.identity.models import ApiClient, ApiKey
from apps.identity.scopes import CHARGES
from apps.identity.services import digest_of
from tests.bench.naive.models import NaiveCharge, NaiveEntry, NaiveWallet
from tests.bench.names import person
from tests.bench.serving import SECRET
from tests.bench.size import Size


def prepare(size: Size) -> None:
    """Everybody has a million tokens here too."""
    with connection.schema_editor() as editor:
        for model in (NaiveWallet, NaiveCharge, NaiveEntry):
            editor.create_model(model)
    NaiveWallet.objects.bulk_create(
        [NaiveWallet(owner=person(number), balance=10**6 * MICRO) for number in range(size.wallets)]
    )
    client = ApiClient.objects.get(name="bench")
    ApiKey.objects.create(
        client=client, prefix=SECRET[:12], digest=digest_of(SECRET), scopes=[CHARGES], created_at=now()
    )
