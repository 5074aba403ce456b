"""Proofs of the books on record: one at a time, each with what it counted and found."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from apps.core import sql
from apps.core.errors import InProgress
from apps.core.proof import SHOWN, Report, verify_ledger
from apps.ledger.models import LedgerCheck

State = LedgerCheck.State
PATIENCE = timedelta(hours=3)
"""A check that has been under way for longer was cut off; it no longer stands in the way of another."""


def ask_for_check(*, actor: str, at: datetime) -> LedgerCheck:
    """A check that waits to be carried out; InProgress while another one waits or runs."""
    cut_off = LedgerCheck.objects.filter(under_way=True, started_at__lt=at - PATIENCE)
    cut_off.update(under_way=None, state=State.STOPPED, finished_at=at)
    try:
        with transaction.atomic():
            return LedgerCheck.objects.create(
                state=State.WAITING, under_way=True, actor=actor[:160], started_at=at
            )
    except IntegrityError as taken:
        raise InProgress("The ledger is being checked already. Wait for the result.") from taken


def carry_out(check: LedgerCheck, *, at: datetime, limit: int = SHOWN) -> Report | None:
    """Prove the books and note the result; None if somebody else has begun with this check."""
    mine = LedgerCheck.objects.filter(pk=check.pk, state=State.WAITING)
    if not mine.update(state=State.RUNNING, started_at=at):
        return None
    began = time.monotonic()
    report = None
    try:
        report = verify_ledger(limit=limit)
        return report
    finally:
        took = timedelta(seconds=round(time.monotonic() - began, 3))
        _note(check.pk, report, at=at + took)


def carry_out_waiting(*, at: datetime) -> Report | None:
    """Carry out the check that waits, if there is one."""
    waiting = LedgerCheck.objects.filter(state=State.WAITING, under_way=True).first()
    return carry_out(waiting, at=at) if waiting else None


def check_ledger(*, actor: str, at: datetime, limit: int = SHOWN) -> Report:
    """Prove the books now; on record, unless another check is on its way."""
    try:
        check = ask_for_check(actor=actor, at=at)
    except InProgress:
        return verify_ledger(limit=limit)
    return carry_out(check, at=at, limit=limit) or verify_ledger(limit=limit)


_OUTSTANDING = (
    "SELECT CASE WHEN balance < 0 THEN 'owed' ELSE kind END, SUM(balance), SUM(held)"
    " FROM ledger_account WHERE holder_id IS NOT NULL GROUP BY 1"
)


def _note(check_id: int, report: Report | None, *, at: datetime) -> None:
    row = LedgerCheck.objects.filter(pk=check_id)
    if report is None:
        row.update(state=State.STOPPED, under_way=None, finished_at=at)
        return
    row.update(
        state=State.HOLDS if report.holds else State.BROKEN,
        under_way=None,
        finished_at=at,
        counts=report.counts,
        rules=len(report.rules),
        differences=[[found.rule, found.subject, found.detail] for found in report.differences],
        outstanding={kind: [int(balance), int(held)] for kind, balance, held in sql.fetch(_OUTSTANDING)},
    )
