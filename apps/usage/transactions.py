"""The movements of a wallet, newest first, each with what it was for.

Only what is written is listed: a cycle that has ended or a hold that is due gets its line with the next
write on the wallet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, Sum

from apps.ledger.models import Entry
from apps.usage.models import Charge
from apps.wallets.models import Movement
from apps.wallets.selectors import find_wallet

TYPES = (
    "grant",
    "lapse",
    "promotion",
    "migration",
    "payment",
    "adjustment",
    "allocation",
    "reclaim",
    "charge",
    "refund",
    "bill",
    "bill_refund",
)
"""What a movement can be."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One movement of one wallet; amounts are signed micro-tokens, `at` is UTC.

    `place` is its place in the wallet's own order, `balance_after` of the whole wallet. `organisation`
    and `person` are platform ids: of the charge, else of the other side. `refunded` is what the charge
    has given back so far.
    """

    place: int
    number: str
    at: datetime
    type: str
    description: str
    note: str
    tokens: int
    by_bucket: dict[str, int]
    balance_after: int
    charge: str | None
    bill: str | None
    organisation: str | None
    person: str | None
    refunded: int | None


@dataclass(frozen=True, slots=True)
class TransactionFilter:
    """Which movements are wanted: one type, instants from (included) and to (excluded)."""

    type: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _ChargeFacts:
    person: str
    organisation: str | None
    refunded: int


def transactions_of(
    owner_type: str,
    key: str,
    *,
    wanted: TransactionFilter = TransactionFilter(),
    before: int | None = None,
    count: int,
) -> list[Transaction]:
    """So many movements of the owner's wallet, newest first, from before a place on; NotFound for a
    stranger. Five queries whatever the count."""
    wallet_id = find_wallet(owner_type, key).pk
    movements = list(
        Movement.objects.filter(_condition(wanted, before), wallet_id=wallet_id)
        .select_related("transfer")
        .order_by("-sequence")[:count]
    )
    buckets = _by_bucket(wallet_id, [m.transfer_id for m in movements])
    sides = _sides([m.transfer_id for m in movements])
    charges = _charges([m.transfer.charge_id for m in movements if m.transfer.charge_id is not None])
    return [
        _transaction(
            movement,
            buckets.get(movement.transfer_id, {}),
            sides.get(movement.transfer_id, {}),
            charges.get(movement.transfer.charge_id or 0),
        )
        for movement in movements
    ]


def _condition(wanted: TransactionFilter, before: int | None) -> Q:
    condition = Q()
    if wanted.type is not None:
        condition &= Q(kind=wanted.type)
    if wanted.from_at is not None:
        condition &= Q(at__gte=wanted.from_at)
    if wanted.to_at is not None:
        condition &= Q(at__lt=wanted.to_at)
    if before is not None:
        condition &= Q(sequence__lt=before)
    return condition


def _by_bucket(wallet_id: int, transfers: Sequence[int]) -> dict[int, dict[str, int]]:
    """What each transfer did to each kind of bucket of the wallet."""
    rows = (
        Entry.objects.filter(transfer_id__in=transfers, account__holder_id=wallet_id)
        .values_list("transfer_id", "account__kind")
        .annotate(amount=Sum("amount"))
        .order_by()
    )
    found: dict[int, dict[str, int]] = {}
    for transfer, kind, amount in rows:
        found.setdefault(transfer, {})[kind] = int(amount)
    return found


def _sides(transfers: Sequence[int]) -> dict[int, dict[str, str]]:
    """The owners whose wallets a transfer moved, by type; of each type there is at most one that counts."""
    rows = Movement.objects.filter(transfer_id__in=transfers).values_list(
        "transfer_id", "wallet__owner_type", "wallet__owner_key"
    )
    found: dict[int, dict[str, str]] = {}
    for transfer, owner_type, owner_key in rows:
        found.setdefault(transfer, {})[owner_type] = owner_key
    return found


def _charges(charge_ids: Sequence[int]) -> dict[int, _ChargeFacts]:
    rows = Charge.objects.filter(pk__in=charge_ids).values_list(
        "pk", "wallet__owner_key", "organisation_wallet__owner_key", "refunded_micro"
    )
    return {pk: _ChargeFacts(person, organisation, refunded) for pk, person, organisation, refunded in rows}


def _transaction(
    movement: Movement, by_bucket: dict[str, int], sides: dict[str, Any], charge: _ChargeFacts | None
) -> Transaction:
    transfer = movement.transfer
    shared = len(sides) > 1
    return Transaction(
        place=movement.sequence,
        number=f"T-{transfer.number}",
        at=movement.at,
        type=movement.kind,
        description=transfer.description,
        note=transfer.note,
        tokens=movement.amount,
        by_bucket=by_bucket,
        balance_after=movement.balance_after,
        charge=f"ch_{transfer.charge_id}" if transfer.charge_id is not None else None,
        bill=f"B-{transfer.bill_id}" if transfer.bill_id is not None else None,
        organisation=charge.organisation if charge else sides.get("organisation") if shared else None,
        person=charge.person if charge else sides.get("user") if shared else None,
        refunded=charge.refunded if charge and movement.kind == "charge" else None,
    )
