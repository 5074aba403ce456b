"""Everything the staff's page of a case shows: the history, and what it is about beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.identity.models import User
from apps.staff.wording import kind_name
from apps.support.deeds.naming import owner_name
from apps.support.models import Case, CaseEntry, Proposal, WalletNote
from apps.support.roles import Action, may
from apps.usage.deciding import describe
from apps.usage.selectors import get_charge
from apps.usage.state import ChargeState
from apps.wallets.models import Movement

OTHERS = 5


@dataclass(frozen=True, slots=True)
class ChargeBeside:
    """The charge a case is about, as it stands; micro-tokens."""

    charge: ChargeState
    title: str
    may_refund: bool
    may_release: bool

    @property
    def cost(self) -> int:
        """What it costs now, or holds."""
        return self.charge.given if self.charge.status == "held" else self.charge.refundable


@dataclass(frozen=True, slots=True)
class MovementBeside:
    """What the transfer did to one wallet; signed micro-tokens."""

    owner: str
    wallet_id: int
    kind: str
    amount: int
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class CasePage:
    """One case; `wallet_name` is the owner of the wallet concerned."""

    case: Case
    entries: Sequence[CaseEntry]
    is_mine: bool
    wallet_name: str
    charge: ChargeBeside | None
    movements: Sequence[MovementBeside]
    proposals: Sequence[Proposal]
    notes: Sequence[WalletNote]
    others: Sequence[Case]


def load_case_page(case_id: int, user: User, *, at: datetime) -> CasePage:
    """The page of a case; NotFound if there is none. At most eight queries."""
    rows = Case.objects.select_related("reporter", "owner", "wallet__user", "wallet__organisation")
    case = rows.filter(pk=case_id).first()
    if case is None:
        raise NotFound(_("There is no such problem."))
    notes = WalletNote.objects.filter(wallet=case.wallet_id).select_related("author").order_by("-pk")
    others = Case.objects.filter(reporter=case.reporter_id).exclude(pk=case.pk).order_by("-changed_at")
    return CasePage(
        case=case,
        entries=list(case.entries.select_related("author").order_by("pk")),
        is_mine=case.owner_id == user.pk,
        wallet_name=owner_name(case.wallet) if case.wallet else "",
        charge=_charge(case.charge_id, user, at),
        movements=_movements(case.transfer_number),
        proposals=list(case.proposals.order_by("pk")),
        notes=list(notes[:OTHERS]) if case.wallet_id else [],
        others=list(others[:OTHERS]),
    )


def _charge(charge_id: int | None, user: User, at: datetime) -> ChargeBeside | None:
    if charge_id is None:
        return None
    charge = get_charge(charge_id, at=at)
    return ChargeBeside(
        charge,
        describe(charge),
        may_refund=charge.refundable > 0 and may(user, Action.REFUND),
        may_release=charge.status == "held" and may(user, Action.RELEASE),
    )


def _movements(number: int | None) -> list[MovementBeside]:
    if number is None:
        return []
    rows = Movement.objects.filter(transfer_id=number).select_related(
        "transfer", "wallet__user", "wallet__organisation"
    )
    return [
        MovementBeside(owner_name(m.wallet), m.wallet_id, kind_name(m.kind), m.amount, m.at, m.transfer.note)
        for m in rows.order_by("id")
    ]
