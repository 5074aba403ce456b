"""The nightly proof of the books."""

from __future__ import annotations

import logging

from celery import shared_task

from apps.core.proof import verify_ledger

logger = logging.getLogger(__name__)


@shared_task(name="core.verify_ledger")
def prove_ledger() -> bool:
    """Ask every rule; each difference is an error in the log."""
    report = verify_ledger()
    for found in report.differences:
        logger.error("ledger does not hold: %s; %s: %s", found.rule, found.subject, found.detail)
    logger.info("ledger verified: %s", "holds" if report.holds else "does not hold")
    return report.holds
