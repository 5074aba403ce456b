"""What an owner may do now: upload, use AI, use paid features; and why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet, Sum

from apps.allocations.rules import organisations_paying_for
from apps.core.periods import Calendar
from apps.core.units import MICRO
from apps.hosting.models import Bill
from apps.wallets.books import project
from apps.wallets.models import Wallet
from apps.wallets.selectors import find_wallet
from apps.wallets.state import Desk, WalletState

BILL_OVERDUE, WALLET_FROZEN, NO_TOKENS = "bill_overdue", "wallet_frozen", "insufficient_tokens"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is not allowed: a stable code, and a sentence that says what to do."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether something is allowed, and every reason why not."""

    reasons: tuple[Reason, ...] = ()

    @property
    def allowed(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Overdue:
    """Bills past their deadline: how many, micro-tokens in all, the first deadline."""

    count: int
    tokens: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Entitlements:
    """What an owner may do at an instant."""

    uploads: Permission
    ai: Permission
    paid_features: Permission
    overdue: Overdue | None


def entitlements_of(owner_type: str, key: str, *, at: datetime) -> Entitlements:
    """What the owner (user or organisation, by platform id) may do; NotFound for a stranger.

    Without tokens AI and paid features stop; unpaid bills stop uploads and paid features.
    """
    wallet = find_wallet(owner_type, key)
    overdue = overdue_of(wallet.pk, at=at)
    desk = project([wallet.pk, *_payers_for(wallet)], at=at)
    unpaid = _unpaid(overdue, desk.wallets[wallet.pk].calendar)
    empty = _without_tokens(desk, wallet.pk)
    return Entitlements(
        uploads=Permission(unpaid),
        ai=Permission(empty),
        paid_features=Permission((*empty, *unpaid)),
        overdue=overdue,
    )


def overdue_of(wallet_id: int, *, at: datetime) -> Overdue | None:
    """The payer's bills that were not paid in time, whether or not the clock has marked them; None: none."""
    found = (
        late_bills(at)
        .filter(payer_id=wallet_id)
        .aggregate(tokens=Sum("tokens_micro"), due=Min("due_at"), count=Count("id"))
    )
    if found["due"] is None:
        return None
    return Overdue(found["count"], int(found["tokens"]), found["due"])


def late_bills(at: datetime) -> QuerySet[Bill]:
    """Bills that were not paid in time, whether or not the clock has marked them."""
    return Bill.objects.filter(Q(state=Bill.State.OVERDUE) | Q(state=Bill.State.OPEN, due_at__lte=at))


def _frozen(wallet: WalletState) -> tuple[Reason, ...]:
    if not wallet.frozen:
        return ()
    return (Reason(WALLET_FROZEN, "The wallet is frozen: ask support why."),)


def _unpaid(overdue: Overdue | None, calendar: Calendar) -> tuple[Reason, ...]:
    if overdue is None:
        return ()
    tokens = overdue.tokens // MICRO
    due = calendar.day_of(overdue.due_at)
    words = f"{overdue.count} bills" if overdue.count > 1 else "A bill"
    detail = (
        f"{words} over {tokens} tokens were due by {due:%Y-%m-%d}. Add tokens: they are paid within seconds."
    )
    if overdue.count == 1:
        detail = detail.replace("tokens were", "tokens was", 1)
    return (Reason(BILL_OVERDUE, detail),)


def _payers_for(wallet: Wallet) -> list[int]:
    """Wallets of organisations that pay for a person's AI."""
    if wallet.user_id is None:
        return []
    paying = organisations_paying_for(wallet.user_id)
    return list(Wallet.objects.filter(organisation__in=paying).values_list("pk", flat=True))


def _without_tokens(desk: Desk, wallet_id: int) -> tuple[Reason, ...]:
    """Nobody who could pay can: the wallet is frozen, or no token is left."""
    if any(_can_pay(wallet) for wallet in desk.wallets.values()):
        return ()
    return _frozen(desk.wallets[wallet_id]) or (
        Reason(NO_TOKENS, "There are no tokens left: add some, or wait for the next month's."),
    )


def _can_pay(wallet: WalletState) -> bool:
    return not wallet.frozen and (wallet.unlimited or wallet.available > 0)
