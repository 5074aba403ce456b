"""django-hordak: one transfer per event, from a person's account to what was consumed."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import transaction

from tests.bench.size import Size

CREDIT = Decimal(10**6)
PRICE = Decimal("0.001")


def prepare(size: Size) -> None:
    """Its tables, an account for everybody and an opening transfer into each."""
    call_command("migrate", verbosity=0)
    accounts, transfers, legs = _model("Account"), _model("Transaction"), _model("Leg")
    source, _ = (accounts.objects.create(name=name, type="IN", currencies=["EUR"]) for name in ("From", "To"))
    people = accounts.objects.bulk_create([_account(accounts, number) for number in range(size.wallets)])
    today = datetime.now(UTC).date()
    opened = transfers.objects.bulk_create([transfers(date=today, description="Opening") for _ in people])
    with transaction.atomic():
        for transfer, person in zip(opened, people, strict=True):
            common = {"transaction": transfer, "currency": "EUR"}
            legs.objects.bulk_create(
                [legs(account=person, credit=CREDIT, **common), legs(account=source, debit=CREDIT, **common)]
            )


def _account(accounts: Any, number: int) -> Any:
    tree = {"lft": 1, "rght": 2, "tree_id": number + 10, "level": 0}
    return accounts(name=f"u{number:05}", type="LI", currencies=["EUR"], **tree)


def transfer(size: Size) -> int:
    """Transfers a second in one process and nothing else: the balance may fall below zero."""
    return _measure(size, checked=False)


def charge(size: Size) -> int:
    """Charges a second: the account is locked and has the amount before it is transferred."""
    return _measure(size, checked=True)


def _measure(size: Size, *, checked: bool) -> int:
    accounts = _model("Account")
    consumed = accounts.objects.get(name="To")
    people = list(accounts.objects.filter(type="LI"))
    price = import_module("moneyed").Money(PRICE, "EUR")
    _charge(people, consumed, price, size.peer_transfers // 10, checked)
    began = time.perf_counter_ns()
    _charge(people, consumed, price, size.peer_transfers, checked)
    return size.peer_transfers * 10**9 // (time.perf_counter_ns() - began)


def _charge(people: Sequence[Any], consumed: Any, price: Any, count: int, checked: bool) -> None:
    accounts = _model("Account").objects
    for _ in range(count):
        person = random.choice(people)
        with transaction.atomic():
            if checked:
                accounts.select_for_update(no_key=True).get(pk=person.pk)
                if person.get_balance() < price:
                    raise RuntimeError("The account has too little.")
            person.transfer_to(consumed, price, description="AI chat")


def _model(name: str) -> Any:
    return apps.get_model(f"hordak.{name}")
