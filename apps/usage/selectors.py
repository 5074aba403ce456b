"""Reading charges, projected to the instant of reading: a hold past its deadline shows its final state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.core import sql
from apps.core.errors import NotFound
from apps.usage.changing import settle_charge
from apps.usage.rows import NAMES, TABLE, from_row, load_charge
from apps.usage.state import CAPTURED, EXPIRED, HELD, ChargeState
from apps.wallets.books import project
from apps.wallets.loading import load_holds

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ChargeFilter:
    """Which charges: each part that is given must hold. `from_at` counts, `to_at` no longer."""

    user: str | None = None
    organisation: str | None = None
    cost_centre: str | None = None
    operation: str | None = None
    status: str | None = None
    operations: tuple[str, ...] = ()
    model: str | None = None
    billing_source: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    before: tuple[int, int] | None = None
    """The place (see `place_of`) of the last charge of the page before."""


def get_charge(charge_id: int, *, at: datetime) -> ChargeState:
    """One charge; NotFound if there is none."""
    return _projected([load_charge(charge_id)], at)[0]


def find_charges(wanted: ChargeFilter, *, limit: int, at: datetime) -> list[ChargeState]:
    """The newest charges that match, at most `limit`."""
    conditions, values = _conditions(wanted, at)
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    rows = sql.fetch(
        f"SELECT {NAMES} FROM {TABLE} {where}ORDER BY created_at DESC, id DESC LIMIT %s", [*values, limit]
    )
    return _projected([from_row(row) for row in rows], at)


def place_of(charge: ChargeState) -> tuple[int, int]:
    """Where a charge stands among all: its instant in microseconds, and its id."""
    return (charge.created_at - EPOCH) // MICROSECOND, charge.id


def _conditions(wanted: ChargeFilter, at: datetime) -> tuple[list[str], list[Any]]:
    parts = [*_whose(wanted), *_of_what(wanted)]
    if wanted.status is not None:
        parts.append(_in_state(wanted.status, at))
    if wanted.from_at is not None:
        parts.append(("created_at >= %s", [wanted.from_at]))
    if wanted.to_at is not None:
        parts.append(("created_at < %s", [wanted.to_at]))
    if wanted.before is not None:
        parts.append(_after_page(wanted.before))
    return [part for part, _ in parts], [value for _, values in parts for value in values]


Part = tuple[str, Sequence[Any]]
_WALLET = "(SELECT id FROM wallets_wallet WHERE owner_type = '{}' AND owner_key = %s)"


def _whose(wanted: ChargeFilter) -> Iterator[Part]:
    if wanted.user is not None:
        yield f"wallet_id = {_WALLET.format('user')}", [wanted.user]
    if wanted.organisation is not None:
        yield f"organisation_wallet_id = {_WALLET.format('organisation')}", [wanted.organisation]
    if wanted.cost_centre is not None:
        centres = "SELECT id FROM organisations_costcentre WHERE platform_id = %s"
        yield f"cost_centre_id IN ({centres})", [wanted.cost_centre]


def _of_what(wanted: ChargeFilter) -> Iterator[Part]:
    if wanted.operation is not None:
        yield "operation = %s", [wanted.operation]
    if wanted.operations:
        yield sql.among("operation", list(wanted.operations))
    if wanted.model is not None:
        yield "model = %s", [wanted.model]
    if wanted.billing_source is not None:
        yield "billing_source = %s", [wanted.billing_source]


def _in_state(status: str, at: datetime) -> tuple[str, list[Any]]:
    """The status as it is at the instant: a deadline that has passed has ended the hold."""
    if status == HELD:
        return "(status = 'held' AND expires_at > %s)", [at]
    if status == EXPIRED:
        return "(status = 'expired' OR (status = 'held' AND expires_at <= %s AND used IS NULL))", [at]
    if status == CAPTURED:
        return "(status = 'captured' OR (status = 'held' AND expires_at <= %s AND used IS NOT NULL))", [at]
    return "status = %s", [status]


def _after_page(place: tuple[int, int]) -> tuple[str, list[Any]]:
    try:
        created_at = EPOCH + timedelta(microseconds=place[0])
    except OverflowError:
        return "1 = 1", []
    return "(created_at < %s OR (created_at = %s AND id < %s))", [created_at, created_at, place[1]]


def _projected(charges: list[ChargeState], at: datetime) -> list[ChargeState]:
    """The charges with those that are due as they end by their deadlines; nothing is written."""
    due = [charge for charge in charges if _is_due(charge, at)]
    if not due:
        return charges
    desk = project({wallet for charge in due for wallet in charge.scope}, at=at)
    ended: dict[int, ChargeState] = desk.notes.get("charges", {})
    for charge in due:
        if charge.id not in ended:
            load_holds(desk, [charge.id])
            settle_charge(desk, charge)
    return [ended.get(charge.id, charge) for charge in charges]


def _is_due(charge: ChargeState, at: datetime) -> bool:
    return charge.status == HELD and charge.expires_at is not None and charge.expires_at <= at


def charge_id_of(public_id: str) -> int:
    """The number in a public id such as ``ch_1042``; NotFound for anything else."""
    number = public_id.removeprefix("ch_")
    plain = number.isascii() and number.isdigit() and len(number) <= 18 and number[0] != "0"
    if not public_id.startswith("ch_") or not plain:
        raise NotFound(f"There is no charge {public_id[:40]}.")
    return int(number)
