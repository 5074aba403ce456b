"""Wallets that are paid for afterwards: a numbered statement for each month, and payments that bring it back.

A statement asks for what the wallet owes more at the month's end than at its beginning, payments aside. What
was used and could be paid from tokens at hand is a line of its own, so that the lines add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from apps.core import sql
from apps.core.errors import InvalidState, ValidationError
from apps.core.periods import month_start, next_month
from apps.core.units import LARGEST, MICRO, format_tokens
from apps.identity.auditing import record_audit
from apps.ledger import platform
from apps.usage.models import UsageStatement
from apps.wallets.books import atomically, open_desk, write
from apps.wallets.models import Movement, Wallet
from apps.wallets.places import stretch_between
from apps.wallets.state import PURCHASED

OPERATION, KIND, AT_HAND = "operation", "kind", "at_hand"
PAYMENT = "payment"
MOST_MONTHS = 24
Line = tuple[str, str, int]

_MOVED = """
SELECT m.kind, COALESCE(c.operation, ''), SUM(m.amount) FROM wallets_movement m
LEFT JOIN ledger_transfer t ON t.number = m.transfer_id AND t.charge_id IS NOT NULL
LEFT JOIN usage_charge c ON c.id = t.charge_id
WHERE m.wallet_id = %s AND m.sequence > %s AND m.sequence < %s AND m.at >= %s AND m.at < %s
GROUP BY m.kind, COALESCE(c.operation, '')
"""


def make_lines(moved: Sequence[tuple[str, str, int]], owed_before: int, owed_after: int) -> list[Line]:
    """The lines of a month from what moved the wallet by kind and operation (signed). Pure.

    Their sum is what is owed more than at the beginning, payments aside.
    """
    by_operation: dict[str, int] = {}
    by_kind: dict[str, int] = {}
    payments = 0
    for kind, operation, amount in moved:
        if kind == PAYMENT:
            payments += amount
        elif operation:
            by_operation[operation] = by_operation.get(operation, 0) - amount
        else:
            by_kind[kind] = by_kind.get(kind, 0) - amount
    lines: list[Line] = [(OPERATION, code, amount) for code, amount in sorted(by_operation.items()) if amount]
    lines += [(KIND, kind, amount) for kind, amount in sorted(by_kind.items()) if amount]
    at_hand = owed_after - owed_before + payments - sum(amount for _what, _code, amount in lines)
    return [*lines, (AT_HAND, "", at_hand)] if at_hand else lines


def issue_due_statements(*, at: datetime) -> list[UsageStatement]:
    """A statement for every month that is over of every wallet that is, or was, paid for afterwards; once."""
    billed = Q(unlimited=True) | Q(unlimited_until__isnull=False)
    wallets = Wallet.objects.filter(billed).select_related("price_book").order_by("pk")
    return [made for wallet in wallets for made in _issue_due(wallet, at)]


def _issue_due(wallet: Wallet, at: datetime) -> list[UsageStatement]:
    present = month_start(wallet.calendar.day_of(at))
    if not wallet.unlimited and wallet.unlimited_until is not None:
        present = min(present, next_month(wallet.calendar.day_of(wallet.unlimited_until)))
    last = (
        UsageStatement.objects.filter(wallet=wallet)
        .order_by("-month")
        .values_list("month", flat=True)
        .first()
    )
    month = next_month(last) if last else _first_month(wallet)
    made: list[UsageStatement] = []
    while month is not None and month < present and len(made) < MOST_MONTHS:
        with transaction.atomic():
            Wallet.objects.select_for_update(no_key=True).get(pk=wallet.pk)
            if not UsageStatement.objects.filter(wallet=wallet, month=month).exists():
                made.append(_issue(wallet, month, at))
        month = next_month(month)
    return made


def _first_month(wallet: Wallet) -> date | None:
    """The month in which the wallet first owed something; None if it never did."""
    first = Movement.objects.filter(wallet=wallet, balance_after__lt=0).order_by("sequence").first()
    return month_start(wallet.calendar.day_of(first.at)) if first else None


def _issue(wallet: Wallet, month: date, at: datetime) -> UsageStatement:
    starts, ends = (wallet.calendar.start_of(day) for day in (month, next_month(month)))
    place = stretch_between(wallet.pk, starts, ends)
    rows = sql.fetch(_MOVED, [wallet.pk, place.after, place.before, starts, ends])
    moved = [(kind, operation, int(amount)) for kind, operation, amount in rows]
    lines = make_lines(moved, _owed_at(wallet, starts), _owed_at(wallet, ends))
    tokens = max(sum(amount for _what, _code, amount in lines), 0)
    book = wallet.price_book
    made = UsageStatement.objects.create(
        wallet=wallet,
        month=month,
        lines=lines,
        tokens_micro=tokens,
        money_minor=(tokens * book.token_price_minor + MICRO // 2) // MICRO,
        currency=book.currency,
        issued_at=at,
        paid_at=None if tokens else at,
    )
    _pay(wallet.pk, _not_yet_counted(wallet), at)
    made.refresh_from_db()
    return made


def _not_yet_counted(wallet: Wallet) -> int:
    """Micro-tokens that were paid and have paid no statement yet: paid before the month was over."""
    booked = Movement.objects.filter(wallet=wallet, kind=PAYMENT).aggregate(sum=Sum("amount"))["sum"] or 0
    counted = UsageStatement.objects.filter(wallet=wallet).aggregate(sum=Sum("paid_micro"))["sum"] or 0
    return int(booked - counted)


def _owed_at(wallet: Wallet, instant: datetime) -> int:
    """Micro-tokens that the wallet owed at an instant."""
    last = Movement.objects.filter(wallet=wallet, at__lt=instant).order_by("-sequence").first()
    return max(-last.balance_after, 0) if last else 0


def book_payment(
    *, wallet_id: int, tokens: int, reference: str, actor: str, at: datetime, address: str = ""
) -> int:
    """Book micro-tokens that were paid for with money; answers the transfer's number.

    They pay the oldest statement first. ValidationError for an amount that is none, InvalidState for a
    wallet that was never paid for afterwards.
    """
    if not 0 < tokens <= LARGEST:
        raise ValidationError({"tokens": [_("More than 0 and at most 1000000000000 tokens are possible.")]})

    def work() -> int:
        desk = open_desk([wallet_id], at=at)
        wallet = desk.wallets[wallet_id]
        if not wallet.unlimited and not UsageStatement.objects.filter(wallet=wallet_id).exists():
            raise InvalidState(_("This wallet is not paid for afterwards."))
        transfer = desk.post(
            PAYMENT,
            at,
            [(wallet.bucket(PURCHASED), tokens)],
            against=platform.SOLD,
            description="Payment",
            actor=actor,
            note=reference[:500],
            credit=True,
        )
        write(desk, at=at)
        _pay(wallet_id, tokens, at)
        record_audit(
            actor=actor,
            action="payment.book",
            subject=f"{wallet.owner_type}:{wallet.owner_key}",
            before=None,
            after={"tokens": format_tokens(tokens)},
            at=at,
            reason=reference,
            address=address,
        )
        return transfer.number if transfer else 0

    return atomically(work, at=at)


def _pay(wallet_id: int, tokens: int, at: datetime) -> None:
    """Pay the oldest statements first, as far as the payment goes."""
    if tokens <= 0:
        return
    for row in UsageStatement.objects.filter(wallet=wallet_id, paid_at=None).order_by("month"):
        part = min(row.tokens_micro - row.paid_micro, tokens)
        row.paid_micro += part
        row.paid_at = at if row.paid_micro == row.tokens_micro else None
        row.save(update_fields=["paid_micro", "paid_at"])
        tokens -= part
        if not tokens:
            break
