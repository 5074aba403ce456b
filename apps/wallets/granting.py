"""Free tokens a month of a wallet by itself: an organisation's, which its plan brings."""

from __future__ import annotations

from datetime import date, datetime

from apps.wallets.books import atomically, open_desk, write
from apps.wallets.models import Grant, MonthlyGrant, Wallet


def set_monthly_grant(*, wallet_id: int, tokens: int, from_on: date, at: datetime) -> None:
    """Let the wallet have so many free micro-tokens in every cycle that begins from the day on.

    If the day has begun and the cycle under way has had none, they come at once. What was to hold later
    makes way.
    """

    def work() -> None:
        desk = open_desk([wallet_id], at=at)
        wallet = desk.wallets[wallet_id]
        from_at = wallet.calendar.start_of(from_on)
        MonthlyGrant.objects.filter(wallet_id=wallet_id, from_at__gte=from_at).delete()
        MonthlyGrant.objects.create(wallet_id=wallet_id, from_at=from_at, tokens_micro=tokens)
        had = Grant.objects.filter(wallet_id=wallet_id, cycle_month=wallet.cycle_month).exists()
        turned = any(month == wallet.cycle_month for _wallet, month, _tokens, _at in desk.grants)
        if from_at <= at and not had and not turned:
            desk.grant(wallet, tokens, at)
        write(desk, at=at)

    atomically(work, at=at)


def monthly_grant(wallet: Wallet, at: datetime) -> int:
    """The micro-tokens a month that cycles of the wallet have which begin at the instant."""
    rows = MonthlyGrant.objects.filter(wallet=wallet, from_at__lte=at).order_by("-from_at")
    return rows.values_list("tokens_micro", flat=True).first() or 0
