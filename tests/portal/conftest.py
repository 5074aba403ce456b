from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import transaction
from django.utils import translation
from pytest_django import DjangoDbBlocker

from apps.core.clock import stopped_at
from apps.organisations.models import Organisation
from tests.portal.world import NOW, build_campus


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Organisation]:
    """The campus, made once for a file of tests."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build_campus()
        transaction.set_rollback(True)


@pytest.fixture
def campus(built: Organisation, db: None) -> Iterator[Organisation]:
    """The campus, looked at on 21 November 2026 in the afternoon."""
    cache.clear()
    with stopped_at(NOW):
        yield Organisation.objects.get(pk=built.pk)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """A request in German leaves its language to the test that comes next."""
    with translation.override("en"):
        yield
