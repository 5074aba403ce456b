"""Payers are told by mail what they owe and what it leads to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail

from apps.core.units import MICRO
from apps.events.outbox import deliver
from apps.hosting.settling import mark_overdue
from apps.wallets.services import credit_wallet
from tests.cast import a_member, a_user, an_organisation
from tests.hosting.world import LINDENHOF, bill, load_hosting_prices, report

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)
ISSUED = datetime(2026, 11, 2, tzinfo=UTC)
OVERDUE = ISSUED + timedelta(days=7)


@pytest.fixture(autouse=True)
def owing(db: None) -> None:
    """An organisation that cannot pay for its second campus."""
    load_hosting_prices()
    school = an_organisation("lindenhof", at=OCTOBER)
    for key, role in (("mira", "owner"), ("bruno", "billing"), ("jonas", "member"), ("nomail", "admin")):
        a_user(key, email="" if key == "nomail" else f"{key}@lindenhof.example", at=OCTOBER)
        a_member(school, key, role=role, at=OCTOBER)
    for key in ("free-one", "south"):
        report("campus", key, members=60, since=OCTOBER, at=OCTOBER)
    bill("2026-10", at=ISSUED)


def _deliver(at: datetime) -> None:
    deliver(seconds=5, clock=lambda: at)


def test_those_who_read_the_money_are_told_when_bills_cannot_be_paid() -> None:
    _deliver(ISSUED)
    assert [message.to for message in mail.outbox] == [
        ["mira@lindenhof.example"],
        ["bruno@lindenhof.example"],
    ]
    assert mail.outbox[0].subject == "Bills of Lindenhof are to be paid by 9 Nov 2026"
    assert "1 bill for hosting and storage over 600 tokens could not be paid" in mail.outbox[0].body


def test_they_are_told_again_when_uploads_are_blocked() -> None:
    _deliver(ISSUED)
    mail.outbox.clear()
    assert mark_overdue(at=OVERDUE) == 1
    assert mark_overdue(at=OVERDUE) == 0
    _deliver(OVERDUE)
    assert {message.subject for message in mail.outbox} == {
        "Uploads are blocked: bills of Lindenhof are overdue"
    }
    assert len(mail.outbox) == 2


def test_nobody_is_told_of_what_was_paid_meanwhile() -> None:
    credit_wallet(
        owner_type=LINDENHOF[0],
        key=LINDENHOF[1],
        tokens=600 * MICRO,
        kind="promotion",
        reason="",
        actor="tests",
        at=ISSUED,
    )
    _deliver(ISSUED)
    _deliver(ISSUED)
    subjects = [message.subject for message in mail.outbox]
    assert not any("blocked" in subject for subject in subjects)
    mail.outbox.clear()
    mark_overdue(at=OVERDUE)
    _deliver(OVERDUE)
    assert mail.outbox == []
