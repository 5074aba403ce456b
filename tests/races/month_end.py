"""Races at the end of a month: each scene sets itself up, runs, and says whether the books came out right."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from django.db import transaction

from apps.core.units import MICRO
from apps.hosting.billing import bill_payers
from apps.hosting.models import Bill
from apps.hosting.settling import settle_bills
from apps.jobs.models import Run
from apps.jobs.starting import start_run
from apps.wallets.models import Grant
from apps.wallets.resetting import RESET
from apps.wallets.services import credit_wallet
from apps.wallets.state import Desk
from tests.cast import a_user, an_organisation
from tests.hosting.world import load_hosting_prices, report
from tests.races import running
from tests.races.scenes import balance, prove, wallet_of

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)
END = datetime(2026, 11, 2, tzinfo=UTC)


def _a_payer(credit: str) -> int:
    load_hosting_prices()
    an_organisation("lindenhof", credit=credit, at=OCTOBER)
    report("campus", "free-one", members=1, since=OCTOBER, at=OCTOBER)
    report("campus", "south", members=60, since=OCTOBER, at=OCTOBER)
    return wallet_of("lindenhof")


def _bill(payer: int) -> int:
    with transaction.atomic():
        return bill_payers([payer], through=OCTOBER.date(), at=END)


def bills_at_once(people: int) -> None:
    """Several runs meet at one payer: it is billed once and pays once."""
    payer = _a_payer("1000")
    outcomes = running.race([partial(_bill, payer)] * people)
    assert outcomes == {"done": people}
    assert Bill.objects.filter(state="settled").count() == 2
    assert balance("lindenhof") == 400 * MICRO
    prove()


def settled_at_once(people: int) -> None:
    """Several who settle what one payer owes: it is paid once."""
    payer = _a_payer("0")
    _bill(payer)
    credit_wallet(
        owner_type="organisation",
        key="lindenhof",
        tokens=1000 * MICRO,
        kind="promotion",
        reason="",
        actor="tests",
        at=END,
    )
    outcomes = running.race([partial(settle_bills, [payer], at=END)] * people)
    assert outcomes == {"done": people}
    assert balance("lindenhof") == 400 * MICRO
    prove()


def credit_against_bills(people: int) -> None:
    """Tokens that arrive while the bills are made are neither lost nor doubled, and pay in the end."""
    payer = _a_payer("0")
    credit = partial(
        credit_wallet,
        owner_type="organisation",
        key="lindenhof",
        tokens=300 * MICRO,
        kind="promotion",
        reason="",
        actor="tests",
        at=END,
    )

    def credited() -> tuple[Desk, int]:
        return credit()

    outcomes = running.race([partial(_bill, payer), *[credited] * (people - 1)])
    assert outcomes == {"done": people}
    settle_bills([payer], at=END)
    owed = 0 if people > 2 else 600
    assert balance("lindenhof") == (300 * (people - 1) - 600 + owed) * MICRO
    prove()


def starts_at_once(people: int) -> None:
    """Several clocks that begin the same run: there is one."""
    load_hosting_prices()
    a_user("ada", at=OCTOBER)
    begin = partial(start_run, job=RESET, subject="2026-11", actor="clock", at=END)
    outcomes = running.race([begin] * people)
    assert outcomes == {"done": people}
    assert Run.objects.filter(under_way=True).count() == 1
    assert Run.objects.get(under_way=True).chunks.count() == 1
    assert Grant.objects.count() == 1
