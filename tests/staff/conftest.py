"""Staff of every role, logged in, in front of small books."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker, Settings

from apps.core.errors import InsufficientTokens
from apps.identity.models import User
from apps.identity.services import Author, create_api_client, create_api_key
from apps.ledger.checking import check_ledger
from apps.usage.denials import as_asked, record_denials
from apps.usage.state import ChargeState
from tests.usage.books import AT, build_books


@pytest.fixture(scope="module")
def books(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Mapping[str, ChargeState]]:
    """The small books, with a client, its key and a denied attempt: made once for a file of tests."""
    with django_db_blocker.unblock(), transaction.atomic():
        charges = build_books()
        by = Author("tests")
        create_api_key(client=create_api_client(name="platform", at=AT, by=by), at=AT, by=by)
        denied = InsufficientTokens("5 tokens are missing.")
        check_ledger(actor="clock", at=AT)
        record_denials([(as_asked(charges["captured"]), denied)], client_name="platform", at=AT)
        yield charges
        transaction.set_rollback(True)


@pytest.fixture
def charges(books: Mapping[str, ChargeState], db: None) -> Mapping[str, ChargeState]:
    """The same for one test, which changes what it likes."""
    cache.clear()
    return deepcopy(books)


@pytest.fixture
def staff(charges: Mapping[str, ChargeState], client: Client, settings: Settings) -> Client:
    """A superuser."""
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(User.objects.create_superuser("boss", email="boss@scrip.example"))
    return client


def of_role(role: str) -> Client:
    """Somebody new of the role."""
    user = User.objects.create_user(role, email=f"{role}@scrip.example", name=role.title(), is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def support(charges: Mapping[str, ChargeState], settings: Settings) -> Client:
    settings.STAFF_SECOND_FACTOR = False
    return of_role("support")


@pytest.fixture
def operations(charges: Mapping[str, ChargeState], settings: Settings) -> Client:
    settings.STAFF_SECOND_FACTOR = False
    return of_role("operations")
