"""The nightly proof of the books, and the one that somebody asked for."""

from __future__ import annotations

import logging

from celery import shared_task

from apps.core.clock import now
from apps.core.proof import Report
from apps.jobs.ringing import on_record
from apps.ledger.checking import carry_out_waiting, check_ledger

logger = logging.getLogger(__name__)


@shared_task(name="ledger.verify_ledger")
def prove_ledger() -> bool:
    """Ask every rule; each difference is an error in the log."""
    return bool(on_record("ledger.verify_ledger", _prove))


def _prove() -> bool:
    report = check_ledger(actor="clock", at=now())
    _log(report)
    return report.holds


@shared_task(name="ledger.carry_out_check")
def carry_out_check() -> None:
    """Carry out the check that waits, if it still does."""
    report = carry_out_waiting(at=now())
    if report is not None:
        _log(report)


def _log(report: Report) -> None:
    for found in report.differences:
        logger.error("ledger does not hold: %s; %s: %s", found.rule, found.subject, found.detail)
    logger.info("ledger verified: %s", "holds" if report.holds else "does not hold")
