"""One transaction as a line that people read: what it was, who paid, what was left after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.core import sql
from apps.portal.titles import charge_title
from apps.wallets.state import MovementDraft

NAMES = {
    "grant": gettext_noop("Free tokens for the month"),
    "lapse": gettext_noop("Free tokens lapsed"),
    "promotion": gettext_noop("A gift"),
    "migration": gettext_noop("Balance carried over from the old platform"),
    "adjustment": gettext_noop("Corrected by support"),
    "payment": gettext_noop("Paid with money"),
}
KINDS = {
    "charge": gettext_noop("Charge"),
    "refund": gettext_noop("Refund"),
    "grant": gettext_noop("Grant"),
    "lapse": gettext_noop("Lapse"),
    "promotion": gettext_noop("Earned"),
    "migration": gettext_noop("Purchased earlier"),
    "payment": gettext_noop("Payment"),
    "adjustment": gettext_noop("Adjustment"),
    "allocation": gettext_noop("Allocation"),
    "reclaim": gettext_noop("Reclaim"),
    "bill": gettext_noop("Hosting and storage"),
    "bill_refund": gettext_noop("Bill returned"),
}
BILLS = ("bill", "bill_refund")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: signed micro-tokens of this wallet, the balance after it (None if it did not move), and
    what `payer`, an organisation, paid on top (negative: got back). `number` is None before it is
    written, `sequence` 0 for what did not move this wallet. `who` used it, where others may have.
    """

    at: datetime
    number: int | None
    charge_id: int | None
    sequence: int
    type: str
    title: str
    category: str
    operation: str
    model: str
    amount: int
    balance_after: int | None
    payer: str
    paid: int
    refunded: int
    note: str
    who: str
    who_key: str
    bill_id: int | None = None

    @property
    def transfer(self) -> str:
        return "" if self.number is None else f"T-{self.number}"

    @property
    def charge(self) -> str:
        return "" if self.charge_id is None else f"ch_{self.charge_id}"

    @property
    def kind(self) -> str:
        """The type in the reader's language."""
        return kind_name(self.type)

    @property
    def of_what(self) -> str:
        """What stands under the title: the category of a charge, else the type."""
        return self.category if self.type == "charge" and self.category else self.kind

    @property
    def returned(self) -> int:
        """Micro-tokens that went back to the payer."""
        return max(-self.paid, 0)


def kind_name(kind: str) -> str:
    return _(KINDS[kind]) if kind in KINDS else kind.replace("_", " ").capitalize()


def line_of(row: Sequence[Any], owner_type: str) -> Line:
    """A line from the columns that `reading` selects."""
    at, number, kind, amount, after, sequence, elsewhere, note, charge_id, refunded = row[:10]
    label, operation, model, name, category, other, other_key, bill_id, description = row[10:]
    is_charge = charge_id is not None and kind in {"charge", "refund"}
    pays = is_charge and owner_type == "user" and bool(elsewhere)
    title = charge_title(label, name, operation, model) if operation else _title(kind, other, owner_type)
    title = description if kind in BILLS else title
    shows_who = owner_type == "organisation"
    return Line(
        at=sql.instant(at),
        number=number,
        charge_id=charge_id,
        sequence=sequence or 0,
        type=kind,
        title=title,
        category=category,
        operation=name or operation or "",
        model=model or "",
        amount=int(amount),
        balance_after=None if after is None else int(after),
        payer=other if pays else "",
        paid=-int(elsewhere) if pays else 0,
        refunded=int(refunded or 0) if kind == "charge" else 0,
        note=note,
        who=other if shows_who else "",
        who_key=other_key if shows_who else "",
        bill_id=bill_id,
    )


def line_drafted(draft: MovementDraft) -> Line:
    """A line that the present instant brings about before anybody wrote it, such as a new cycle."""
    transfer = draft.transfer
    kind = transfer.kind
    return Line(
        at=transfer.at,
        number=None,
        charge_id=transfer.charge_id,
        sequence=draft.sequence,
        type=kind,
        title=_(NAMES[kind]) if kind in NAMES else transfer.description,
        category="",
        operation="",
        model="",
        amount=draft.amount,
        balance_after=draft.balance_after,
        payer="",
        paid=0,
        refunded=0,
        note=transfer.note,
        who="",
        who_key="",
    )


def _title(kind: str, other: str, owner_type: str) -> str:
    from_organisation = (kind == "allocation") == (owner_type == "user")
    if kind in {"allocation", "reclaim"}:
        return (_("From %(name)s") if from_organisation else _("To %(name)s")) % {"name": other}
    return _(NAMES[kind]) if kind in NAMES else kind_name(kind)
