from __future__ import annotations

import pytest

from apps.core.units import MICRO
from apps.identity.models import User
from apps.usage.services import create_charge
from apps.usage.state import ChargeRequest, ChargeState
from apps.wallets.models import Wallet
from tests.cast import AT, a_member, a_user, an_organisation, load_prices, pays
from tests.support.staff import a_clerk


@pytest.fixture
def ada(db: None) -> User:
    """A learner with 200 free and 300 purchased tokens."""
    load_prices()
    return a_user("ada", credit="300", email="ada@lovelace.example")


@pytest.fixture
def wallet(ada: User) -> Wallet:
    return Wallet.objects.get(user=ada)


@pytest.fixture
def charge(ada: User) -> ChargeState:
    """A captured charge of 240 tokens."""
    return pages("ada", 240)


@pytest.fixture
def support(db: None) -> User:
    return a_clerk("sam", "support")


@pytest.fixture
def finance(db: None) -> User:
    return a_clerk("fay", "finance")


@pytest.fixture
def other_finance(db: None) -> User:
    return a_clerk("finn", "finance")


@pytest.fixture
def operations(db: None) -> User:
    return a_clerk("olu", "operations")


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss", email="boss@scrip.example")


@pytest.fixture
def school(ada: User) -> Wallet:
    """A school that pays all for its member Ben; Mira owns it."""
    organisation = an_organisation("school", credit="1000")
    pays(organisation, "shared_pool")
    a_member(organisation, "ben")
    a_member(organisation, "mira", role="owner")
    return Wallet.objects.get(organisation=organisation)


def pages(user: str, count: int, *, organisation: str | None = None, capture: bool = True) -> ChargeState:
    request = ChargeRequest(
        user=user,
        operation="page",
        quantities={"page": count * MICRO},
        organisation=organisation,
        capture=capture,
    )
    return create_charge(request, client_id=None, at=AT)
