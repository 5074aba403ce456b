"""A stretch of time is found in a wallet's order by halving, and nothing of it is left out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.core.units import MICRO
from apps.wallets.models import Movement, Wallet
from apps.wallets.places import Stretch, stretch_between
from apps.wallets.services import credit_wallet
from tests.cast import AT, a_user, load_prices

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def wallet() -> Wallet:
    """A wallet with its first grant and a credit on each of twenty days, two of them out of order."""
    load_prices()
    a_user("ada")
    for day in (*range(1, 10), 11, 10, *range(12, 21)):
        late = timedelta(minutes=20) if day == 11 else timedelta()
        at = AT + (day * DAY if day not in {10, 11} else 10 * DAY + late)
        credit_wallet(
            owner_type="user", key="ada", tokens=MICRO, kind="promotion", reason="", actor="tests", at=at
        )
    return Wallet.objects.get(owner_key="ada")


@pytest.mark.parametrize(("first", "last"), [(0, 1), (3, 7), (9, 11), (10, 12), (19, 40), (-5, 60)])
def test_nothing_of_the_time_asked_for_is_left_out(wallet: Wallet, first: int, last: int) -> None:
    start, end = AT + first * DAY, AT + last * DAY
    stretch = stretch_between(wallet.pk, start, end)
    wanted = Movement.objects.filter(wallet=wallet, at__gte=start, at__lt=end)
    found = Movement.objects.filter(
        wallet=wallet, sequence__gt=stretch.after, sequence__lt=stretch.before, at__gte=start, at__lt=end
    )
    assert list(found) == list(wanted)
    assert stretch.count <= wanted.count() + 3


def test_without_ends_all_of_it_is_meant(wallet: Wallet) -> None:
    assert stretch_between(wallet.pk, None, None) == Stretch(0, wallet.movements.count() + 1)


def test_a_wallet_that_never_moved_has_no_stretch(wallet: Wallet) -> None:
    assert stretch_between(-1, AT, AT + DAY).count == 0


def test_the_latest_of_a_stretch_are_its_end() -> None:
    assert Stretch(0, 11).latest(3) == Stretch(7, 11)
    assert Stretch(9, 11).latest(3) == Stretch(9, 11)
