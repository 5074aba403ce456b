"""What happened to a charge, in order: held, charged, refunded, released; each with its transfer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.core import sql
from apps.portal.transactions.lines import kind_name
from apps.usage.state import CAPTURED, EXPIRED, HELD, RELEASED, ChargeState


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer of the charge: micro-tokens it took (−) or gave back (+) in all wallets together."""

    number: int
    at: datetime
    kind: str
    note: str
    amount: int


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `amount` are micro-tokens, `number` is that of the transfer, or empty."""

    at: datetime
    what: str
    note: str
    amount: int | None
    number: str = ""


_TRANSFERS = """
SELECT t.number, t.at, t.kind, t.note, COALESCE(SUM(m.amount), 0)
FROM ledger_transfer t LEFT JOIN wallets_movement m ON m.transfer_id = t.number
WHERE t.charge_id = %s GROUP BY t.number, t.at, t.kind, t.note ORDER BY t.number
"""


def load_transfers(charge_id: int) -> tuple[Transfer, ...]:
    """The charge's transfers, the first one first."""
    return tuple(
        Transfer(number, sql.instant(at), kind, note, int(amount))
        for number, at, kind, note, amount in sql.fetch(_TRANSFERS, [charge_id])
    )


def make_story(charge: ChargeState, transfers: tuple[Transfer, ...]) -> tuple[Event, ...]:
    """Everything from the hold on, in order of time."""
    taken = next((t for t in transfers if t.kind == "charge"), None)
    events = [*_held(charge), *_ended(charge, taken)]
    events += [
        Event(t.at, _name(t), t.note, t.amount or None, f"T-{t.number}") for t in transfers if t is not taken
    ]
    return tuple(sorted(events, key=lambda event: event.at))


def _held(charge: ChargeState) -> list[Event]:
    if charge.expires_at is None:
        return []
    return [Event(charge.created_at, _("Held"), "", charge.estimated)]


def _ended(charge: ChargeState, taken: Transfer | None) -> list[Event]:
    if charge.status == CAPTURED and charge.captured_at:
        number = f"T-{taken.number}" if taken else ""
        return [Event(charge.captured_at, _("Charged"), "", -charge.collected, number)]
    if charge.status == HELD or charge.ended_at is None:
        return []
    names = {RELEASED: _("Released"), EXPIRED: _("Expired")}
    return [Event(charge.ended_at, names[charge.status], charge.reason, None)]


def _name(transfer: Transfer) -> str:
    if transfer.kind == "refund":
        return _("Refunded")
    if transfer.kind == "lapse":
        return _("Returned free tokens of an earlier month lapsed")
    if transfer.kind == "reclaim":
        return _("Returned to the organisation that had allocated them")
    return kind_name(transfer.kind)
