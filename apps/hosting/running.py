"""The bills of a month as a job: started by the clock, a command or staff, carried on by workers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from apps.core.errors import NotFound, ValidationError
from apps.core.periods import month_of, month_start
from apps.events.outbox import receive
from apps.hosting.billing import bill_payers
from apps.hosting.models import Payer
from apps.hosting.settling import on_credit
from apps.jobs.models import Run
from apps.jobs.registry import Job, Query, Task, register_job
from apps.jobs.starting import start_if_due, start_run
from apps.wallets.books import CREDITED
from apps.wallets.models import Wallet
from apps.wallets.resetting import EARLIEST, settling_first

BILLS = "bills"


def _select(task: Task) -> Query:
    """Payers with an ended month up to the one asked for that is not closed, or with a voided bill of it
    that was not made anew. What the clock starts leaves out what was first reported after its month."""
    month = month_of(task.subject)
    if task.scope == CLOCK:
        query = (
            "SELECT wallet_id AS key FROM hosting_payer WHERE month <= %s AND ends_at <= %s AND due_at <= %s"
        )
        return query, [month, task.at, task.at]
    values = [month, task.at, month]
    if not task.scope:
        return _ASKED, values
    owner_type, key = task.scope.split(":", 1)
    return f"{_ASKED} AND w.owner_type = %s AND w.owner_key = %s", [*values, owner_type, key]


CLOCK = "due"
"""The scope of what the clock starts: those whose month has come, not those reported later."""
_ASKED = """
SELECT p.wallet_id AS key FROM hosting_payer p JOIN wallets_wallet w ON w.id = p.wallet_id
WHERE ((p.month <= %s AND p.ends_at <= %s) OR EXISTS (
    SELECT 1 FROM hosting_bill b WHERE b.payer_id = p.wallet_id AND b.month = %s AND b.state = 'void'
    AND NOT EXISTS (SELECT 1 FROM hosting_bill o WHERE o.payer_id = b.payer_id
        AND o.resource_id = b.resource_id AND o.month = b.month AND o.state <> 'void')))
"""


def _work(task: Task, keys: Sequence[int]) -> None:
    with settling_first(task.at):
        bill_payers(keys, through=month_of(task.subject), at=task.at)


JOB = Job(
    code=BILLS,
    title=_("Hosting and storage bills"),
    unit=_("payers"),
    select=_select,
    work=_work,
    chunk=200,
)


def register() -> None:
    """Make the job known, and who is told when tokens arrive."""
    register_job(JOB)
    receive(CREDITED, on_credit)


def start_billing(*, month: str, owner: str = "", actor: str, at: datetime) -> Run:
    """Bill a month (such as ``2026-10``) of one owner (``organisation:ID``, ``user:ID``) or of all payers in
    whose zone it has ended.

    ValidationError for a month that has ended nowhere, NotFound for an unknown owner.
    """
    if month_of(month) >= month_start((at + EARLIEST).date()):
        raise ValidationError({"month": [f"{month} has not ended yet: it is billed when it has."]})
    if owner:
        _require_owner(owner)
    return start_run(job=BILLS, subject=month, scope=owner, actor=actor, at=at)


def _require_owner(owner: str) -> None:
    owner_type, _colon, key = owner.partition(":")
    if owner_type not in ("user", "organisation") or not key:
        raise ValidationError({"owner": ["Write an owner such as organisation:ID or user:ID."]})
    if not Wallet.objects.filter(owner_type=owner_type, owner_key=key).exists():
        raise NotFound(f"There is no {owner_type} {key}.")


def start_due_billing(*, at: datetime) -> Run | None:
    """Bill the months that have ended and whose time has come; None if nothing is due."""
    if not Payer.objects.filter(due_at__lte=at, ends_at__lte=at).exists():
        return None
    month = month_start((at + EARLIEST).date()) - timedelta(days=1)
    return start_if_due(job=BILLS, subject=f"{month:%Y-%m}", scope=CLOCK, at=at)
