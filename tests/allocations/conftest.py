"""A school with prices, 100 purchased and 40 earned tokens, and three members."""

from __future__ import annotations

import pytest

from apps.core.units import MICRO
from apps.organisations.models import Organisation
from apps.wallets.services import credit_wallet
from tests.cast import AT, a_member, an_organisation, load_prices


@pytest.fixture
def school(db: None) -> Organisation:
    return a_school()


def a_school() -> Organisation:
    load_prices()
    school = an_organisation("school", credit="100")
    credit_wallet(
        owner_type="organisation",
        key="school",
        tokens=40 * MICRO,
        kind="promotion",
        reason="",
        actor="tests",
        at=AT,
    )
    for key in ("ada", "bob", "cem"):
        a_member(school, key)
    return school
