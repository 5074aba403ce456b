"""Make a bill void: its tokens return to where they came from, its row stays with the reason."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Sum

from apps.core.errors import InvalidState, NotFound, ValidationError
from apps.core.units import format_tokens
from apps.hosting.bills import BILL_REFUND, UNPAID, load_unpaid, pay, title_of, write_awaited, write_settled
from apps.hosting.models import Bill
from apps.identity.auditing import record_audit
from apps.ledger import platform
from apps.ledger.models import Entry, Transfer
from apps.wallets.books import atomically, open_desk, write
from apps.wallets.state import FREE, Desk


def void_bill(*, bill_id: int, reason: str, actor: str, at: datetime, address: str = "") -> Bill:
    """Void an unpaid or a paid bill. Free tokens of an earlier month lapse when they return.

    NotFound for an unknown bill, ValidationError without a reason, InvalidState if it is void already, or
    if it had returned tokens that are no longer there.
    """
    if not reason.strip():
        raise ValidationError({"reason": ["Say why."]})

    def work() -> Bill:
        payer = Bill.objects.filter(pk=bill_id).values_list("payer_id", flat=True).first()
        if payer is None:
            raise NotFound(f"There is no bill B-{bill_id}.")
        desk = open_desk([payer], at=at)
        bill = Bill.objects.select_related("resource").get(pk=bill_id)
        before = {"state": bill.state, "tokens": format_tokens(bill.tokens_micro)}
        _return(desk, bill, reason, actor, at)
        bill.state, bill.voided_at, bill.void_reason = Bill.State.VOID, at, reason[:500]
        rest = [other for other in load_unpaid([payer]) if other.id != bill_id]
        payment = pay(desk, rest, at)
        payment.free_of_debt |= {payer} - payment.owing

        def finish() -> None:
            write_settled(payment.settled)
            write_awaited(desk, payment)

        refund = desk.notes.get("refund")
        write(desk, at=at, finish=finish)
        bill.refund_id = refund.number if refund else None
        bill.save(update_fields=["state", "voided_at", "void_reason", "refund_id"])
        record_audit(
            actor=actor,
            action="bill.void",
            subject=f"bill:B-{bill_id}",
            before=before,
            after={"state": bill.state, "tokens": before["tokens"]},
            at=at,
            reason=reason,
            address=address,
        )
        return bill

    return atomically(work, at=at)


def _return(desk: Desk, bill: Bill, reason: str, actor: str, at: datetime) -> None:
    if bill.state == Bill.State.VOID:
        raise InvalidState("The bill is void already.")
    if bill.state in UNPAID or bill.transfer_id is None:
        return
    wallet = desk.wallets[bill.payer_id]
    moves = [(wallet.bucket(kind), -amount) for kind, amount in paid_from(bill.transfer_id, wallet.id)]
    if any(bucket.available + amount < 0 and not wallet.unlimited for bucket, amount in moves):
        raise InvalidState("The bill had returned tokens, and they are no longer there to be taken back.")
    resource = bill.resource
    title = title_of(resource.name, resource.kind, resource.platform_id)
    desk.notes["refund"] = desk.post(
        BILL_REFUND,
        at,
        moves,
        against=platform.BILLED,
        description=f"{title}, {bill.month:%Y-%m}: void",
        actor=actor,
        bill_id=bill.pk,
        note=reason[:500],
        credit=True,
    )
    paid_at = Transfer.objects.values_list("at", flat=True).get(pk=bill.transfer_id)
    old = sum(amount for bucket, amount in moves if bucket.kind == FREE)
    if old > 0 and wallet.calendar.day_of(paid_at).replace(day=1) < wallet.cycle_month:
        desk.post(
            "lapse",
            at,
            [(wallet.bucket(FREE), -old)],
            against=platform.LAPSED,
            description="Returned free tokens of an earlier month lapsed",
            bill_id=bill.pk,
        )


def paid_from(transfer_id: int, wallet_id: int) -> list[tuple[str, int]]:
    """What a bill's transfer moved in the buckets of its payer: kind and signed micro-tokens."""
    rows = Entry.objects.filter(transfer_id=transfer_id, account__holder_id=wallet_id)
    return [
        (kind, int(amount))
        for kind, amount in rows.values_list("account__kind")
        .annotate(Sum("amount"))
        .order_by("account__kind")
    ]
